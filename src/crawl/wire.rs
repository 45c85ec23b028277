//! The one way out: what the SDK's clients and a store in S3 send goes through here.
//!
//! So a proxy, a root certificate and a refusal mean the same for both. The connector that speaks TLS is
//! made once in a process, and with it the root certificates are read once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use object_store::client::{HttpError, HttpErrorKind, HttpResponseBody, HttpService};

use super::answer::{self, Bounded};
use super::environment::{self, Address};
use crate::error;
use crate::store::LONGEST_FILE;

/// How everything is sent.
#[derive(Clone, Debug)]
pub(super) struct Wire(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// To this machine and its own metadata services, without TLS and past every proxy.
    near: Connectors,
    /// To everything else, once it is known which certificates are trusted.
    far: OnceLock<Arc<Far>>,
    allow_plain_http: bool,
}

/// What leaves the machine: through the proxies of the environment, over TLS.
#[derive(Debug)]
struct Far {
    context: TlsContext,
    connectors: Connectors,
}

/// Time limits: to connect, and for an answer to begin.
type Limits = (Option<Duration>, Option<Duration>);

/// Connectors by their time limits.
#[derive(Debug, Default)]
struct Connectors(Mutex<HashMap<Limits, SharedHttpConnector>>);

/// A request that was not sent, or an answer that was not read, for a reason of plaudit's own.
#[derive(Debug)]
pub(super) struct Refused(pub String);

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl Wire {
    /// A way that leads no further than this machine until `reach_far` opens it.
    pub fn new(allow_plain_http: bool) -> Wire {
        Wire(Arc::new(Shared { near: Connectors::default(), far: OnceLock::new(), allow_plain_http }))
    }

    /// Opens the way to AWS, through the proxies that the environment names. `bundle` is the file of root
    /// certificates that AWS's own configuration names; without one the machine's are trusted.
    pub fn reach_far(&self, bundle: Option<&str>) -> error::Result<()> {
        static OPENED: Mutex<BTreeMap<Option<String>, Arc<Far>>> = Mutex::new(BTreeMap::new());
        environment::check_proxies()?;
        let bundle = bundle.map(str::to_owned);
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let far = match opened.get(&bundle) {
            Some(far) => far.clone(),
            None => {
                let context = context(environment::trust_store(bundle.as_deref())?);
                let far = Arc::new(Far { context, connectors: Connectors::default() });
                opened.insert(bundle, far.clone());
                far
            }
        };
        // Where it has been opened before, that stays.
        let _ = self.0.far.set(far);
        Ok(())
    }

    /// For the SDK's clients.
    pub fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// For a store in S3. An answer that has not begun after `patience`, or pauses for longer, is given up.
    pub fn store_client(
        &self,
        connect_timeout: Duration,
        patience: Duration,
    ) -> object_store::client::HttpClient {
        let settings = HttpConnectorSettings::builder().connect_timeout(connect_timeout).build();
        object_store::client::HttpClient::new(StoreLine { wire: self.clone(), settings, patience })
    }

    fn connector(&self, uri: &str, settings: &HttpConnectorSettings) -> Result<SharedHttpConnector, Refused> {
        let address = Address::of(uri);
        if address == Address::Plain && !self.0.allow_plain_http {
            return Err(Refused(format!("nothing is sent to {} by plain http", environment::origin(uri))));
        }
        if address == Address::Near {
            // What this machine says to itself needs no certificates.
            return Ok(self.0.near.get(settings, |builder| {
                let trusting_none = context(TrustStore::empty());
                builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(trusting_none).build()
            }));
        }
        let Some(far) = self.0.far.get() else {
            return Err(Refused(format!("nothing is sent to {}", environment::origin(uri))));
        };
        Ok(far.connectors.get(settings, |builder| {
            let builder = builder.proxy_config(ProxyConfig::from_env());
            builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(far.context.clone()).build()
        }))
    }
}

fn context(trust_store: TrustStore) -> TlsContext {
    // It fails in none of its versions so far; the default would only trust the machine's certificates.
    TlsContext::builder().with_trust_store(trust_store).build().unwrap_or_default()
}

