//! The Streamable HTTP transport, with the misbehaviour that only HTTP allows.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use futures_util::stream;
use serde_json::json;
use tokio::{net::TcpListener, sync::mpsc};

use crate::{
    session::{Process, Session, lock},
    wire::{Incoming, Out, Outlet},
};

/// Larger than anything that may pass.
const MAX_BODY_BYTES: usize = 128 * 1024 * 1024;
const SESSION_ID: &str = "mcp-session-id";

struct Http {
    process: Arc<Process>,
    sessions: Mutex<HashMap<String, Arc<HttpSession>>>,
    /// Everybody's, for clients without a session.
    stateless: Arc<HttpSession>,
}

struct HttpSession {
    session: Arc<Session>,
    /// What the next GET reads.
    standing: Mutex<Option<mpsc::UnboundedReceiver<Out>>>,
    /// What a GET after this event reads.
    resumable: Mutex<HashMap<String, Vec<String>>>,
}

type Shared = State<Arc<Http>>;

pub(crate) async fn serve(process: Arc<Process>, port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let stateless = HttpSession::open(&process);
    let http = Arc::new(Http { process, sessions: Mutex::default(), stateless });
    let router = Router::new()
        .route("/mcp", any(handle))
        .route("/moved", any(|| async { redirect("/mcp") }))
        .route(
            "/away",
            any(|State(http): Shared| async move {
                redirect(http.process.args.redirect.as_deref().unwrap_or("/"))
            }),
        )
        .with_state(http);
    println!("http://{address}/mcp");
    Ok(axum::serve(listener, router).await?)
}

fn redirect(to: &str) -> Response {
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, to.to_owned())]).into_response()
}

impl HttpSession {
    fn open(process: &Arc<Process>) -> Arc<Self> {
        let (standing, messages) = mpsc::unbounded_channel();
        Arc::new(Self {
            session: Session::open(process, Outlet(standing)),
            standing: Mutex::new(Some(messages)),
            resumable: Mutex::default(),
        })
    }
}

