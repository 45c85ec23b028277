//! The server: one address for all services, as `AWS_ENDPOINT_URL` wants it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::api;
use super::fault::{Effect, Fault};
use super::session::{Session, Sessions};
use super::throttle::Throttles;
use super::wire::{ApiError, Call, Protocol, write_error};
use super::world::World;

/// How an organization is served.
#[derive(Clone, Copy, Debug, Default)]
pub struct ServerOptions {
    /// Port on loopback; 0 takes any that is free.
    pub port: u16,
    /// How long each answer takes at the least.
    pub latency: Duration,
    /// Whether AWS's published rates are kept.
    pub throttle: bool,
}

/// A server that runs until it is dropped.
pub struct Running {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    world: World,
    sessions: Sessions,
    /// Faults that came after the start, before those of the world.
    faults: RwLock<Vec<Fault>>,
    latency: Duration,
    throttles: Option<Throttles>,
    requests: Mutex<BTreeMap<String, u64>>,
    refused: AtomicU64,
    in_flight: AtomicU64,
    most_in_flight: AtomicU64,
}

/// Starts to serve on loopback.
///
/// # Errors
///
/// Where the port is taken.
pub async fn start(world: World, options: ServerOptions) -> std::io::Result<Running> {
    let listener = TcpListener::bind(("127.0.0.1", options.port)).await?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared {
        world,
        sessions: Sessions::default(),
        faults: RwLock::default(),
        latency: options.latency,
        throttles: options.throttle.then(Throttles::default),
        requests: Mutex::default(),
        refused: AtomicU64::new(0),
        in_flight: AtomicU64::new(0),
        most_in_flight: AtomicU64::new(0),
    });
    let router = Router::new().fallback(handle).with_state(shared.clone());
    let task = tokio::spawn(async move {
        // It ends when the task is aborted; an error of accepting is logged by the server itself.
        let _ = axum::serve(listener, router).await;
    });
    Ok(Running { address, shared, task })
}

impl Running {
    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it serves.
    pub fn world(&self) -> &World {
        &self.shared.world
    }

    /// Requests so far, by operation.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sessions of roles that were asked for so far, in order.
    pub fn sessions(&self) -> Vec<Session> {
        self.shared.sessions.asked()
    }

    /// Requests so far that were throttled.
    pub fn throttled(&self) -> u64 {
        self.shared.refused.load(Ordering::Relaxed)
    }

    /// The most requests that were under way at a time.
    pub fn most_in_flight(&self) -> u64 {
        self.shared.most_in_flight.load(Ordering::Relaxed)
    }

    /// Serves until the process ends.
    pub async fn wait(&mut self) {
        // The task ends only where the server breaks off.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match (method.as_str(), uri.path()) {
        ("GET", "/planted") => return as_json(&shared.world.planted),
        ("GET", "/requests") => return as_json(&shared.statistics()),
        ("PUT", "/faults") => return shared.plan(&body),
        _ => {}
    }
    let now = shared.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
    shared.most_in_flight.fetch_max(now, Ordering::Relaxed);
    let due = tokio::time::Instant::now() + shared.latency;
    let response = answer(&shared, &uri, &headers, &body).await;
    if !shared.latency.is_zero() {
        tokio::time::sleep_until(due).await;
    }
    shared.in_flight.fetch_sub(1, Ordering::Relaxed);
    response
}

async fn answer(shared: &Shared, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response {
    let mut call = match Call::read(uri, headers, body) {
        Ok(call) => call,
        Err(error) => return write_error(Protocol::Query, &error),
    };
    let operation = call.operation();
    *shared.requests.lock().unwrap_or_else(PoisonError::into_inner).entry(operation.clone()).or_insert(0) +=
        1;
    let world = &shared.world;
    let Some(account_id) = api::account_of(world, &call.access_key_id) else {
        return call.error(&ApiError::new(
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
        ));
    };
    if let Some(throttles) = &shared.throttles {
        let admitted = throttles.admit(&account_id, &call.region, &operation, call.is_filtered());
        if let Err(refusal) = admitted {
            shared.refused.fetch_add(1, Ordering::Relaxed);
            return call.error(&refusal);
        }
    }
    if let Err(refusal) = shared.sessions.admit(&call, &account_id) {
        return call.error(&refusal);
    }
    let concerned = api::concerned_account(&call).unwrap_or(&account_id).to_owned();
    let effect = shared.effect(&concerned, &call.region, &operation);
    if let Some(error) = effect.as_ref().and_then(|effect| effect.as_error(&call.service)) {
        return call.error(&error);
    }
    call.effect.clone_from(&effect);
    let response = match api::answer(world, &shared.sessions, &account_id, &call) {
        Ok(response) => response,
        Err(error) => return call.error(&error),
    };
    match effect {
        Some(effect) => spoil(response, &effect).await,
        None => response,
    }
}

/// Does to an answer what a fault does.
async fn spoil(response: Response, effect: &Effect) -> Response {
    match effect {
        Effect::Hang { seconds } => {
            tokio::time::sleep(Duration::from_secs(*seconds)).await;
            response
        }
        Effect::Page { status } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, [(header::CONTENT_TYPE, "text/html")], "<!doctype html><title>Bad Gateway</title>")
                .into_response()
        }
        Effect::Endless => {
            let (mut parts, _) = taken(response).await;
            parts.headers.remove(header::CONTENT_LENGTH);
            let spaces = Bytes::from_static(&[b' '; 1 << 16]);
            let chunks = futures::stream::repeat_with(move || Ok::<_, std::io::Error>(spaces.clone()));
            Response::from_parts(parts, Body::from_stream(chunks))
        }
        Effect::Malformed => {
            let (parts, bytes) = taken(response).await;
            let half = bytes.slice(..bytes.len() / 2);
            let mut broken = Response::from_parts(parts, Body::from(half));
            broken.headers_mut().remove(header::CONTENT_LENGTH);
            broken
        }
        Effect::Cut => {
            let (mut parts, bytes) = taken(response).await;
            parts.headers.insert(header::CONTENT_LENGTH, bytes.len().into());
            let half = Ok(bytes.slice(..bytes.len() / 2));
            let end = Err(std::io::Error::other("cut"));
            Response::from_parts(parts, Body::from_stream(futures::stream::iter([half, end])))
        }
        _ => response,
    }
}

async fn taken(response: Response) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = response.into_parts();
    // A body that was made in memory can always be read.
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    (parts, bytes)
}

impl Shared {
    /// What goes wrong with a request.
    fn effect(&self, account_id: &str, region: &str, operation: &str) -> Option<Effect> {
        let planned = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        let mut faults = planned.iter().chain(&self.world.faults);
        faults.find(|fault| fault.hits(account_id, region, operation)).map(|fault| fault.effect.clone())
    }

    /// Takes a new plan of faults in place of the one before.
    fn plan(&self, body: &[u8]) -> Response {
        match Fault::plan(&String::from_utf8_lossy(body)) {
            Ok(planned) => {
                *self.faults.write().unwrap_or_else(PoisonError::into_inner) = planned;
                StatusCode::NO_CONTENT.into_response()
            }
            Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
        }
    }

    fn statistics(&self) -> serde_json::Value {
        serde_json::json!({
            "requests": &*self.requests.lock().unwrap_or_else(PoisonError::into_inner),
            "throttled": self.refused.load(Ordering::Relaxed),
            "most_in_flight": self.most_in_flight.load(Ordering::Relaxed),
        })
    }
}

fn as_json(value: &impl serde::Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => {
            (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], Body::from(bytes)).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
