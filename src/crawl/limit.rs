//! How much is asked of AWS at the same time.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::table::Operation;

/// AWS throttles the PrivateLink actions per organization, not only per account
/// (<https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-limits-endpoints.html>), and does not
/// publish the rate. So few of them are in flight at a time over all accounts together.
const PRIVATELINK_IN_FLIGHT: usize = 10;

/// Bounds over a whole crawl.
#[derive(Debug)]
pub(super) struct Limits {
    privatelink: Semaphore,
}

impl Limits {
    pub fn new() -> Limits {
        Limits { privatelink: Semaphore::new(PRIVATELINK_IN_FLIGHT) }
    }

    /// Waits until a call may be made. It may go on as long as the permit is held.
    pub async fn permit(&self, operation: Operation) -> Option<SemaphorePermit<'_>> {
        if !operation.name().starts_with("ec2:DescribeVpcEndpoint") {
            return None;
        }
        // The semaphore is never closed.
        self.privatelink.acquire().await.ok()
    }
}
