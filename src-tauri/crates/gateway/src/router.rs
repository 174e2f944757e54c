//! Decides who answers a request: a pure look-up in the catalog snapshot that the client was shown.

use headgate_model::UpstreamName;
use headgate_protocol::{Edits, Outcome, Raw, Request, error, method};
use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Item, Kind},
    upstream::handle::Call,
};

/// Which upstreams a session sees, by the path that opened it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// `/mcp`: all of them, under the names of the catalog.
    All,
    /// `/mcp/{upstream}`: one of them, under its own names.
    One(UpstreamName),
}

/// Who answers.
#[derive(Debug)]
pub(crate) enum Route {
    /// We do, with this.
    Answer(Outcome),
    /// An upstream does.
    Forward(UpstreamName, Call),
}

/// Chooses who answers a request.
pub(crate) fn route(catalog: &Catalog, scope: &Scope, request: &Request) -> Route {
    let routed = match request.method.as_str() {
        method::PING => Ok(Route::Answer(Outcome::empty())),
        method::TOOLS_LIST => page(catalog, Kind::Tool, request),
        method::PROMPTS_LIST => page(catalog, Kind::Prompt, request),
        method::RESOURCES_LIST => page(catalog, Kind::Resource, request),
        method::RESOURCES_TEMPLATES_LIST => page(catalog, Kind::Template, request),
        method::TOOLS_CALL => named(catalog, scope, Kind::Tool, request),
        method::PROMPTS_GET => named(catalog, scope, Kind::Prompt, request),
        method::RESOURCES_READ | method::RESOURCES_SUBSCRIBE | method::RESOURCES_UNSUBSCRIBE => {
            resource(catalog, request)
        }
        method::COMPLETE => completion(catalog, scope, request),
        // The other era's first question; an upstream that was initialized must not hear it.
        method::DISCOVER => {
            Err((error::METHOD_NOT_FOUND, "this session speaks an earlier revision".to_owned()))
        }
        _ => other(catalog, scope, request),
    };
    routed.unwrap_or_else(|(code, message)| Route::Answer(Outcome::error(code, &message)))
}

type Routed = Result<Route, (i64, String)>;

fn page(catalog: &Catalog, kind: Kind, request: &Request) -> Routed {
    let given = request.params.as_ref().and_then(|params| params.at(&["cursor"]));
    let cursor = match given.filter(|cursor| cursor.as_bytes() != b"null") {
        None => None,
        Some(cursor) => Some(cursor.read::<String>().map_err(|_| invalid("`cursor` must be a string"))?),
    };
    match catalog.page(kind, cursor.as_deref()) {
        Some(page) => Ok(Route::Answer(Outcome::Result(page.clone()))),
        None => Err(invalid("`cursor` is not one that this server gave; list from the start")),
    }
}

fn named(catalog: &Catalog, scope: &Scope, kind: Kind, request: &Request) -> Routed {
    let name = text(request, &["name"])?;
    match (catalog.item(kind, &name), scope) {
        (Some(item), _) => Ok(forward(item, request, &["name"])),
        // An upstream may know more than it lists, and says best what is wrong; but off is off.
        (None, Scope::One(upstream)) if !is_off(catalog, upstream, &name) => {
            Ok(Route::Forward(upstream.clone(), call(request, request.params.clone())))
        }
        (None, _) => {
            let what = kind.words();
            Err(invalid(&format!("unknown {what}: `{name}`; `{what}s/list` tells which there are")))
        }
    }
}

fn is_off(catalog: &Catalog, upstream: &UpstreamName, name: &str) -> bool {
    catalog.part(upstream).is_some_and(|part| part.is_off(name))
}

fn resource(catalog: &Catalog, request: &Request) -> Routed {
    let uri = text(request, &["uri"])?;
    let Some((upstream, own)) = catalog.reader(&uri) else {
        return Err((error::RESOURCE_NOT_FOUND, format!("resource not found: {uri}")));
    };
    let params = request.params.as_ref().map(|params| renamed(params, &["uri"], &uri, &own));
    Ok(Route::Forward(upstream.clone(), call(request, params)))
}

fn completion(catalog: &Catalog, scope: &Scope, request: &Request) -> Routed {
    let (kind, path) = match text(request, &["ref", "type"])?.as_str() {
        "ref/prompt" => (Kind::Prompt, ["ref", "name"]),
        "ref/resource" => (Kind::Template, ["ref", "uri"]),
        other => return Err(invalid(&format!("`ref.type` cannot be `{other}`"))),
    };
    let name = text(request, &path)?;
    if let Some(item) = catalog.item(kind, &name) {
        return Ok(forward(item, request, &path));
    }
    let reader = (kind == Kind::Template).then(|| catalog.reader(&name)).flatten();
    match (reader, scope) {
        (Some((upstream, own)), _) => {
            let params = request.params.as_ref().map(|params| renamed(params, &path, &name, &own));
            Ok(Route::Forward(upstream.clone(), call(request, params)))
        }
        (None, Scope::One(upstream)) => {
            Ok(Route::Forward(upstream.clone(), call(request, request.params.clone())))
        }
        (None, Scope::All) => Err(invalid(&format!("nothing here is called `{name}`"))),
    }
}

/// Methods that we do not know go to the only upstream that there is.
fn other(catalog: &Catalog, scope: &Scope, request: &Request) -> Routed {
    let upstream = match (scope, catalog.parts()) {
        (Scope::One(upstream), _) => upstream,
        (Scope::All, [part]) => &part.upstream,
        (Scope::All, _) => {
            let hint = "with several servers behind this one, call it at /mcp/{name}";
            return Err((error::METHOD_NOT_FOUND, format!("unknown method `{}`; {hint}", request.method)));
        }
    };
    Ok(Route::Forward(upstream.clone(), call(request, request.params.clone())))
}

fn forward(item: &Item, request: &Request, path: &[&str]) -> Route {
    let params = request.params.as_ref().map(|params| renamed(params, path, &item.name, &item.own));
    Route::Forward(item.upstream.clone(), call(request, params))
}

fn renamed(params: &Raw, path: &[&str], shown: &str, own: &str) -> Raw {
    if shown == own {
        return params.clone();
    }
    let mut edits = Edits::new(params);
    edits.replace(path, &Raw::of(own));
    edits.apply()
}

fn call(request: &Request, params: Option<Raw>) -> Call {
    Call::new(&request.method, params, request.extra.clone())
}

fn text(request: &Request, path: &[&str]) -> Result<String, (i64, String)> {
    let found = request.params.as_ref().and_then(|params| params.text_at(path));
    found.ok_or_else(|| invalid(&format!("`{}` needs a string `{}`", request.method, path.join("."))))
}

fn invalid(message: &str) -> (i64, String) {
    (error::INVALID_PARAMS, message.to_owned())
}

#[cfg(test)]
mod tests;
