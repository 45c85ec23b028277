//! What the environment says of the way to AWS: addresses, proxies, root certificates.
//!
//! What it says and cannot mean is an error: a proxy or a certificate that is passed over in silence lets
//! traffic go where its owner does not want it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use aws_config::SdkConfig;
use aws_smithy_http_client::tls::TrustStore;
use http::Uri;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::error::{Error, Result};

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// Over TLS, wherever it is.
    Tls,
    /// By plain http to this machine, or to what gives it credentials.
    Near,
    /// In another way, which others may read.
    Plain,
}

/// By plain http AWS gives credentials to instances, containers and pods at these, which no packet to
/// reaches another network:
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html> and
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>
const CREDENTIALS: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

impl Address {
    pub fn of(uri: &str) -> Address {
        let Ok(uri) = uri.parse::<Uri>() else { return Address::Plain };
        let host = uri.host().unwrap_or_default();
        match uri.scheme_str() {
            Some("https") => Address::Tls,
            Some("http") if is_near(host) => Address::Near,
            _ => Address::Plain,
        }
    }
}

fn is_near(host: &str) -> bool {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || CREDENTIALS.contains(&address),
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// Scheme, host and port of an address, without a name and a password that it may hold.
pub(super) fn origin(uri: &str) -> String {
    let Ok(uri) = uri.parse::<Uri>() else { return "an address that is none".to_owned() };
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit('@').next().unwrap_or_default();
    uri.scheme_str().map_or_else(|| host.to_owned(), |scheme| format!("{scheme}://{host}"))
}

/// The services that plaudit calls, its store and AWS's credential chain among them, by the ids that the
/// SDK reads their addresses under.
const SERVICES: [&str; 12] = [
    "CloudWatch",
    "Cost Explorer",
    "EC2",
    "Elastic Load Balancing v2",
    "Organizations",
    "Pricing",
    "Route 53",
    "Route53Resolver",
    "S3",
    "SSO",
    "SSO OIDC",
    "STS",
];

/// The address of a service where the environment or the profile names one instead of AWS's own.
pub(super) fn endpoint_url(sdk: &SdkConfig, service: &str) -> Option<String> {
    configured(sdk, service, "AWS_ENDPOINT_URL", "endpoint_url")
        .or_else(|| sdk.endpoint_url().map(str::to_owned))
}

/// The file of root certificates that `AWS_CA_BUNDLE` or the profile's `ca_bundle` names.
pub(super) fn bundle(sdk: &SdkConfig) -> Option<String> {
    configured(sdk, "", "AWS_CA_BUNDLE", "ca_bundle")
}

/// A setting as the SDK finds it: the environment's, for the service before that for all, else the
/// profile's. An empty one is none.
fn configured(sdk: &SdkConfig, service: &str, variable: &str, key: &str) -> Option<String> {
    let key = aws_types::service_config::ServiceConfigKey::builder()
        .service_id(service)
        .env(variable)
        .profile(key)
        .build()
        .ok()?;
    sdk.service_config()?.load_config(key).filter(|value| !value.is_empty())
}

/// Refuses addresses to which plain http would lead beyond this machine.
pub(super) fn check_addresses(sdk: &SdkConfig, profile: Option<&str>) -> Result<()> {
    for service in SERVICES {
        let Some(url) = endpoint_url(sdk, service) else { continue };
        let of_service = format!("AWS_ENDPOINT_URL_{}", service.to_uppercase().replace(' ', "_"));
        let given = |name: &&str| std::env::var(name).is_ok_and(|value| value == url);
        let place = match [&of_service, "AWS_ENDPOINT_URL"].into_iter().find(given) {
            Some(variable) => variable.to_owned(),
            None => format!(
                "endpoint_url for {service} in AWS's configuration file, profile `{}`",
                profile.unwrap_or("default")
            ),
        };
        check_address(&url).map_err(|error| error.at(place))?;
    }
    for variable in ["AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT"] {
        if let Some(url) = std::env::var(variable).ok().filter(|url| !url.is_empty()) {
            check_address(&url).map_err(|error| error.at(variable))?;
        }
    }
    Ok(())
}

fn check_address(url: &str) -> Result<()> {
    if Address::of(url) != Address::Plain {
        return Ok(());
    }
    let origin = origin(url);
    Err(match url.starts_with("http://") {
        true => Error::usage(format!(
            "{origin} would be asked by plain http: whoever is on the way could read credentials and change answers"
        ))
        .hint("write https://, or allow it with --allow-plain-http where you trust everything on the way"),
        false => Error::usage(format!("{origin} is no address that plaudit can ask"))
            .hint("write https:// and a host"),
    })
}

/// Refuses proxies that could not be used, as they would be passed by.
pub(super) fn check_proxies() -> Result<()> {
    for [upper, lower] in [
        ["ALL_PROXY", "all_proxy"],
        ["HTTP_PROXY", "http_proxy"],
        ["HTTPS_PROXY", "https_proxy"],
        ["NO_PROXY", "no_proxy"],
    ] {
        let (name, value) = match (std::env::var_os(upper), std::env::var_os(lower)) {
            // Programs differ in which they take; the AWS CLI takes the lower case:
            // <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>
            (Some(one), Some(other)) if one != other => {
                return Err(Error::usage("the two do not say the same of the proxy")
                    .at(format!("{upper}, {lower}"))
                    .hint("leave one of them out"));
            }
            (Some(value), _) => (upper, value),
            (None, Some(value)) => (lower, value),
            (None, None) => continue,
        };
        if upper == "NO_PROXY" {
            continue;
        }
        let value = value.to_str().unwrap_or("\u{fffd}");
        // The value may hold a password, and is not repeated.
        let uri = value.parse::<Uri>();
        let usable = value.is_empty()
            || uri.is_ok_and(|uri| {
                uri.host().is_some_and(|host| !host.is_empty())
                    && uri.scheme_str().is_none_or(|scheme| matches!(scheme, "http" | "https"))
            });
        if !usable {
            return Err(Error::usage("the proxy cannot be used: it is no HTTP proxy")
                .at(name)
                .hint("write http://host:port, or leave the variable out to go without a proxy"));
        }
    }
    Ok(())
}

/// The root certificates: those of the bundle alone, else those of `SSL_CERT_FILE` and `SSL_CERT_DIR`, else
/// the machine's.
pub(super) fn trust_store(bundle: Option<&str>) -> Result<TrustStore> {
    let Some(path) = bundle else {
        if let Some(path) = std::env::var("SSL_CERT_FILE").ok().filter(|path| !path.is_empty()) {
            certificates(&path).map_err(|error| error.at(format!("SSL_CERT_FILE, {path}")))?;
        }
        return Ok(TrustStore::default());
    };
    let place = match std::env::var("AWS_CA_BUNDLE").is_ok_and(|value| value == path) {
        true => format!("AWS_CA_BUNDLE, {path}"),
        false => format!("ca_bundle in AWS's configuration file, {path}"),
    };
    let certificates = certificates(path).map_err(|error| error.at(place))?;
    Ok(certificates.into_iter().fold(TrustStore::empty(), TrustStore::with_pem_certificate))
}

/// The certificates of a file that can be used, each in PEM as it stands there.
fn certificates(path: &str) -> Result<Vec<String>> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let unusable = |problem: String| {
        Error::usage(problem)
            .hint("name a file with root certificates in PEM, or leave it out to trust the machine's own")
    };
    let bytes = std::fs::read(path)
        .map_err(|error| unusable(format!("the root certificates could not be read: {error}")))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut usable = Vec::new();
    let mut store = RootCertStore::empty();
    for (start, _) in text.match_indices(BEGIN) {
        let Some(length) = text[start..].find(END) else { continue };
        let pem = &text[start..start + length + END.len()];
        // Bundles hold certificates of all ages, and one that is not understood spoils no other.
        let parsed = CertificateDer::from_pem_slice(pem.as_bytes()).ok().map(|der| store.add(der));
        if let Some(Ok(())) = parsed {
            usable.push(format!("{pem}\n"));
        }
    }
    if usable.is_empty() {
        return Err(unusable("the file holds no root certificate that can be used".to_owned()));
    }
    Ok(usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_leads_to_this_machine_and_its_credentials_and_nowhere_else() {
        for near in [
            "http://127.0.0.1:4566/x",
            "http://127.8.8.8",
            "http://[::1]:80/",
            "http://localhost:4566",
            "http://LOCALHOST",
            "http://169.254.169.254/latest/api/token",
            "http://169.254.170.2/v2/credentials",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::254]/latest",
            "http://[fd00:ec2::23]/v1",
        ] {
            assert_eq!(Address::of(near), Address::Near, "{near}");
        }
        for plain in [
            "http://10.99.99.99",
            "http://0.0.0.0",
            "http://169.254.1.1",
            "http://127.0.0.1.example.com",
            "http://127.0.0.1@10.0.0.1",
            "http://localhost.example.com",
            "http://2130706433",
            "http://sts.amazonaws.com",
            "http://[::ffff:10.0.0.1]",
            "ftp://127.0.0.1",
            "127.0.0.1:80",
            "//127.0.0.1",
            "",
        ] {
            assert_eq!(Address::of(plain), Address::Plain, "{plain}");
        }
        assert_eq!(Address::of("https://10.99.99.99"), Address::Tls);
        assert_eq!(Address::of("HTTPS://10.99.99.99"), Address::Tls);
    }

    #[test]
    fn an_address_is_shown_without_its_password() {
        assert_eq!(origin("http://name:secret@10.0.0.1:80/path?query"), "http://10.0.0.1:80");
        assert_eq!(origin("http://name@secret@h/"), "http://h");
        assert_eq!(origin("http://name:secret@h h/"), "an address that is none");
    }
}
