//! EC2's filters, in as many calls as their limit of values takes.

use std::future::Future;

use aws_sdk_ec2::types;

use super::scope::Pages;

/// The most values that a filter takes
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html>).
const VALUES: usize = 200;

/// Everything that fits one of the values, whatever their number.
pub(super) async fn filtered<T, F, Fut>(name: &str, values: &[&str], fetch: F) -> Vec<T>
where
    F: Fn(types::Filter) -> Fut,
    Fut: Future<Output = Pages<T>>,
{
    let mut items = Vec::new();
    for chunk in values.chunks(VALUES) {
        let values = chunk.iter().map(|value| (*value).to_owned()).collect();
        let filter = types::Filter::builder().name(name).set_values(Some(values)).build();
        items.extend(fetch(filter).await.items);
    }
    items
}
