//! A network in this process: an address that speaks TLS, behind it the simulated organization and a
//! bucket, and a proxy before it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, LazyLock, Mutex};

use plaudit_simulator::Running;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::plaudit;

/// A root certificate that no machine trusts, and what it vouches for.
pub struct Authority {
    folder: tempfile::TempDir,
    server: Arc<ServerConfig>,
}

/// The root of all tests.
pub fn authority() -> &'static Authority {
    static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| {
        let key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let folder = tempfile::Builder::new().prefix("plaudit-").tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), root.self_signed(&key).unwrap().pem()).unwrap();
        let issuer = Issuer::from_params(&root, &key);
        let names = ["localhost", "*.amazonaws.com", "*.us-east-1.amazonaws.com"];
        let own_key = KeyPair::generate().unwrap();
        let own =
            CertificateParams::new(names.map(str::to_owned)).unwrap().signed_by(&own_key, &issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.der().clone()], PrivateKeyDer::Pkcs8(own_key.serialize_der().into()))
            .unwrap();
        Authority { folder, server: Arc::new(server) }
    });
    &AUTHORITY
}

impl Authority {
    /// The file with the root certificate.
    pub fn bundle(&self) -> PathBuf {
        self.folder.path().join("root.pem")
    }
}

/// What answers over TLS. The bucket is `audits`; all else is for the simulator.
pub struct Cloud {
    address: SocketAddr,
    /// Request lines so far.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Cloud {
    /// Starts to serve.
    pub async fn start(simulator: &Running) -> Cloud {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let bucket: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
        let simulator = simulator.url().strip_prefix("http://").unwrap().to_owned();
        let acceptor = TlsAcceptor::from(authority().server.clone());
        let noted = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, simulator) = (acceptor.clone(), simulator.clone());
                let (noted, bucket) = (noted.clone(), bucket.clone());
                // One request a connection; a client that goes away ends it.
                tokio::spawn(async move {
                    let mut stream = acceptor.accept(stream).await?;
                    let Some((head, body)) = request(&mut stream).await? else { return Ok(()) };
                    noted.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
                    if head.split(' ').nth(1).is_some_and(|path| path.starts_with("/audits")) {
                        serve_bucket(&mut stream, &bucket, &head, body).await?;
                    } else {
                        let mut behind = TcpStream::connect(simulator).await?;
                        let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
                        behind.write_all(head.as_bytes()).await?;
                        behind.write_all(&body).await?;
                        copy(&mut behind, &mut stream).await?;
                    }
                    stream.shutdown().await
                });
            }
        });
        Cloud { address, asked }
    }

    /// `https://localhost:PORT`
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The requests so far: method and path.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Head and body of a request.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8(bytes).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
    });
    while body.len() < length.unwrap_or(0) {
        stream.read_buf(&mut body).await?;
    }
    Ok(Some((head, body)))
}

/// As much of S3 as a store needs. The list below `endless` and the files below `files` have no end.
async fn serve_bucket(
    stream: &mut (impl AsyncWrite + Unpin),
    bucket: &Mutex<BTreeMap<String, Vec<u8>>>,
    head: &str,
    body: Vec<u8>,
) -> std::io::Result<()> {
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let key = path.trim_start_matches("/audits").trim_start_matches('/').to_owned();
    let query = query.replace("%2F", "/");
    let answer = |status: &str, length: u64| {
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\netag: \"0\"\r\n\
             last-modified: Sun, 22 Nov 2026 06:19:00 GMT\r\n\r\n"
        )
    };
    if method == "GET" && (query.contains("prefix=endless") || key.starts_with("files/")) {
        stream.write_all(answer("200 OK", 1 << 40).as_bytes()).await?;
        loop {
            stream.write_all(&[b' '; 1 << 16]).await?;
        }
    }
    let mut content = Vec::new();
    let status = if method == "PUT" {
        bucket.lock().unwrap().insert(key, body);
        "200 OK"
    } else if query.contains("list-type=2") {
        let prefix = query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or("");
        let files: String = bucket
            .lock()
            .unwrap()
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, bytes)| {
                format!(
                    "<Contents><Key>{key}</Key><LastModified>2026-11-22T06:19:00.000Z</LastModified>\
                     <ETag>0</ETag><Size>{}</Size></Contents>",
                    bytes.len()
                )
            })
            .collect();
        content =
            format!("<ListBucketResult><IsTruncated>false</IsTruncated>{files}</ListBucketResult>").into();
        "200 OK"
    } else {
        match bucket.lock().unwrap().get(&key) {
            Some(bytes) => {
                content.clone_from(bytes);
                "200 OK"
            }
            None => "404 Not Found",
        }
    };
    stream.write_all(answer(status, content.len() as u64).as_bytes()).await?;
    stream.write_all(&content).await
}

/// A proxy that leads to the cloud, wherever it is asked to go.
pub struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts to serve.
    pub async fn start(cloud: &Cloud) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (noted, cloud) = (asked.clone(), cloud.address);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let noted = noted.clone();
                tokio::spawn(async move {
                    let Some((head, _)) = request(&mut stream).await? else { return Ok(()) };
                    let mut words = head.split(' ');
                    let (method, target) = (words.next().unwrap(), words.next().unwrap());
                    noted.lock().unwrap().push(target.to_owned());
                    if method != "CONNECT" {
                        let refusal =
                            b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                        return stream.write_all(refusal).await;
                    }
                    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
                    let mut cloud = TcpStream::connect(cloud).await?;
                    copy_bidirectional(&mut stream, &mut cloud).await.map(drop)
                });
            }
        });
        Proxy { address, asked }
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whom it was asked for so far: `host:port`, or the whole address of plain http.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The program with credentials, and with nothing in its environment that says how AWS is reached.
pub fn plaudit_alone() -> Command {
    let mut command = plaudit();
    for name in ["ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
        .env("AWS_ACCESS_KEY_ID", "management")
        .env("AWS_SECRET_ACCESS_KEY", "simulated")
        .env("AWS_REGION", "us-east-1");
    command
}
