//! XML answers.

use serde_json::Value;

/// An answer's content, element by element.
#[derive(Debug, Default)]
pub struct Xml(String);

impl Xml {
    /// An element with text.
    pub fn text(&mut self, name: &str, text: impl std::fmt::Display) -> &mut Xml {
        self.0.push_str(&format!("<{name}>{}</{name}>", escape(&text.to_string())));
        self
    }

    /// An element with text, where there is any.
    pub fn maybe(&mut self, name: &str, text: Option<impl std::fmt::Display>) -> &mut Xml {
        if let Some(text) = text {
            self.text(name, text);
        }
        self
    }

    /// An element with elements in it.
    pub fn element(&mut self, name: &str, content: impl FnOnce(&mut Xml)) -> &mut Xml {
        self.0.push_str(&format!("<{name}>"));
        content(self);
        self.0.push_str(&format!("</{name}>"));
        self
    }

    /// Text of the element that is open.
    pub fn content(&mut self, text: impl std::fmt::Display) {
        self.0.push_str(&escape(&text.to_string()));
    }

    /// EC2's list: `<name><item>...</item></name>`.
    pub fn items<T>(
        &mut self,
        name: &str,
        list: impl IntoIterator<Item = T>,
        content: impl Fn(&mut Xml, T),
    ) -> &mut Xml {
        self.list(name, "item", list, content)
    }

    /// The other services' list: `<name><member>...</member></name>`.
    pub fn members<T>(
        &mut self,
        name: &str,
        list: impl IntoIterator<Item = T>,
        content: impl Fn(&mut Xml, T),
    ) -> &mut Xml {
        self.list(name, "member", list, content)
    }

    /// EC2's list of texts.
    pub fn texts<T: std::fmt::Display>(&mut self, name: &str, list: impl IntoIterator<Item = T>) -> &mut Xml {
        self.element(name, |xml| {
            for text in list {
                xml.text("item", text);
            }
        })
    }

    fn list<T>(
        &mut self,
        name: &str,
        item: &str,
        list: impl IntoIterator<Item = T>,
        content: impl Fn(&mut Xml, T),
    ) -> &mut Xml {
        self.element(name, |xml| {
            for entry in list {
                xml.element(item, |xml| content(xml, entry));
            }
        })
    }

    /// A tree that was made for the JSON protocols. Moments become ISO 8601.
    pub fn from_json(value: &Value) -> Xml {
        let mut xml = Xml::default();
        xml.json_content(value, false);
        xml
    }

    fn json_content(&mut self, value: &Value, moment: bool) {
        match value {
            Value::Object(map) => {
                for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                    self.element(key, |xml| {
                        xml.json_content(value, key == "Timestamps" || key == "Timestamp")
                    });
                }
            }
            Value::Array(list) => {
                for item in list {
                    self.element("member", |xml| xml.json_content(item, moment));
                }
            }
            Value::Number(number) if moment => {
                let seconds = number.as_f64().unwrap_or(0.0) as i64;
                let text =
                    jiff::Timestamp::from_second(seconds).map_or_else(|_| String::new(), |t| t.to_string());
                self.0.push_str(&text);
            }
            Value::String(text) => self.0.push_str(&escape(text)),
            other => self.0.push_str(&other.to_string()),
        }
    }
}

/// The namespace of Route 53.
pub const ROUTE_53: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

/// What surrounds an answer's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// EC2 puts its content and a request id side by side.
    Ec2,
    /// The other query services wrap it.
    Query,
    /// Route 53 adds nothing.
    Rest,
}

/// The whole answer.
pub fn answer(action: &str, namespace: &str, form: Form, content: Xml) -> Vec<u8> {
    let inner = content.0;
    let body = match form {
        Form::Ec2 => format!("<requestId>00000000-0000-0000-0000-000000000000</requestId>{inner}"),
        Form::Query => format!(
            "<{action}Result>{inner}</{action}Result><ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>"
        ),
        Form::Rest => inner,
    };
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{action}Response xmlns=\"{namespace}\">{body}</{action}Response>")
        .into_bytes()
}

/// An error of EC2.
pub fn ec2_error(code: &str, message: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors><RequestID>00000000-0000-0000-0000-000000000000</RequestID></Response>",
        escape(code),
        escape(message)
    )
    .into_bytes()
}

/// An error of the other query services.
pub fn query_error(code: &str, message: &str) -> Vec<u8> {
    error_response("", code, message)
}

/// An error of Route 53.
pub fn rest_error(code: &str, message: &str) -> Vec<u8> {
    error_response(&format!(" xmlns=\"{ROUTE_53}\""), code, message)
}

fn error_response(attributes: &str, code: &str, message: &str) -> Vec<u8> {
    format!(
        "<ErrorResponse{attributes}><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>",
        escape(code),
        escape(message)
    )
    .into_bytes()
}

/// Text as XML writes it. Control characters, which XML does not know, are written by their numbers, as
/// services do that let one store them.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in quick_xml::escape::escape(text).chars() {
        match c {
            c if c.is_control() && !matches!(c, '\t' | '\n' | '\r') => {
                out.push_str(&format!("&#x{:X};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out
}
