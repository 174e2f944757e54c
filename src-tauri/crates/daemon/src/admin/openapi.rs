//! `/api/openapi.json`: the OpenAPI document of the admin API, made from the table of routes and the
//! schemas of its types.

use std::collections::BTreeSet;

use headgate_api::Problem;
use headgate_model::{ClientName, UpstreamName};
use utoipa::openapi::{
    Components, ComponentsBuilder, Content, ContentBuilder, InfoBuilder, Object, OpenApi, OpenApiBuilder,
    Paths, Ref, RefOr, Required, Response, Schema, Type,
    path::{HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
    request_body::RequestBodyBuilder,
    response::ResponseBuilder,
    security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
};

use super::{
    Admin, Answer, ok,
    routes::{Gives, ROUTES, Row, Shape, shape},
};

/// The name of the security scheme.
const ADMIN_TOKEN: &str = "admin_token";

impl Admin {
    pub(super) fn openapi(&self) -> Answer {
        ok(&document())
    }
}

/// The whole document as text.
pub fn openapi() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&document())
}

/// The whole document.
fn document() -> OpenApi {
    let mut paths = Paths::new();
    for row in ROUTES {
        paths.add_path_operation(format!("/api/{}", row.path), vec![http_method(row.method)], operation(row));
    }
    let info = InfoBuilder::new().title("Headgate's admin API").version(env!("CARGO_PKG_VERSION")).description(Some(
        "What faces may do. The admin token stands in `manifest.json` of the home folder; give it to nobody \
         who has not proved to know it (`/health?nonce=`). Problems (RFC 9457) have a stable `code` for \
         programs and a `detail` for people.",
    ));
    OpenApiBuilder::new()
        .info(info.build())
        .paths(paths)
        .components(Some(components()))
        .security(Some([SecurityRequirement::new(ADMIN_TOKEN, [""; 0])]))
        .build()
}

/// Every type that the table names, with everything that it refers to.
fn components() -> Components {
    let of_routes =
        ROUTES.iter().flat_map(|row| row.takes.into_iter().chain(row.gives.iter().filter_map(|g| g.shape)));
    let always = [shape::<Problem>(), shape::<UpstreamName>(), shape::<ClientName>()];
    let mut schemas = Vec::new();
    for shape in of_routes.chain(always) {
        schemas.push(((shape.name)().into_owned(), (shape.schema)()));
        (shape.parts)(&mut schemas);
    }
    ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(ADMIN_TOKEN, SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)))
        .build()
}

fn operation(row: &Row) -> Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(format!("{:?}", row.route)))
        .tag(row.path.split('/').next().unwrap_or_default())
        .description(Some(row.meaning))
        .parameters(Some(parameters(row)));
    if let Some(shape) = row.takes {
        let body = RequestBodyBuilder::new()
            .content("application/json", Content::new(Some(reference(shape))))
            .required(Some(Required::True));
        operation = operation.request_body(Some(body.build()));
    }
    if row.is_open {
        operation = operation.security(SecurityRequirement::default());
    }
    for gives in row.gives {
        operation = operation.response(gives.status.to_string(), success(gives.status, row.gives));
    }
    for status in refusals(row) {
        operation = operation.response(status.to_string(), refusal(status));
    }
    operation.build()
}

fn parameters(row: &Row) -> Vec<Parameter> {
    let in_path = row.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| {
        let schema = match name {
            "upstream" => reference(shape::<UpstreamName>()),
            "client" => reference(shape::<ClientName>()),
            _ => string(),
        };
        let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path);
        parameter.required(Required::True).schema(Some(schema)).build()
    });
    let in_query = row.query.iter().map(|(name, meaning)| {
        let parameter = ParameterBuilder::new().name(*name).parameter_in(ParameterIn::Query);
        parameter.required(Required::False).description(Some(*meaning)).schema(Some(string())).build()
    });
    in_path.chain(in_query).collect()
}

