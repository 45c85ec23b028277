//! Walks over a syntax tree.
//!
//! sqlparser's walk is generic over its visitor, and the compiler writes all of it (some 5,000
//! functions) once for each type of visitor. Here there is one type for walks that look and one for
//! walks that change, and what differs stands behind `dyn`.

use std::ops::ControlFlow::{self, Break, Continue};

use sqlparser::ast::{Expr, ObjectName, Query, Select, TableFactor, Visit, VisitMut, Visitor, VisitorMut};

/// Whether a walk goes on.
pub(super) type Step = ControlFlow<()>;

/// Looks at the nodes of a tree on a walk; each method goes on unless it says otherwise. What was
/// found stays in `self`.
pub(super) trait Look {
    /// Before the parts of a query.
    fn query(&mut self, _: &Query) -> Step {
        Continue(())
    }

    /// After the parts of a query.
    fn after_query(&mut self, _: &Query) {}

    /// Before the parts of a `SELECT`.
    fn select(&mut self, _: &Select) -> Step {
        Continue(())
    }

    /// After the parts of a `SELECT`.
    fn after_select(&mut self, _: &Select) {}

    /// Before the parts of an item of `FROM`.
    fn table_factor(&mut self, _: &TableFactor) -> Step {
        Continue(())
    }

    /// The name of a table or of a common table expression where it is read.
    fn relation(&mut self, _: &ObjectName) -> Step {
        Continue(())
    }

    /// Before the parts of an expression.
    fn expression(&mut self, _: &Expr) -> Step {
        Continue(())
    }

    /// After the parts of an expression.
    fn after_expression(&mut self, _: &Expr) {}
}

/// Walks over all nodes below a node, and that node.
pub(super) fn look(node: &impl Visit, at: &mut dyn Look) {
    // Whoever breaks off keeps the reason.
    let _ = node.visit(&mut Looking(at));
}

/// Whether an expression below a node is one that is looked for.
pub(super) fn has_expression(node: &impl Visit, is_wanted: impl FnMut(&Expr) -> bool) -> bool {
    struct Search<F>(F, bool);
    impl<F: FnMut(&Expr) -> bool> Look for Search<F> {
        fn expression(&mut self, expression: &Expr) -> Step {
            self.1 = (self.0)(expression);
            if self.1 { Break(()) } else { Continue(()) }
        }
    }
    let mut search = Search(is_wanted, false);
    look(node, &mut search);
    search.1
}

/// Changes each query below a node, and that node, before its parts.
pub(super) fn change_queries(node: &mut impl VisitMut, mut change: impl FnMut(&mut Query)) {
    let _ = node.visit(&mut Changing { query: Some(&mut change), expression: None });
}

/// Changes each expression below a node after its parts.
pub(super) fn change_expressions(node: &mut impl VisitMut, mut change: impl FnMut(&mut Expr)) {
    let _ = node.visit(&mut Changing { query: None, expression: Some(&mut change) });
}

struct Looking<'a>(&'a mut dyn Look);

impl Visitor for Looking<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> Step {
        self.0.query(query)
    }

    fn post_visit_query(&mut self, query: &Query) -> Step {
        self.0.after_query(query);
        Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> Step {
        self.0.select(select)
    }

    fn post_visit_select(&mut self, select: &Select) -> Step {
        self.0.after_select(select);
        Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Step {
        self.0.table_factor(factor)
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> Step {
        self.0.relation(relation)
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> Step {
        self.0.expression(expression)
    }

    fn post_visit_expr(&mut self, expression: &Expr) -> Step {
        self.0.after_expression(expression);
        Continue(())
    }
}

struct Changing<'a> {
    query: Option<&'a mut dyn FnMut(&mut Query)>,
    expression: Option<&'a mut dyn FnMut(&mut Expr)>,
}

impl VisitorMut for Changing<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> Step {
        if let Some(change) = &mut self.query {
            change(query);
        }
        Continue(())
    }

    fn post_visit_expr(&mut self, expression: &mut Expr) -> Step {
        if let Some(change) = &mut self.expression {
            change(expression);
        }
        Continue(())
    }
}
