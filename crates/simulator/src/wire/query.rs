//! The query protocols: form parameters with numbered lists.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// Form parameters.
#[derive(Debug, Default)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads a form.
    pub fn read(body: &[u8]) -> Parameters {
        let text = String::from_utf8_lossy(body);
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Parameters(pairs.collect())
    }

    /// A parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A numbered list: `VpcEndpointId.1`, `VpcEndpointId.2`; for services other than EC2
    /// `LoadBalancerArns.member.1`.
    pub fn list(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|index| {
                self.get(&format!("{name}.{index}")).or_else(|| self.get(&format!("{name}.member.{index}")))
            })
            .collect()
    }

    /// EC2's filters: name and values.
    pub fn filters(&self) -> Vec<(&str, Vec<&str>)> {
        (1..)
            .map_while(|index| {
                let name = self.get(&format!("Filter.{index}.Name"))?;
                Some((name, self.list(&format!("Filter.{index}.Value"))))
            })
            .collect()
    }

    /// The parameters as the JSON protocols would write them: `A.member.1.B=x` is `{"A":[{"B":"x"}]}`.
    pub fn to_json(&self) -> Value {
        let mut root = Value::Object(Map::new());
        for (name, value) in &self.0 {
            let path: Vec<&str> = name.split('.').filter(|part| *part != "member").collect();
            insert(&mut root, &path, value);
        }
        lists(root)
    }
}

fn insert(node: &mut Value, path: &[&str], value: &str) {
    let [first, rest @ ..] = path else { return };
    let Value::Object(map) = node else { return };
    if rest.is_empty() {
        map.insert((*first).to_owned(), value.into());
    } else {
        insert(map.entry((*first).to_owned()).or_insert_with(|| Value::Object(Map::new())), rest, value);
    }
}

/// Turns objects whose keys are all numbers into lists.
fn lists(node: Value) -> Value {
    match node {
        Value::Object(map) => {
            let mut numbered: BTreeMap<u32, Value> = BTreeMap::new();
            let all = !map.is_empty() && map.keys().all(|key| key.parse::<u32>().is_ok());
            if all {
                for (key, value) in map {
                    numbered.insert(key.parse().unwrap_or(0), lists(value));
                }
                return Value::Array(numbered.into_values().collect());
            }
            Value::Object(map.into_iter().map(|(key, value)| (key, lists(value))).collect())
        }
        other => other,
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: Vec<u8> = rest.by_ref().take(2).collect();
                let value =
                    std::str::from_utf8(&digits).ok().and_then(|digits| u8::from_str_radix(digits, 16).ok());
                bytes.extend(value);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_parameters_become_lists() {
        let parameters = Parameters::read(
            b"Action=X&Filter.1.Name=vpc-id&Filter.1.Value.1=vpc-1&Filter.1.Value.2=vpc%2D2&A.member.1.B=1+2",
        );
        assert_eq!(parameters.filters(), [("vpc-id", vec!["vpc-1", "vpc-2"])]);
        assert_eq!(parameters.to_json()["A"], serde_json::json!([{ "B": "1 2" }]));
    }
}
