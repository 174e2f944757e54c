//! The HTTP server: accepts connections, bounds them, and hands requests to the door that their path
//! names, after the guard admitted them.

mod visit;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{body::Body, response::IntoResponse};
use headgate_api::proof;
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, WWW_AUTHENTICATE},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::timeout,
};

use crate::{
    admin::Admin,
    guard::{self, Names, Place},
    mcp::{self, Door},
    port::Listeners,
    ui,
};
use visit::Visit;

/// Connections at once; more are refused. Below the usual limit of open files.
const MAX_CONNECTIONS: usize = 900;
/// A client that takes longer to send the head of a request is not one of ours (see also `visit`). It is also
/// how long an idle connection stays open: longer than clients keep theirs, so that they do not send into one
/// that is just being closed.
const HEAD_LIMIT: Duration = Duration::from_secs(100);
/// A client that is refused has this long to hear it.
const REFUSAL_LIMIT: Duration = Duration::from_secs(1);
/// Headers of one request; real clients send a dozen.
const MAX_HEADERS: usize = 64;
/// Responses under way may take this long once the server stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);
/// Accepting fails when files run out; trying at once again would burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What is behind the server.
pub(crate) struct App {
    /// The names it may be called by.
    pub(crate) names: Names,
    /// By what it proves who it is; `headgate proxy` cannot.
    pub(crate) identity: Option<Identity>,
    /// Where MCP goes.
    pub(crate) mcp: Door,
    /// Where faces go; `headgate proxy` has none.
    pub(crate) admin: Option<Admin>,
}

/// What only the daemon of the manifest knows.
pub(crate) struct Identity {
    pub(crate) admin_token: String,
    pub(crate) port: u16,
}

/// Serves until `stop` ends; then lets `drain` finish what is open, and closes.
pub(crate) async fn run(
    listeners: Listeners,
    app: Arc<App>,
    stop: impl Future<Output = ()>,
    drain: impl Future<Output = ()>,
) {
    let graceful = Arc::new(GracefulShutdown::new());
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let accepting: Vec<_> = listeners
        .all
        .into_iter()
        .map(|listener| tokio::spawn(accept(listener, app.clone(), graceful.clone(), room.clone())))
        .collect();
    stop.await;
    for task in &accepting {
        task.abort();
    }
    for task in accepting {
        let _ = task.await;
    }
    drain.await;
    if let Ok(graceful) = Arc::try_unwrap(graceful) {
        let _ = timeout(DRAIN_LIMIT, graceful.shutdown()).await;
    }
}

async fn accept(listener: TcpListener, app: Arc<App>, graceful: Arc<GracefulShutdown>, room: Arc<Semaphore>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let Ok(place) = room.clone().try_acquire_owned() else {
            tokio::spawn(timeout(REFUSAL_LIMIT, refuse(stream)));
            continue;
        };
        let (app, visit) = (app.clone(), Arc::new(Visit::default()));
        let its_visit = visit.clone();
        let service = service_fn(move |request| {
            let (app, visit) = (app.clone(), its_visit.clone());
            async move {
                visit.began();
                let response = handle(&app, &visit, request).await;
                visit.answered();
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_LIMIT)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended badly");
                },
                () = visit.overstays() => tracing::debug!("a connection of nobody known was closed"),
            }
            drop(place);
        });
    }
}

/// Tells a client that there is no room, in a form that every client understands.
async fn refuse(mut stream: TcpStream) -> std::io::Result<()> {
    let text =
        format!("{MAX_CONNECTIONS} connections are open at this gateway, which is the limit; close some.\n");
    let head = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nconnection: close\r\n";
    stream.write_all(format!("{head}content-length: {}\r\n\r\n{text}", text.len()).as_bytes()).await?;
    stream.shutdown().await?;
    // The request is read and dropped: closing before it was read would reset the connection.
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
}

async fn handle(app: &App, visit: &Visit, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    tracing::debug!(method = %request.method(), path = guard::masked(&path), "request");
    if !app.names.admit(request.uri(), request.headers()) {
        return text(
            StatusCode::FORBIDDEN,
            "Host or Origin is not one of this gateway's own names; web pages may not call it.",
        );
    }
    let place = guard::place(&path);
    let takes_key = matches!(place, Place::Mcp { .. } | Place::Admin(_));
    let response = match place {
        Place::Mcp { key, scope } => mcp::handle(&app.mcp, key, scope, request).await,
        Place::Admin(rest) => match &app.admin {
            Some(admin) => admin.handle(rest, request).await,
            None => nowhere(),
        },
        Place::Health => {
            let stopping = app.mcp.drain.is_closed();
            health(app.identity.as_ref(), stopping, request.uri().query().unwrap_or_default())
        }
        // The web UI belongs to faces, which `headgate proxy` has none of.
        Place::Nowhere if app.admin.is_some() => {
            ui::answer(request.method(), &path, request.headers()).unwrap_or_else(nowhere)
        }
        Place::Nowhere => nowhere(),
    };
    if takes_key && response.status().is_success() {
        visit.proved();
    }
    response
}

/// Tells that it runs and whether it is about to end, and with `nonce=` proves that it is the daemon of the
/// manifest.
fn health(identity: Option<&Identity>, stopping: bool, query: &str) -> Response<Body> {
    let version = env!("CARGO_PKG_VERSION");
    let mut health = serde_json::json!({ "status": "ok", "version": version, "stopping": stopping });
    let nonce = query.split('&').find_map(|pair| pair.strip_prefix("nonce="));
    match (identity, nonce) {
        (_, Some(nonce)) if !proof::is_nonce(nonce) => {
            return text(StatusCode::BAD_REQUEST, "nonce is 16 to 128 characters of A-Z a-z 0-9 _ -");
        }
        (Some(identity), Some(nonce)) => {
            health["proof"] = proof::prove(&identity.admin_token, nonce, identity.port).into();
        }
        _ => {}
    }
    axum::Json(health).into_response()
}

fn nowhere() -> Response<Body> {
    text(StatusCode::NOT_FOUND, "There is nothing here. MCP is at /mcp.")
}

fn text(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{text}\n")));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Marks a response as one that a key would change. It names no metadata, since a client that finds
/// some would begin OAuth with us.
pub(crate) fn challenge(response: &mut Response<Body>) {
    let value = hyper::header::HeaderValue::from_static("Bearer realm=\"headgate\"");
    response.headers_mut().insert(WWW_AUTHENTICATE, value);
}
