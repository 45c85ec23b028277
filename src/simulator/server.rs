//! The server: one address for all services, as `AWS_ENDPOINT_URL` wants it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::api;
use super::fault::Effect;
use super::wire::{ApiError, Call, Protocol, write_error};
use super::world::World;
use crate::error::{Error, Result};

/// A server that runs until it is dropped.
pub struct Running {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    world: World,
    requests: Mutex<BTreeMap<String, u64>>,
}

/// Starts to serve on loopback; port 0 takes any that is free.
pub async fn start(world: World, port: u16) -> Result<Running> {
    let failed = |error: std::io::Error| {
        Error::failed(format!("the simulator could not be started: {error}"))
            .at(format!("127.0.0.1:{port}"))
            .hint("take another port, or 0 for any that is free")
    };
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let shared = Arc::new(Shared { world, requests: Mutex::default() });
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
        ("GET", "/requests") => {
            return as_json(&*shared.requests.lock().unwrap_or_else(PoisonError::into_inner));
        }
        _ => {}
    }
    let call = match Call::read(uri.path(), &headers, &body) {
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
    let hit = world.faults.iter().find(|fault| fault.hits(&account_id, &call.region, &operation));
    if let Some(fault) = hit {
        match &fault.effect {
            effect @ Effect::Error { .. } => return call.error(&effect.error()),
        }
    }
    match api::answer(world, &account_id, &call) {
        Ok(response) => response,
        Err(error) => call.error(&error),
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
