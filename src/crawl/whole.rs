//! Refuses an XML answer that breaks off. The SDK's parser takes a document that ends in the middle
//! for one that is complete, so an endpoint whose tags were cut off would look untagged, and a list
//! that was cut off would look short.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Looks at the end of every XML answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "plaudit::Whole"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let broken = response.status().is_success() && response.body().bytes().is_some_and(breaks_off);
        if broken { Err("the answer breaks off in the middle".into()) } else { Ok(()) }
    }
}

/// Whether XML ends before its root does. Anything else is not ours to judge.
fn breaks_off(body: &[u8]) -> bool {
    let body = body.trim_ascii();
    let rest = match body.strip_prefix(b"<?xml") {
        Some(rest) => match rest.windows(2).position(|window| window == b"?>") {
            Some(end) if end + 2 < rest.len() => rest[end + 2..].trim_ascii_start(),
            _ => return true,
        },
        None => body,
    };
    let Some(rest) = rest.strip_prefix(b"<") else { return false };
    let length = rest.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'));
    let Some(root) = length.map(|length| &rest[..length]) else { return true };
    let closing = [b"</", root, b">"].concat();
    // A root without content closes itself; whatever else ends so is a part of it.
    let is_alone = rest.ends_with(b"/>") && !rest[..rest.len() - 2].contains(&b'<');
    !(body.ends_with(&closing) || is_alone)
}

#[cfg(test)]
mod tests {
    use super::breaks_off;

    #[test]
    fn only_xml_that_ends_before_its_root_breaks_off() {
        let whole = b"<?xml version=\"1.0\"?>\n<AResponse xmlns=\"x\"><list><item/></list></AResponse>\n";
        assert!(!breaks_off(whole));
        for end in 1..whole.len() - 1 {
            assert!(breaks_off(&whole[..end]), "{}", String::from_utf8_lossy(&whole[..end]));
        }
        for other in [&b"{\"a\":1"[..], b"", b"\xa1aa", b"<A/>"] {
            assert!(!breaks_off(other), "{other:?}");
        }
    }
}
