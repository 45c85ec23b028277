//! Text of strangers in everything that AWS lets people name or write.

use serde_json::Value;

use super::World;

impl World {
    /// Puts text into every name, tag, policy and principal of the organization, behind what stands
    /// there: names of accounts, VPCs, load balancers, target groups, hosted zones, Resolver rules and
    /// services, keys and values of tags, endpoint policies, and who may connect. Identifiers stay.
    pub fn write_everywhere(&mut self, text: &str) {
        for account in &mut self.accounts {
            account.name.push_str(text);
            for region in account.regions.values_mut() {
                region.vpcs.iter_mut().for_each(|vpc| vpc.name.get_or_insert_default().push_str(text));
                region.balancers.iter_mut().for_each(|balancer| balancer.name.push_str(text));
                region.target_groups.iter_mut().for_each(|group| group.name.push_str(text));
                region.hosted_zones.iter_mut().for_each(|zone| zone.name.push_str(text));
                region.resolver_rules.iter_mut().for_each(|rule| rule.domain_name.push_str(text));
                for endpoint in &mut region.endpoints {
                    write_tags(&mut endpoint.tags, text);
                    endpoint.policy = endpoint.policy.take().map(|policy| with_id(policy, text));
                }
                for service in &mut region.services {
                    write_tags(&mut service.tags, text);
                    service.principals.push(("Role", format!("arn:aws:iam::210987654321:role/{text}")));
                    if let Some((name, _)) = &mut service.private_dns {
                        name.push_str(text);
                    }
                }
            }
        }
    }
}

fn write_tags(tags: &mut Vec<(String, String)>, text: &str) {
    tags.iter_mut().for_each(|(_, value)| value.push_str(text));
    tags.push((text.to_owned(), text.to_owned()));
}

/// The policy with a text as its id; a policy that is no JSON with the text behind it.
fn with_id(policy: String, text: &str) -> String {
    match serde_json::from_str::<Value>(&policy) {
        Ok(Value::Object(mut document)) => {
            document.insert("Id".to_owned(), text.into());
            Value::Object(document).to_string()
        }
        _ => policy + text,
    }
}
