//! AWS's wire protocols: what comes in becomes a [`Call`], what goes out becomes bytes.

mod cbor;
mod json;
mod query;
mod xml;

use std::sync::atomic::{AtomicU64, Ordering};

use super::fault::Effect;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

pub use query::Parameters;

use xml::Form;
pub use xml::Xml;

/// How a request was written, and how its answer has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Form parameters in, XML out, with EC2's own error form.
    Ec2,
    /// Form parameters in, XML out.
    Query,
    /// Path and query parameters in, XML out.
    RestXml,
    /// JSON 1.1 with `X-Amz-Target`; 1.0 differs in nothing that matters here.
    Json,
    /// Smithy's rpc-v2-cbor.
    Cbor,
}

/// An error of AWS.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// HTTP status.
    pub status: u16,
    /// AWS's error code.
    pub code: String,
    /// What AWS says.
    pub message: String,
}

impl ApiError {
    /// An error.
    pub fn new(status: u16, code: &str, message: &str) -> ApiError {
        ApiError { status, code: code.to_owned(), message: message.to_owned() }
    }

    /// A parameter that AWS would not take.
    pub fn invalid_parameter(message: &str) -> ApiError {
        ApiError::new(400, "InvalidParameterValue", message)
    }
}

/// A request, understood as far as its protocol.
#[derive(Debug)]
pub struct Call {
    /// The service by its signing name: `ec2`, `elasticloadbalancing`, `monitoring` ...
    pub service: String,
    /// The Region for which it was signed.
    pub region: String,
    /// The access key that signed it.
    pub access_key_id: String,
    /// The operation: `DescribeVpcEndpoints`.
    pub action: String,
    /// How it was written.
    pub protocol: Protocol,
    /// Form parameters, for the query protocols.
    pub parameters: Parameters,
    /// The body as JSON, for the others; for CloudWatch also what was written as a query.
    pub input: serde_json::Value,
    /// What is to go wrong with the answer.
    pub effect: Option<Effect>,
}

