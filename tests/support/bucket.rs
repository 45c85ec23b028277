//! A bucket on loopback that is as strict as S3: every request names the bucket's owner, every `x-amz-`
//! header is signed, and the signature is right. It also answers sts:GetCallerIdentity.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use ring::{digest, hmac};

/// Objects in a page of a list, so that there is more than one.
const PAGE: usize = 20;

/// The secret key with which requests have to be signed.
pub const SECRET: &str = "simulated";

/// A bucket, until it is dropped.
pub struct Bucket {
    /// Its address, and STS's.
    pub url: String,
    state: Arc<Mutex<Contents>>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: BTreeMap<String, String>,
}

#[derive(Default)]
struct Contents {
    owner: String,
    caller: String,
    /// By `bucket/key`.
    objects: BTreeMap<String, Bytes>,
    parts: BTreeMap<u32, Bytes>,
    is_read_only: bool,
    asked: Vec<Asked>,
}

impl Bucket {
    /// Serves a bucket, of whatever name, that belongs to an account, to a caller of that account.
    pub fn start(owner: &str) -> Bucket {
        let contents = Contents { owner: owner.to_owned(), caller: owner.to_owned(), ..Contents::default() };
        let state = Arc::new(Mutex::new(contents));
        let router = Router::new().fallback(answer).with_state(state.clone());
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (address, bound) = std::sync::mpsc::channel();
        // A thread of its own: tests that wait for the program would keep it from answering.
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
                address.send(listener.local_addr().expect("an address")).expect("the test waits");
                tokio::select! {
                    served = axum::serve(listener, router) => served.expect("it serves"),
                    _ = stopped => {}
                }
            });
        });
        let url = format!("http://{}", bound.recv().expect("it is bound"));
        Bucket { url, state, stop: Some(stop), thread: Some(thread) }
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.state.lock().expect("no request panicked")
    }

    /// Whom STS says the caller belongs to.
    pub fn call_from(&self, account: &str) {
        self.contents().caller = account.to_owned();
    }

    /// Refuses to write from now on, as for a caller who may only read.
    pub fn refuse_writes(&self) {
        self.contents().is_read_only = true;
    }

    /// Everything in it, by `bucket/key`.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.contents().objects.iter().map(|(key, bytes)| (key.clone(), bytes.to_vec())).collect()
    }

    /// Puts something into it, past all checks, as somebody else who may write to it would.
    pub fn put(&self, key: &str, bytes: Vec<u8>) {
        self.contents().objects.insert(key.to_owned(), bytes.into());
    }

    /// What was asked since this was last asked for; calls of STS are left out.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.contents().asked)
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

type Answer = Result<Response, (u16, &'static str, String)>;

async fn answer(State(state): State<Arc<Mutex<Contents>>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, 64 << 20).await.expect("a body");
    let headers: BTreeMap<String, String> = head
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
        .collect();
    let asked = Asked {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers,
    };
    let mut contents = state.lock().expect("no request panicked");
    if asked.method == "POST" && asked.path == "/" {
        return identity(&contents.caller);
    }
    contents.asked.push(asked.clone());
    let checked = check(&asked, &body, &contents.owner);
    checked.and_then(|()| serve(&mut contents, &asked, &head.headers, body)).unwrap_or_else(
        |(status, code, message)| {
            let xml = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            response(status, &[], Body::from(xml))
        },
    )
}

fn response(status: u16, headers: &[(&str, String)], body: Body) -> Response {
    let mut builder = Response::builder().status(StatusCode::from_u16(status).expect("a status"));
    for (name, value) in headers {
        builder = builder.header(*name, value);
    }
    builder.body(body).expect("a response")
}

fn identity(account: &str) -> Response {
    let xml = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/auditor</Arn><UserId>AIDA</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    response(200, &[("content-type", "text/xml".to_owned())], Body::from(xml))
}

/// What S3 refuses before it looks at anything else.
fn check(asked: &Asked, body: &[u8], owner: &str) -> Result<(), (u16, &'static str, String)> {
    let denied = |message: String| Err((403, "AccessDenied", message));
    let authorization = asked.headers.get("authorization").map_or("", String::as_str);
    let field = |name: &str| {
        let text = authorization.split([',', ' ']).find_map(|field| field.strip_prefix(name));
        text.unwrap_or_default().to_owned()
    };
    let signed = field("SignedHeaders=");
    let signed: Vec<&str> = signed.split(';').collect();
    if let Some(name) =
        asked.headers.keys().find(|name| name.starts_with("x-amz-") && !signed.contains(&name.as_str()))
    {
        return denied(format!("There were headers present in the request which were not signed: {name}"));
    }
    let sha256 = hex(digest::digest(&digest::SHA256, body).as_ref());
    if asked.headers.get("x-amz-content-sha256") != Some(&sha256) {
        return Err((400, "XAmzContentSHA256Mismatch", "the body is another".to_owned()));
    }
    if field("Signature=") != signature(asked, &signed, &field("Credential="), &sha256) {
        return Err((403, "SignatureDoesNotMatch", "the signature is another".to_owned()));
    }
    if asked.headers.get("x-amz-expected-bucket-owner").map(String::as_str) != Some(owner) {
        return denied("Access Denied".to_owned());
    }
    Ok(())
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>
fn signature(asked: &Asked, signed: &[&str], credential: &str, sha256: &str) -> String {
    let mut query: Vec<(String, String)> =
        pairs(&asked.query).into_iter().map(|(name, value)| (encoded(&name), encoded(&value))).collect();
    query.sort();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut canonical = format!("{}\n{}\n{}\n", asked.method, asked.path, query.join("&"));
    for name in signed {
        let value = asked.headers.get(*name).map_or("", String::as_str);
        writeln!(canonical, "{name}:{}", value.trim()).expect("written");
    }
    write!(canonical, "\n{}\n{sha256}", signed.join(";")).expect("written");
    let scope: Vec<&str> = credential.split('/').skip(1).collect();
    let date = asked.headers.get("x-amz-date").map_or("", String::as_str);
    let text = format!(
        "AWS4-HMAC-SHA256\n{date}\n{}\n{}",
        scope.join("/"),
        hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref())
    );
    let key = scope.iter().fold(format!("AWS4{SECRET}").into_bytes(), |key, part| sign(&key, part));
    hex(&sign(&key, &text))
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| others.get(..2)).flatten();
        let byte = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &others[2..] } else { others };
    }
    String::from_utf8(bytes).expect("UTF-8")
}

fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes()
        .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn serve(contents: &mut Contents, asked: &Asked, headers: &HeaderMap, body: Bytes) -> Answer {
    let query: BTreeMap<String, String> = pairs(&asked.query).into_iter().collect();
    let key = decoded(asked.path.trim_start_matches('/'));
    let etag = ("etag", "\"0\"".to_owned());
    let xml =
        |text: String| Ok(response(200, &[("content-type", "application/xml".to_owned())], Body::from(text)));
    match asked.method.as_str() {
        "PUT" | "POST" | "DELETE" if contents.is_read_only => {
            Err((403, "AccessDenied", "Access Denied".to_owned()))
        }
        "GET" if query.contains_key("list-type") => xml(list(contents, &key, &query)),
        "GET" | "HEAD" => {
            let Some(object) = contents.objects.get(&key) else {
                return Err((404, "NoSuchKey", "The specified key does not exist.".to_owned()));
            };
            let modified = ("last-modified", "Sun, 22 Nov 2026 06:19:00 GMT".to_owned());
            let range = headers.get("range").and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
            let Some((from, to)) = range.and_then(|range| range.split_once('-')) else {
                let length = ("content-length", object.len().to_string());
                let body = if asked.method == "HEAD" { Body::empty() } else { Body::from(object.clone()) };
                return Ok(response(200, &[etag, modified, length], body));
            };
            let number = |text: &str| text.parse::<usize>().ok();
            let (from, to) = match number(from) {
                Some(from) => (from, number(to).map_or(object.len(), |to| (to + 1).min(object.len()))),
                None => (object.len() - number(to).expect("a suffix").min(object.len()), object.len()),
            };
            let range = ("content-range", format!("bytes {from}-{}/{}", to - 1, object.len()));
            Ok(response(206, &[etag, modified, range], Body::from(object.slice(from..to))))
        }
        "PUT" => {
            match query.get("partNumber") {
                Some(number) => drop(contents.parts.insert(number.parse().expect("a number"), body)),
                None => drop(contents.objects.insert(key, body)),
            }
            Ok(response(200, &[etag], Body::empty()))
        }
        "POST" if query.contains_key("uploads") => {
            contents.parts.clear();
            xml("<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>"
                .to_owned())
        }
        "POST" => {
            let whole: Vec<u8> = std::mem::take(&mut contents.parts).into_values().flatten().collect();
            contents.objects.insert(key, whole.into());
            xml("<CompleteMultipartUploadResult><ETag>\"0\"</ETag></CompleteMultipartUploadResult>"
                .to_owned())
        }
        method => Err((405, "MethodNotAllowed", method.to_owned())),
    }
}

fn list(contents: &Contents, bucket: &str, query: &BTreeMap<String, String>) -> String {
    let bucket = format!("{}/", bucket.trim_end_matches('/'));
    let prefix = query.get("prefix").map_or("", String::as_str);
    let after = query.get("continuation-token").map_or("", String::as_str);
    let found: Vec<(&str, usize)> = contents
        .objects
        .iter()
        .filter_map(|(key, object)| Some((key.strip_prefix(bucket.as_str())?, object.len())))
        .filter(|(key, _)| key.starts_with(prefix) && *key > after)
        .collect();
    let mut xml = "<ListBucketResult>".to_owned();
    for (key, size) in found.iter().take(PAGE) {
        let key = key.replace('&', "&amp;").replace('<', "&lt;");
        write!(
            xml,
            "<Contents><Key>{key}</Key><LastModified>2026-11-22T06:19:00.000Z</LastModified>\
             <ETag>\"0\"</ETag><Size>{size}</Size></Contents>"
        )
        .expect("written");
    }
    if let Some((last, _)) = found.get(PAGE - 1).filter(|_| found.len() > PAGE) {
        write!(xml, "<NextContinuationToken>{last}</NextContinuationToken>").expect("written");
    }
    write!(xml, "<IsTruncated>{}</IsTruncated></ListBucketResult>", found.len() > PAGE).expect("written");
    xml
}