async fn handle(State(http): Shared, request: Request) -> Response {
    let headers = request.headers().clone();
    if let Some(required) = &http.process.args.require_header
        && !has(&headers, required)
    {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], "a key is needed")
            .into_response();
    }
    match *request.method() {
        Method::POST => {
            let body = axum::body::to_bytes(request.into_body(), MAX_BODY_BYTES).await.unwrap_or_default();
            post(&http, &headers, String::from_utf8_lossy(&body).into_owned()).await
        }
        Method::GET => get(&http, &headers),
        Method::DELETE => {
            lock(&http.sessions).remove(id(&headers));
            StatusCode::OK.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn has(headers: &HeaderMap, required: &str) -> bool {
    let (name, value) = required.split_once(':').unwrap_or((required, ""));
    headers.get(name.trim()).is_some_and(|given| given.as_bytes() == value.trim().as_bytes())
}

fn id(headers: &HeaderMap) -> &str {
    headers.get(SESSION_ID).and_then(|id| id.to_str().ok()).unwrap_or_default()
}

fn session(http: &Http, headers: &HeaderMap) -> Option<Arc<HttpSession>> {
    match http.process.args.stateless {
        true => Some(http.stateless.clone()),
        false => lock(&http.sessions).get(id(headers)).cloned(),
    }
}

async fn post(http: &Arc<Http>, headers: &HeaderMap, text: String) -> Response {
    let Ok(incoming) = Incoming::read(text.clone()) else {
        return (StatusCode::BAD_REQUEST, "fake cannot read this").into_response();
    };
    if incoming.method.as_deref() == Some("initialize") {
        return initialize(http, text).await;
    }
    let Some(session) = session(http, headers) else {
        let error =
            r#"{"jsonrpc":"2.0","error":{"code":-32603,"message":"fake forgot this session"},"id":null}"#;
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/json")], error).into_response();
    };
    let (Some(request), Some(method)) = (&incoming.id, &incoming.method) else {
        session.session.receive(text, session.session.standing.clone()).await;
        return StatusCode::ACCEPTED.into_response();
    };
    if method == "tools/call"
        && let Some(response) = misbehave(http, headers, &session, request, &incoming).await
    {
        return response;
    }
    answer(http, &session.session, text).await
}

async fn initialize(http: &Arc<Http>, text: String) -> Response {
    if http.process.args.stateless {
        return answer(http, &http.stateless.session, text).await;
    }
    let session = HttpSession::open(&http.process);
    let name = format!("fake-session-{}", session.session.number);
    let mut response = answer(http, &session.session, text).await;
    lock(&http.sessions).insert(name.clone(), session);
    if let Ok(name) = name.parse() {
        response.headers_mut().insert(SESSION_ID, name);
    }
    response
}

/// The answer alone as JSON; an event stream when there is more to say.
async fn answer(http: &Http, session: &Arc<Session>, text: String) -> Response {
    let (outlet, mut messages) = mpsc::unbounded_channel();
    if http.process.args.linger {
        let open = outlet.clone();
        tokio::spawn(async move { open.closed().await });
    }
    let session = session.clone();
    tokio::spawn(async move { session.receive(text, Outlet(outlet)).await });
    let first = messages.recv().await;
    match first {
        Some(Out::Answer(text)) if !http.process.args.sse => {
            ([(header::CONTENT_TYPE, "application/json")], text).into_response()
        }
        first => events(first, messages),
    }
}

fn events(first: Option<Out>, messages: mpsc::UnboundedReceiver<Out>) -> Response {
    let events = stream::unfold((first, messages), |(first, mut messages)| async move {
        let out = match first {
            Some(out) => out,
            None => messages.recv().await?,
        };
        let text = match out {
            Out::Message(text) | Out::Answer(text) => format!(": so there\nevent: message\ndata: {text}\n\n"),
            Out::Bytes(_) => String::new(),
        };
        Some((Ok::<_, Infallible>(text), (None, messages)))
    });
    ([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

fn get(http: &Http, headers: &HeaderMap) -> Response {
    let Some(session) = session(http, headers) else {
        return (StatusCode::NOT_FOUND, "fake forgot this session").into_response();
    };
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    if let Some(messages) = after.and_then(|after| lock(&session.resumable).remove(after)) {
        let text: String = messages.iter().map(|message| format!("id: later\ndata: {message}\n\n")).collect();
        return ([(header::CONTENT_TYPE, "text/event-stream")], text).into_response();
    }
    match lock(&session.standing).take() {
        Some(messages) => events(None, messages),
        None => (StatusCode::CONFLICT, "fake has one listening stream").into_response(),
    }
}

/// What only HTTP can do.
async fn misbehave(
    http: &Http,
    headers: &HeaderMap,
    session: &Arc<HttpSession>,
    request: &str,
    incoming: &Incoming,
) -> Option<Response> {
    let argument = |name: &str| incoming.at(&["arguments", name]);
    let result =
        |value: &str| format!(r#"{{"jsonrpc":"2.0","result":{{"content":[],{value}}},"id":{request}}}"#);
    let json = [(header::CONTENT_TYPE, "application/json")];
    let event_stream = [(header::CONTENT_TYPE, "text/event-stream")];
    Some(match incoming.text_at(&["name"])?.as_str() {
        "headers" => {
            let given = headers.iter().map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            });
            let given: HashMap<_, _> = given.collect();
            (json, result(&format!(r#""headers":{}"#, json!(given)))).into_response()
        }
        "status" => {
            let code = argument("code").and_then(|code| code.parse().ok());
            let code =
                code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::BAD_GATEWAY);
            (code, incoming.text_at(&["arguments", "body"]).unwrap_or_default()).into_response()
        }
        "null_error" => {
            let error = r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"fake is confused"},"id":null}"#;
            (StatusCode::BAD_REQUEST, json, error).into_response()
        }
        "slow_headers" => {
            http.process.gates.wait(&incoming.text_at(&["arguments", "key"])?).await;
            (json, result(r#""slow":true"#)).into_response()
        }
        "close_early" => {
            let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"resumed"}}"#;
            let messages = vec![log.to_owned(), result(r#""resumed":true"#)];
            let event = format!("event {request}");
            lock(&session.resumable).insert(event.clone(), messages);
            (event_stream, format!("id: {event}\nretry: 10\ndata:\n\n")).into_response()
        }
        "lost_stream" => {
            let log = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"error","data":"soon gone"}}"#;
            (event_stream, format!("data: {log}\n\n")).into_response()
        }
        "expire" => {
            lock(&http.sessions).remove(id(headers));
            (json, result(r#""expired":true"#)).into_response()
        }
        _ => return None,
    })
}
