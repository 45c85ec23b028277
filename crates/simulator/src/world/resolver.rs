//! What answers queries for names in VPCs: private hosted zones and Resolver rules.

use super::stage::Stage;

/// A private hosted zone that is associated with a VPC.
#[derive(Clone, Debug)]
pub struct HostedZone {
    /// `Z...`
    pub id: String,
    /// The VPC.
    pub vpc_id: String,
    /// `example.com`
    pub name: String,
    /// The account that owns it.
    pub owner: String,
}

/// A Resolver rule that the account has or that is shared with it.
#[derive(Clone, Debug)]
pub struct ResolverRule {
    /// `rslvr-rr-...`
    pub id: String,
    /// `example.com`
    pub domain_name: String,
    /// `FORWARD` or `SYSTEM`.
    pub kind: &'static str,
    /// The account that owns it.
    pub owner: String,
}

/// A rule that applies in a VPC.
#[derive(Clone, Debug)]
pub struct ResolverRuleAssociation {
    /// `rslvr-rrassoc-...`
    pub id: String,
    /// The rule.
    pub rule_id: String,
    /// The VPC.
    pub vpc_id: String,
    /// `COMPLETE`, `DELETING` ...
    pub status: &'static str,
}

impl Stage<'_> {
    /// A private hosted zone of an account, associated with a VPC.
    pub fn hosted_zone(&mut self, vpc_id: &str, name: &str, owner: String) -> String {
        let id = format!("Z{:019X}", self.rng.u64(..));
        let zone = HostedZone { id: id.clone(), vpc_id: vpc_id.to_owned(), name: name.to_owned(), owner };
        self.here().hosted_zones.push(zone);
        id
    }

    /// A Resolver rule of an account, associated with a VPC.
    pub fn resolver_rule(
        &mut self,
        vpc_id: &str,
        domain_name: &str,
        kind: &'static str,
        owner: String,
        status: &'static str,
    ) -> String {
        let id = self.id("rslvr-rr");
        let association = self.id("rslvr-rrassoc");
        let here = self.here();
        here.resolver_rules.push(ResolverRule {
            id: id.clone(),
            domain_name: domain_name.to_owned(),
            kind,
            owner,
        });
        here.resolver_rule_associations.push(ResolverRuleAssociation {
            id: association,
            rule_id: id.clone(),
            vpc_id: vpc_id.to_owned(),
            status,
        });
        id
    }
}