impl Connectors {
    fn get(
        &self,
        settings: &HttpConnectorSettings,
        make: impl FnOnce(ConnectorBuilder) -> Connector,
    ) -> SharedHttpConnector {
        let limits = (settings.connect_timeout(), settings.read_timeout());
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let connector = known.entry(limits).or_insert_with(|| {
            SharedHttpConnector::new(make(Connector::builder().connector_settings(settings.clone())))
        });
        connector.clone()
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Line { wire: self.clone(), settings: settings.clone() })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

/// What a client of the SDK sends by.
#[derive(Debug)]
struct Line {
    wire: Wire,
    settings: HttpConnectorSettings,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let sent =
            self.wire.connector(request.uri(), &self.settings).map(|connector| connector.call(request));
        HttpConnectorFuture::new(async move {
            let answer = sent.map_err(|refused| ConnectorError::user(refused.into()))?.await;
            answer::whole(answer.map_err(final_if_untrusted)?).await
        })
    }
}

/// An error of a certificate stays, however often it is tried.
fn final_if_untrusted(error: ConnectorError) -> ConnectorError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
            break;
        }
        cause = match error.downcast_ref::<std::io::Error>() {
            // Its `source` passes over the error that it holds.
            Some(error) => error.get_ref().map(|held| held as &(dyn std::error::Error + 'static)),
            None => error.source(),
        };
    }
    if cause.is_some() { ConnectorError::other(error.into_source(), None) } else { error }
}

/// What a store in S3 sends by.
#[derive(Debug)]
struct StoreLine {
    wire: Wire,
    settings: HttpConnectorSettings,
    patience: Duration,
}

#[async_trait::async_trait]
impl HttpService for StoreLine {
    async fn call(
        &self,
        request: object_store::client::HttpRequest,
    ) -> Result<object_store::client::HttpResponse, HttpError> {
        let is_object = request.method() == http::Method::GET
            && !request.uri().query().is_some_and(|query| query.contains("list-type="));
        let request = HttpRequest::try_from(request.map(|body| match body.content_length() {
            0 => SdkBody::empty(),
            _ => SdkBody::from_body_1_x(body),
        }));
        let request = request.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let connector = self.wire.connector(request.uri(), &self.settings);
        let connector = connector.map_err(|refused| HttpError::new(HttpErrorKind::Unknown, refused))?;
        let answer = tokio::time::timeout(self.patience, connector.call(request))
            .await
            .map_err(|error| HttpError::new(HttpErrorKind::Timeout, error))?
            .map_err(|error| of_the_store(final_if_untrusted(error)))?;
        let answer = answer.try_into_http1x();
        let answer = answer.map_err(|error| HttpError::new(HttpErrorKind::Unknown, error))?;
        let most = match is_object && answer.status().is_success() {
            true => LONGEST_FILE,
            false => answer::LONGEST,
        };
        Ok(answer.map(|body| HttpResponseBody::new(Bounded::new(body, most, self.patience))))
    }
}

fn of_the_store(error: ConnectorError) -> HttpError {
    let kind = match &error {
        error if error.is_timeout() => HttpErrorKind::Timeout,
        error if error.is_io() => HttpErrorKind::Interrupted,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, Told(error))
}

/// An error of the connection with its causes, which its own text leaves out.
#[derive(Debug)]
struct Told(ConnectorError);

impl std::fmt::Display for Told {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&super::outcome::chain(&self.0))
    }
}

impl std::error::Error for Told {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_read_once_for_all_connections() {
        let settings = HttpConnectorSettings::builder().connect_timeout(Duration::from_secs(5)).build();
        let wires = [Wire::new(false), Wire::new(true)];
        for wire in &wires {
            for _ in 0..3 {
                wire.reach_far(None).unwrap_or_else(|error| panic!("{error}"));
                wire.connector("https://sts.amazonaws.com", &settings).unwrap();
                wire.connector("https://s3.amazonaws.com", &settings).unwrap();
            }
        }
        let [one, other] = wires.map(|wire| wire.0.far.get().cloned().unwrap());
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(one.connectors.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_wire_that_was_not_opened_leads_no_further_than_this_machine() {
        let settings = HttpConnectorSettings::builder().build();
        let (closed, plain) = (Wire::new(false), Wire::new(true));
        let refusal = |wire: &Wire, uri: &str| wire.connector(uri, &settings).err().map(|refused| refused.0);
        assert_eq!(refusal(&closed, "http://127.0.0.1:80/"), None);
        assert_eq!(
            refusal(&closed, "https://a.example/").as_deref(),
            Some("nothing is sent to https://a.example")
        );
        let by_plain_http = "nothing is sent to http://a.example by plain http";
        assert_eq!(refusal(&closed, "http://a.example/").as_deref(), Some(by_plain_http));
        assert_eq!(
            refusal(&plain, "http://a.example/").as_deref(),
            Some("nothing is sent to http://a.example")
        );
    }
}