/// Every status of a problem that this route may answer.
fn refusals(row: &Row) -> BTreeSet<u16> {
    let mut statuses = BTreeSet::from([401, 403, 500]);
    if row.path.contains('{') {
        statuses.extend([400, 404]);
    }
    if row.takes.is_some() {
        statuses.extend([400, 408, 413]);
    }
    if !row.query.is_empty() {
        statuses.insert(400);
    }
    statuses.extend(row.refuses);
    statuses
}

/// One answer, in all the forms that it may have.
fn success(status: u16, gives: &[Gives]) -> Response {
    let response = ResponseBuilder::new().description(match status {
        201 => "It was made.",
        202 => "It begins.",
        204 => "It is done.",
        _ => "The answer.",
    });
    let forms = gives.iter().filter(|form| form.status == status && !form.media_type.is_empty());
    let content = |form: &Gives| match form.shape {
        Some(shape) => Content::new(Some(reference(shape))),
        None => ContentBuilder::new().build(),
    };
    forms.fold(response, |response, form| response.content(form.media_type, content(form))).build()
}

fn refusal(status: u16) -> Response {
    let problem = Content::new(Some(reference(shape::<Problem>())));
    let response = ResponseBuilder::new().content("application/problem+json", problem);
    match status {
        400 => response.description("The body or a name is not valid."),
        401 => response.description("The admin token, or the code that is traded, is missing or wrong."),
        // The guard speaks before anybody knows what was asked for.
        403 => response
            .description("A client key opens MCP only; or Host or Origin is not the gateway's own.")
            .content("text/plain", Content::new(Some(string()))),
        404 => response.description("There is no such thing."),
        408 => response.description("The body came too slowly."),
        409 => response.description("It clashes with what is there, or the gateway is busy."),
        413 => response.description("The body is too large."),
        422 => response.description("What was filled in does not fit the form."),
        429 => response.description("There are too many of these."),
        502 => response.description("The upstream failed."),
        503 => response.description("The secret store refused."),
        _ => response.description("Something broke inside Headgate."),
    }
    .build()
}

fn reference(shape: Shape) -> RefOr<Schema> {
    RefOr::Ref(Ref::from_schema_name((shape.name)()))
}

fn string() -> RefOr<Schema> {
    Object::with_type(Type::String).into()
}

fn http_method(method: &str) -> HttpMethod {
    match method {
        "POST" => HttpMethod::Post,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn json() -> Value {
        serde_json::to_value(document()).unwrap()
    }

    /// Collects the targets of all references.
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|value| references(value, found));
            }
            Value::Array(entries) => entries.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_has_every_route_and_no_other() {
        let document = json();
        let mut described = Vec::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            described.extend(
                methods.as_object().unwrap().keys().map(|method| format!("{} {path}", method.to_uppercase())),
            );
        }
        let mut routes: Vec<String> =
            ROUTES.iter().map(|row| format!("{} /api/{}", row.method, row.path)).collect();
        described.sort();
        routes.sort();
        assert_eq!(described, routes);
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = json();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        assert!(found.contains("#/components/schemas/Problem"), "{found:?}");
        for reference in found {
            assert!(document.pointer(&reference[1..]).is_some(), "{reference} is not in the document");
        }
    }

    #[test]
    fn an_answer_may_have_several_forms() {
        let document = json();
        let answers = &document["paths"]["/api/upstreams/{upstream}/test"]["post"]["responses"];
        let forms: Vec<_> = answers["200"]["content"].as_object().unwrap().keys().collect();
        assert_eq!(forms, ["application/json", "application/x-ndjson"]);
    }

    #[test]
    fn the_admin_token_and_problems_are_described() {
        let document = json();
        assert_eq!(document["components"]["securitySchemes"][ADMIN_TOKEN]["scheme"], "bearer");
        for row in ROUTES {
            let path = format!("/api/{}", row.path);
            let operation = &document["paths"][&path][row.method.to_lowercase()];
            let problem =
                &operation["responses"]["401"]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(problem, "#/components/schemas/Problem", "{path}");
        }
    }
}
