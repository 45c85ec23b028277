//! Counts the HTTP requests behind each operation, retries included, where the SDK sends them.

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
