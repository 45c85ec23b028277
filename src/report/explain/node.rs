//! A link of the chain from a consumer's endpoint to the targets behind a service.

use serde::Serialize;

/// A link, with the links behind it.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    /// What it is: `endpoint`, `connection`, `service`, `load balancer` ...
    pub what: &'static str,
    /// Its name, as short as it is still known by.
    pub name: String,
    /// Its identifier in full, where that is not the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is known of it.
    pub facts: Vec<String>,
    /// Why nothing gets through here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken: Option<String>,
    /// What could not be seen here, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_seen: Option<String>,
    /// What stands behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Node>,
}

impl Node {
    /// A link of which nothing is known yet.
    pub fn new(what: &'static str, name: impl Into<String>) -> Node {
        Node {
            what,
            name: name.into(),
            id: None,
            facts: Vec::new(),
            broken: None,
            not_seen: None,
            behind: Vec::new(),
        }
    }

    /// Adds what is known; nothing where the text is empty.
    pub fn fact(mut self, fact: impl Into<String>) -> Node {
        let fact = fact.into();
        if !fact.is_empty() {
            self.facts.push(fact);
        }
        self
    }

    /// Says why nothing gets through. What was said first stays.
    pub fn broken_if(mut self, is_broken: bool, why: impl Into<String>) -> Node {
        if is_broken {
            self.broken.get_or_insert_with(|| why.into());
        }
        self
    }

    /// Says what could not be seen, where there is something.
    pub fn not_seen(mut self, why: Option<String>) -> Node {
        self.not_seen = self.not_seen.or(why);
        self
    }

    /// Puts a link behind it.
    pub fn leads_to(mut self, next: Node) -> Node {
        self.behind.push(next);
        self
    }

    /// This link and all behind it, from the front.
    pub fn all(&self) -> Vec<&Node> {
        std::iter::once(self).chain(self.behind.iter().flat_map(Node::all)).collect()
    }

    /// The places where the chain is broken, in words.
    pub fn breaks(&self) -> Vec<String> {
        self.told(|node| node.broken.as_ref())
    }

    /// What could not be seen, in words.
    pub fn blind_spots(&self) -> Vec<String> {
        self.told(|node| node.not_seen.as_ref())
    }

    fn told(&self, read: fn(&Node) -> Option<&String>) -> Vec<String> {
        let told = self.all().into_iter();
        told.filter_map(|node| Some(format!("{} {}: {}", node.what, node.name, read(node)?))).collect()
    }
}
