//! Counts the HTTP requests behind each operation, retries included, where the SDK sends them, and lets
//! none pass that is not on the list of what plaudit calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::pace::ScopePace;
use super::tally::Tally;
use crate::table::Operation;

/// The requests of one account and Region (or one account), by operation. It also tells the pace how
/// AWS takes them.
#[derive(Clone, Debug)]
pub struct Meter {
    requests: Arc<Mutex<BTreeMap<String, i64>>>,
    tally: Arc<Tally>,
    pace: Option<Arc<ScopePace>>,
}

impl Meter {
    pub(super) fn new(tally: Arc<Tally>) -> Meter {
        Meter { requests: Arc::default(), tally, pace: None }
    }

    /// The same for an account and Region that keeps a pace.
    pub(super) fn paced(tally: Arc<Tally>, pace: Arc<ScopePace>) -> Meter {
        Meter { pace: Some(pace), ..Meter::new(tally) }
    }

    /// Requests sent so far for an operation.
    pub fn requests(&self, operation: Operation) -> i64 {
        let name = operation.name().rsplit(':').next().unwrap_or_default();
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.get(name).copied().unwrap_or(0)
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for Meter {
    fn name(&self) -> &'static str {
        "plaudit::Meter"
    }

    fn read_before_signing(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let name = bag.load::<Metadata>().map(Metadata::name).unwrap_or_default();
        if is_listed(name) {
            return Ok(());
        }
        Err(format!("plaudit never calls {name}: it only reads, and only what it lists").into())
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = bag.load::<Metadata>() {
            let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
            *requests.entry(metadata.name().to_owned()).or_insert(0) += 1;
        }
        self.tally.request();
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let throttled = context.response().is_some_and(|response| {
            let status = response.status().as_u16();
            let body = response.body().bytes().unwrap_or_default();
            let says = |word: &str| body.windows(word.len()).any(|window| window == word.as_bytes());
            status == 429
                || (status >= 400
                    && ["RequestLimitExceeded", "Throttl", "TooManyRequests", "SlowDown"]
                        .iter()
                        .any(|word| says(word)))
        });
        if throttled {
            self.tally.throttle();
        }
        if let Some(pace) = &self.pace {
            let name = bag.load::<Metadata>().map(Metadata::name).unwrap_or_default();
            let is_privatelink = name.starts_with("DescribeVpcEndpoint");
            if throttled {
                pace.throttled(is_privatelink);
            } else if context.response().is_some() {
                pace.answered(is_privatelink);
            }
        }
        Ok(())
    }
}

/// Whether plaudit calls an operation, by the name without its service.
fn is_listed(name: &str) -> bool {
    Operation::ALL.iter().any(|operation| operation.name().rsplit(':').next() == Some(name))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};

    use super::*;

    #[tokio::test]
    async fn an_operation_that_is_not_listed_is_refused_before_it_is_signed() {
        let meter = Meter::new(Arc::default());
        // Nobody listens there, so whatever was sent would fail in another way.
        let config = aws_sdk_ec2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .credentials_provider(Credentials::new("key", "secret", None, None, "test"))
            .endpoint_url("http://127.0.0.1:9")
            .http_client(super::super::wire::Wire::new(false).client())
            .interceptor(meter.clone());
        let client = aws_sdk_ec2::Client::from_conf(config.build());
        let tag = aws_sdk_ec2::types::Tag::builder().key("a").value("b").build();
        let refused = client.create_tags().resources("vpce-1").tags(tag).send().await.unwrap_err();
        let mut told = String::new();
        let mut source: Option<&dyn std::error::Error> = Some(&refused);
        while let Some(error) = source {
            told += &format!("{error}; ");
            source = error.source();
        }
        assert!(told.contains("plaudit never calls CreateTags"), "{told}");
        assert_eq!(meter.requests.lock().unwrap().len(), 0, "nothing was sent");
    }
}
