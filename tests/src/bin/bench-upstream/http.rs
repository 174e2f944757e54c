//! The Streamable HTTP transport of revision 2025-11-25 without streams: each POST is answered with
//! JSON. One thread serves all connections.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, runtime};

use crate::answer::{Kind, Server};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

static SESSIONS: AtomicU64 = AtomicU64::new(0);

/// Serves until the process is ended.
pub(crate) fn serve(server: Server, port: u16) -> anyhow::Result<()> {
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(accept(Arc::new(server), port))
}

async fn accept(server: Arc<Server>, port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}/mcp", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let server = server.clone();
        let service = service_fn(move |request| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(respond(&server, request).await) }
        });
        // A connection that breaks is its client's affair.
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn respond(server: &Server, request: Request<Incoming>) -> Response<Full<Bytes>> {
    match *request.method() {
        Method::POST => post(server, request.into_body()).await,
        Method::DELETE => empty(StatusCode::NO_CONTENT),
        _ => empty(StatusCode::METHOD_NOT_ALLOWED),
    }
}

async fn post(server: &Server, body: Incoming) -> Response<Full<Bytes>> {
    let Ok(body) = body.collect().await else { return empty(StatusCode::BAD_REQUEST) };
    let message = body.to_bytes();
    let mut out = Vec::with_capacity(message.len() + 64);
    match server.answer(&message, &mut out) {
        Err(_) => empty(StatusCode::BAD_REQUEST),
        Ok(Kind::Notification) => empty(StatusCode::ACCEPTED),
        Ok(kind) => {
            let mut response = Response::new(Full::from(out));
            response.headers_mut().insert(CONTENT_TYPE, JSON);
            if kind == Kind::Initialize {
                let number = SESSIONS.fetch_add(1, Relaxed);
                response.headers_mut().insert(SESSION_ID, HeaderValue::from(number));
            }
            response
        }
    }
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
