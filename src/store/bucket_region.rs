//! In which Region a bucket is: requests to another one are refused with a redirect that leads nowhere.

use http::header::HeaderMap;
use object_store::client::{HttpRequest, HttpRequestBody};

use super::location::BucketAccess;

impl BucketAccess {
    /// The same, in the Region of the bucket of `s3://bucket/prefix`. S3 says it to anybody, whatever else it
    /// answers; where it does not, the Region stays what it was.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
    pub async fn in_region_of(self, place: &str) -> BucketAccess {
        let bucket = place.strip_prefix("s3://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
        // An address that was named knows no Regions but its own.
        if bucket.is_empty() || self.endpoint_url.is_some() {
            return self;
        }
        let asked = ask(bucket, &self).await;
        BucketAccess { region: asked.unwrap_or_else(|| self.region.clone()), ..self }
    }
}

async fn ask(bucket: &str, access: &BucketAccess) -> Option<String> {
    let region = &access.region;
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    // By path, as a name with dots has no certificate.
    let address = format!("https://s3.{region}.{suffix}/{bucket}");
    let request: HttpRequest = http::Request::head(address).body(HttpRequestBody::empty()).ok()?;
    named(access.client.execute(request).await.ok()?.headers())
}

/// The Region that an answer names.
fn named(headers: &HeaderMap) -> Option<String> {
    let region = headers.get("x-amz-bucket-region")?.to_str().ok()?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (!region.is_empty() && region.len() < 64 && region.chars().all(is_name)).then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use object_store::StaticCredentialProvider;
    use object_store::aws::AwsCredential;
    use object_store::client::{HttpClient, HttpError, HttpResponse, HttpService};

    use super::*;

    /// S3 at `us-east-1`, as it answers for a bucket that is elsewhere.
    #[derive(Debug)]
    struct Elsewhere(Option<&'static str>);

    #[async_trait::async_trait]
    impl HttpService for Elsewhere {
        async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
            assert_eq!(request.method(), http::Method::HEAD);
            assert_eq!(request.uri(), "https://s3.us-east-1.amazonaws.com/cur.bills");
            let mut answer = http::Response::builder().status(301);
            if let Some(region) = self.0 {
                answer = answer.header("x-amz-bucket-region", region);
            }
            Ok(answer.body(Vec::new().into()).expect("an answer"))
        }
    }

    async fn region(said: Option<&'static str>, endpoint_url: Option<&str>) -> String {
        let credential = AwsCredential { key_id: String::new(), secret_key: String::new(), token: None };
        let access = BucketAccess {
            credentials: Arc::new(StaticCredentialProvider::new(credential)),
            region: "us-east-1".to_owned(),
            endpoint_url: endpoint_url.map(str::to_owned),
            expected_owner: None,
            kms_key_id: None,
            client: HttpClient::new(Elsewhere(said)),
        };
        access.in_region_of("s3://cur.bills/reports").await.region
    }

    #[tokio::test]
    async fn a_bucket_is_asked_for_in_its_own_region() {
        assert_eq!(region(Some("eu-west-1"), None).await, "eu-west-1");
        assert_eq!(region(None, None).await, "us-east-1");
        assert_eq!(region(Some("a/../b"), None).await, "us-east-1", "what is no Region's name");
        assert_eq!(
            region(Some("eu-west-1"), Some("http://127.0.0.1:1")).await,
            "us-east-1",
            "nobody is asked"
        );
    }
}