impl Call {
    /// Reads a request.
    pub fn read(uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Call, ApiError> {
        let path = uri.path();
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let scope = scope(text("authorization")).ok_or_else(|| {
            ApiError::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        })?;
        let (access_key_id, region, service) = scope;
        if service == "route53" {
            let action = match path {
                "/2013-04-01/hostedzonesbyvpc" => "ListHostedZonesByVPC",
                other => other,
            };
            let parameters = Parameters::read(uri.query().unwrap_or_default().as_bytes());
            // Route 53 has one address for all Regions; the one that is meant is the VPC's.
            let region = parameters.get("vpcregion").map_or(region, str::to_owned);
            return Ok(Call {
                service,
                region,
                access_key_id,
                action: action.to_owned(),
                protocol: Protocol::RestXml,
                parameters,
                input: serde_json::Value::Null,
                effect: None,
            });
        }
        let target = text("x-amz-target");
        let malformed = || ApiError::new(400, "SerializationException", "the request could not be read");
        if let Some((_, action)) = path.split_once("/operation/").filter(|_| path.starts_with("/service/")) {
            let input = cbor::read(body).ok_or_else(malformed)?;
            return Ok(Call {
                service,
                region,
                access_key_id,
                action: action.to_owned(),
                protocol: Protocol::Cbor,
                parameters: Parameters::default(),
                input,
                effect: None,
            });
        }
        if let Some((_, action)) = target.rsplit_once('.') {
            let input = if body.is_empty() {
                serde_json::json!({})
            } else {
                serde_json::from_slice(body).map_err(|_| malformed())?
            };
            return Ok(Call {
                service,
                region,
                access_key_id,
                action: action.to_owned(),
                protocol: Protocol::Json,
                parameters: Parameters::default(),
                input,
                effect: None,
            });
        }
        let parameters = Parameters::read(body);
        let action = parameters
            .get("Action")
            .ok_or_else(|| ApiError::new(400, "MissingAction", "the request names no action"))?
            .to_owned();
        let protocol = if service == "ec2" { Protocol::Ec2 } else { Protocol::Query };
        let input = parameters.to_json();
        Ok(Call { service, region, access_key_id, action, protocol, parameters, input, effect: None })
    }

    /// The operation by its IAM name.
    pub fn operation(&self) -> String {
        let prefix = match self.service.as_str() {
            "monitoring" => "cloudwatch",
            other => other,
        };
        format!("{prefix}:{}", self.action)
    }

    /// Whether the request narrows what it asks for, which decides EC2's bucket.
    pub fn is_filtered(&self) -> bool {
        self.parameters.get("MaxResults").is_some() || !self.parameters.filters().is_empty()
    }

    /// The next page that every page is to name.
    pub fn endless_token(&self) -> Option<String> {
        static GIVEN: AtomicU64 = AtomicU64::new(0);
        match self.effect {
            Some(Effect::RepeatToken) => Some("again".to_owned()),
            Some(Effect::FreshToken) => Some(format!("fresh-{}", GIVEN.fetch_add(1, Ordering::Relaxed))),
            _ => None,
        }
    }

    /// Writes an answer that was given as XML.
    pub fn xml(&self, content: Xml) -> Response {
        let namespace = match self.service.as_str() {
            "ec2" => "http://ec2.amazonaws.com/doc/2016-11-15/",
            "route53" => xml::ROUTE_53,
            "elasticloadbalancing" => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
            _ => "https://sts.amazonaws.com/doc/2011-06-15/",
        };
        let form = match self.protocol {
            Protocol::Ec2 => Form::Ec2,
            Protocol::RestXml => Form::Rest,
            _ => Form::Query,
        };
        let body = xml::answer(&self.action, namespace, form, content);
        respond(StatusCode::OK, "text/xml;charset=UTF-8", body)
    }

    /// Writes an answer that was given as JSON, in the protocol of the request.
    pub fn json(&self, value: serde_json::Value) -> Response {
        match self.protocol {
            Protocol::Cbor => {
                let mut response = respond(StatusCode::OK, "application/cbor", cbor::write(&value));
                response
                    .headers_mut()
                    .insert("smithy-protocol", header::HeaderValue::from_static("rpc-v2-cbor"));
                response
            }
            Protocol::Json => respond(StatusCode::OK, "application/x-amz-json-1.1", json::write(&value)),
            Protocol::Query | Protocol::Ec2 | Protocol::RestXml => {
                let namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/";
                let body = xml::answer(&self.action, namespace, Form::Query, Xml::from_json(&value));
                respond(StatusCode::OK, "text/xml;charset=UTF-8", body)
            }
        }
    }

    /// Writes an error in the protocol of the request.
    pub fn error(&self, error: &ApiError) -> Response {
        write_error(self.protocol, error)
    }
}

/// Writes an error in a protocol.
pub fn write_error(protocol: Protocol, error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
    match protocol {
        Protocol::Ec2 => {
            respond(status, "text/xml;charset=UTF-8", xml::ec2_error(&error.code, &error.message))
        }
        Protocol::Query => respond(status, "text/xml", xml::query_error(&error.code, &error.message)),
        Protocol::RestXml => respond(status, "text/xml", xml::rest_error(&error.code, &error.message)),
        Protocol::Json => {
            let value = serde_json::json!({ "__type": error.code, "message": error.message });
            respond(status, "application/x-amz-json-1.1", json::write(&value))
        }
        Protocol::Cbor => {
            let value = serde_json::json!({ "__type": error.code, "message": error.message });
            let mut response = respond(status, "application/cbor", cbor::write(&value));
            response.headers_mut().insert("smithy-protocol", header::HeaderValue::from_static("rpc-v2-cbor"));
            response
        }
    }
}

fn respond(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response {
    (
        status,
        [
            (header::CONTENT_TYPE, kind),
            (header::HeaderName::from_static("x-amzn-requestid"), "00000000-0000-0000-0000-000000000000"),
        ],
        body,
    )
        .into_response()
}

/// Access key, Region and service of a SigV4 header:
/// `AWS4-HMAC-SHA256 Credential=KEY/20261122/us-east-1/ec2/aws4_request, SignedHeaders=...`.
fn scope(authorization: &str) -> Option<(String, String, String)> {
    let credential = authorization.split("Credential=").nth(1)?.split(',').next()?;
    let mut parts = credential.split('/');
    let key = parts.next()?.to_owned();
    let _date = parts.next()?;
    let region = parts.next()?.to_owned();
    let service = parts.next()?.to_owned();
    Some((key, region, service))
}
