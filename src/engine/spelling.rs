//! The few words that engines spell differently. A rule is written once, as Polars and DuckDB read
//! it; the statement that goes to another engine has these spelled for it.

use sqlparser::ast::{
    DataType, Expr, Function, FunctionArgumentClause, FunctionArguments, Ident, ObjectName, Query, Value,
};

use super::statement::SelectStatement;
use super::walk;

/// A family of engines that spell alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// `STRING_AGG(x, ', ' ORDER BY x)` and `VARCHAR`, as rules are written.
    Written,
    /// `STRING_AGG(x, ', ') WITHIN GROUP (ORDER BY x)` and `STRING`.
    Spark,
    /// `LISTAGG(x, ', ') WITHIN GROUP (ORDER BY x)`.
    Trino,
}

/// Spells a statement for a family of engines.
pub fn spelled(statement: &SelectStatement, spelling: Spelling) -> SelectStatement {
    match spelling {
        Spelling::Written => statement.clone(),
        _ => statement.changed(|query| respell(query, spelling)),
    }
}

fn respell(query: &mut Query, spelling: Spelling) {
    walk::change_expressions(query, |expression| match expression {
        Expr::Function(function) => aggregate(function, spelling),
        Expr::Value(literal) => number(&mut literal.value),
        Expr::Cast { data_type, .. } if spelling == Spelling::Spark => text(data_type),
        _ => {}
    });
}

/// The order in which texts are put together stands behind the function, not inside it.
fn aggregate(function: &mut Function, spelling: Spelling) {
    if !function.name.to_string().eq_ignore_ascii_case("string_agg") {
        return;
    }
    if let FunctionArguments::List(list) = &mut function.args {
        let clauses = std::mem::take(&mut list.clauses);
        for clause in clauses {
            match clause {
                FunctionArgumentClause::OrderBy(order) => function.within_group = order,
                other => list.clauses.push(other),
            }
        }
    }
    if spelling == Spelling::Trino {
        function.name = ObjectName::from(vec![Ident::new("LISTAGG")]);
    }
}

/// `0.5` is a decimal to these engines, whose division drops all but a few places; `0.5E0` is a
/// float, as it is where rules are written.
fn number(value: &mut Value) {
    if let Value::Number(digits, _) = value
        && digits.contains('.')
        && !digits.contains(['e', 'E'])
    {
        digits.push_str("E0");
    }
}

/// Spark's `VARCHAR` wants a length.
fn text(kind: &mut DataType) {
    if matches!(kind, DataType::Varchar(None) | DataType::Text) {
        *kind = DataType::String(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::gate;

    #[test]
    fn each_engine_gets_its_own_spelling() {
        let sql = "SELECT STRING_AGG(DISTINCT zone, ', ' ORDER BY zone) AS zones, CAST(NULL AS VARCHAR) AS reason, 1.0 / 3 AS share FROM tag";
        let statement = gate::admit(sql, "query", &|name| name == "tag").unwrap();
        let shown = |spelling| {
            let (_, rest) = spelled(&statement, spelling).parts();
            rest.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")
        };
        assert_eq!(shown(Spelling::Written), sql);
        assert_eq!(
            shown(Spelling::Spark),
            "SELECT STRING_AGG(DISTINCT zone, ', ') WITHIN GROUP (ORDER BY zone) AS zones, CAST(NULL AS STRING) AS reason, 1.0E0 / 3 AS share FROM tag"
        );
        assert_eq!(
            shown(Spelling::Trino),
            "SELECT LISTAGG(DISTINCT zone, ', ') WITHIN GROUP (ORDER BY zone) AS zones, CAST(NULL AS VARCHAR) AS reason, 1.0E0 / 3 AS share FROM tag"
        );
    }
}
