//! The description of the API, generated from the code that answers.

use std::sync::OnceLock;

use axum::{Router, body::Bytes, http::Method, response::Response, routing::get};
use utoipa::openapi::{
    Content, InfoBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, ResponseBuilder, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
    security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme},
};

use super::{
    extract::json_bytes,
    policy::{self, Policy},
    problem,
};
use crate::app::SharedApp;

/// What stands before the paths.
pub(super) fn head() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Client Connect")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Share the documents of a matter with its contacts, and let them send documents back.\n\n\
             Times are milliseconds since the Unix epoch. Ids are opaque. Lists answer `next`, to be sent as \
             `after`. Every write takes an `Idempotency-Key`. Errors are `application/problem+json` with a stable \
             `code`; what is not there and what is not yours read the same.",
        ))
        .build();
    OpenApiBuilder::new().info(info).build()
}

/// The whole description.
pub fn openapi() -> OpenApi {
    let (_, mut openapi) = super::api().split_for_parts();
    let components = openapi.components.get_or_insert_default();
    let (name, schema) =
        (<problem::Body<'_> as utoipa::ToSchema>::name(), <problem::Body<'_> as utoipa::PartialSchema>::schema());
    components.schemas.insert(name.into_owned(), schema);
    let mut faults = Vec::new();
    <problem::Body<'_> as utoipa::ToSchema>::schemas(&mut faults);
    components.schemas.extend(faults);
    for (scheme, cookie) in [("staff", "__Host-cc_staff"), ("portal", "__Host-cc_portal")] {
        components
            .security_schemes
            .insert(scheme.to_owned(), RefOr::T(SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie)))));
    }
    for (path, item) in &mut openapi.paths.paths {
        for operation in [&mut item.put, &mut item.post, &mut item.delete, &mut item.patch].into_iter().flatten() {
            // What an upload has received says itself whether a piece came twice; what holds a secret is not kept.
            let keyless = ["/sign-", "/me/second-factor", "/me/password"].iter().any(|part| path.contains(part));
            if !keyless && !path.ends_with("/uploads/{upload}") {
                operation.parameters.get_or_insert_default().push(RefOr::T(key()));
            }
        }
        for (method, operation) in [
            (Method::GET, &mut item.get),
            (Method::HEAD, &mut item.head),
            (Method::OPTIONS, &mut item.options),
            (Method::PUT, &mut item.put),
            (Method::POST, &mut item.post),
            (Method::DELETE, &mut item.delete),
            (Method::PATCH, &mut item.patch),
        ] {
            if let Some(operation) = operation {
                complete(policy::of(path, &method), operation);
            }
        }
    }
    openapi
}

/// The header that every write takes.
fn key() -> Parameter {
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Under which name this is to be done at most once, within a day: visible ASCII characters."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]{1,255}$"))))
        .build()
}

/// Every operation may answer a problem, and says who may ask.
fn complete(policy: Option<Policy>, operation: &mut Operation) {
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let problem =
        ResponseBuilder::new().description("What went wrong.").content(problem::PROBLEM_JSON, problem).build();
    operation.responses.responses.entry("default".to_owned()).or_insert(RefOr::T(problem));
    if operation.security.is_none() {
        let scheme = match policy {
            Some(Policy::Anybody) => return,
            Some(Policy::Customer) => "portal",
            _ => "staff",
        };
        operation.security = Some(vec![SecurityRequirement::new(scheme, Vec::<String>::new())]);
    }
}

/// `/api/openapi.json`: written once, as it never changes while the process lives.
pub(super) fn route() -> Router<SharedApp> {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    async fn answer() -> Response {
        json_bytes(DOCUMENT.get_or_init(|| openapi().to_json().unwrap_or_default().into()).clone())
    }
    Router::new().route("/api/openapi.json", get(answer))
}
