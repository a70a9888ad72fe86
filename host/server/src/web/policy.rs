//! Who may ask what: one table of every route of the host, with a policy for each of its methods.
//!
//! What does not stand in it is not there: before every handler stands a guard that lets nobody pass to one whose route
//! and method have no policy. What a policy demands the handlers decide, each in the transaction that reads; tests walk
//! the table and hold each of them to it.

use std::{collections::HashMap, sync::LazyLock};

use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::problem::Problem;

/// What it takes. To everybody else it is what is not there, and to who has no session a sign-in that is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Nothing: it shows nothing of anybody.
    Anybody,
    /// The same, and only the demo has it.
    Demo,
    /// A customer's session. What it shows is the plugin's to say.
    Customer,
    /// The half of a user's session, of which a code is due.
    Half,
    /// A user's session, also one that has to set up a second factor before it is good for anything else.
    Own,
    /// A user's session. It shows what is theirs, or their firm's.
    Staff,
    /// A user who may change the firm's settings.
    Admin,
    /// A user who is a member of the matter.
    Member,
    /// A member who may change the matter and its documents.
    Editor,
    /// A member who may share.
    Sharer,
    /// The matter's owner.
    Owner,
}

use Policy::{Admin, Anybody, Customer, Demo, Editor, Half, Member, Own, Owner, Sharer, Staff};

/// A path with the names of what goes into it, and the policy of each method. HEAD is asked as GET is, where it does
/// not stand by itself.
pub type Row = (&'static str, &'static [(Method, Policy)]);

const GET: Method = Method::GET;
const POST: Method = Method::POST;
const PUT: Method = Method::PUT;
const PATCH: Method = Method::PATCH;
const DELETE: Method = Method::DELETE;

/// Every route.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    // How the host is.
    ("/livez", &[(GET, Anybody)]),
    ("/readyz", &[(GET, Anybody)]),
    ("/version", &[(GET, Anybody)]),
    ("/api/openapi.json", &[(GET, Anybody)]),
    // Signing in and out.
    ("/api/sign-in/portal", &[(POST, Anybody)]),
    ("/api/sign-in/portal/code", &[(POST, Anybody)]),
    ("/api/sign-in/staff", &[(POST, Anybody)]),
    ("/api/sign-in/staff/code", &[(POST, Half)]),
    ("/api/portal/sign-out", &[(POST, Anybody)]),
    ("/api/sign-out", &[(POST, Anybody)]),
    // The portal.
    ("/api/portal/me", &[(GET, Customer)]),
    ("/api/portal/matters", &[(GET, Customer)]),
    ("/api/portal/matters/{matter}", &[(GET, Customer)]),
    ("/api/portal/matters/{matter}/archive", &[(GET, Customer)]),
    ("/api/portal/matters/{matter}/documents", &[(GET, Customer), (POST, Customer)]),
    ("/api/portal/matters/{matter}/documents/{document}/content", &[(GET, Customer)]),
    ("/api/portal/matters/{matter}/documents/{document}/pages", &[(GET, Customer)]),
    ("/api/portal/matters/{matter}/documents/{document}/pages/{page}", &[(GET, Customer)]),
    ("/api/portal/matters/{matter}/uploads", &[(Method::OPTIONS, Customer), (POST, Customer)]),
    ("/api/portal/matters/{matter}/uploads/{upload}", &[(Method::HEAD, Customer), (PATCH, Customer), (DELETE, Customer)]),
    // The firm.
    ("/api/me", &[(GET, Staff)]),
    ("/api/me/password", &[(POST, Staff)]),
    ("/api/me/sessions", &[(GET, Staff), (DELETE, Staff)]),
    ("/api/me/sessions/{session}", &[(DELETE, Staff)]),
    ("/api/me/second-factor", &[(GET, Own), (POST, Own)]),
    ("/api/me/second-factor/confirm", &[(POST, Own)]),
    ("/api/me/second-factor/end", &[(POST, Staff)]),
    ("/api/me/second-factor/recovery-codes", &[(POST, Staff)]),
    ("/api/notices", &[(GET, Staff)]),
    ("/api/notices/read", &[(POST, Staff)]),
    ("/api/firm", &[(GET, Staff), (PATCH, Admin)]),
    ("/api/users", &[(GET, Staff)]),
    ("/api/users/{user}/sessions", &[(DELETE, Admin)]),
    ("/api/users/{user}/second-factor", &[(DELETE, Admin)]),
    ("/api/contacts", &[(GET, Staff), (POST, Staff)]),
    ("/api/contacts/{contact}", &[(GET, Staff), (PATCH, Staff), (DELETE, Staff)]),
    ("/api/audit", &[(GET, Admin)]),
    ("/api/audit/export", &[(GET, Admin)]),
    // Its matters.
    ("/api/matters", &[(GET, Staff), (POST, Staff)]),
    ("/api/matters/{matter}", &[(GET, Member), (PATCH, Editor), (DELETE, Owner)]),
    ("/api/matters/{matter}/restore", &[(POST, Editor)]),
    ("/api/matters/{matter}/members", &[(GET, Member)]),
    ("/api/matters/{matter}/members/{user}", &[(PUT, Owner), (DELETE, Owner)]),
    ("/api/matters/{matter}/contacts", &[(GET, Member)]),
    ("/api/matters/{matter}/contacts/{contact}", &[(PUT, Editor), (DELETE, Editor)]),
    ("/api/matters/{matter}/audit", &[(GET, Member)]),
    ("/api/matters/{matter}/audit/export", &[(GET, Member)]),
    ("/api/matters/{matter}/bin", &[(GET, Member)]),
    ("/api/matters/{matter}/bin/restore", &[(POST, Editor)]),
    ("/api/matters/{matter}/bin/purge", &[(POST, Editor)]),
    ("/api/matters/{matter}/documents", &[(GET, Member), (POST, Editor)]),
    ("/api/matters/{matter}/documents/delete", &[(POST, Editor)]),
    ("/api/matters/{matter}/documents/{document}", &[(GET, Member), (PATCH, Editor), (DELETE, Editor)]),
    ("/api/matters/{matter}/documents/{document}/content", &[(GET, Member), (PUT, Editor)]),
    ("/api/matters/{matter}/documents/{document}/move", &[(POST, Editor)]),
    ("/api/matters/{matter}/documents/{document}/pages", &[(GET, Member)]),
    ("/api/matters/{matter}/documents/{document}/pages/{page}", &[(GET, Member)]),
    ("/api/matters/{matter}/documents/{document}/versions", &[(GET, Member)]),
    ("/api/matters/{matter}/documents/{document}/versions/{version}/content", &[(GET, Member)]),
    // Client Connect's sections.
    ("/api/matters/{matter}/client-connect", &[(GET, Member)]),
    ("/api/matters/{matter}/client-connect/access", &[(GET, Member), (PUT, Sharer)]),
    ("/api/matters/{matter}/client-connect/sharing", &[(GET, Member), (PUT, Sharer)]),
    ("/api/matters/{matter}/client-connect/sharing/documents", &[(GET, Member)]),
    ("/api/matters/{matter}/client-connect/sharing/share", &[(POST, Sharer)]),
    ("/api/matters/{matter}/client-connect/sharing/unshare", &[(POST, Sharer)]),
    ("/api/matters/{matter}/client-connect/uploads", &[(GET, Member)]),
    ("/api/matters/{matter}/client-connect/notifications", &[(GET, Member), (PUT, Sharer)]),
    ("/api/matters/{matter}/client-connect/letters", &[(GET, Member)]),
    ("/api/matters/{matter}/client-connect/letters/{letter}/resend", &[(POST, Sharer)]),
    ("/api/matters/{matter}/client-connect/view-as/{contact}", &[(GET, Member)]),
    ("/api/matters/{matter}/client-connect/view-as/{contact}/documents", &[(GET, Member)]),
    ("/api/matters/{matter}/client-connect/view-as/{contact}/documents/{document}/pages/{page}", &[(GET, Member)]),
    // Pages for everybody.
    ("/", &[(GET, Anybody)]),
    ("/assets/{version}/{name}", &[(GET, Anybody)]),
    ("/mailbox", &[(GET, Demo)]),
    ("/mailbox/{n}", &[(GET, Demo)]),
    ("/sign-in", &[(GET, Anybody), (POST, Anybody)]),
    ("/sign-in/code", &[(GET, Half), (POST, Half)]),
    ("/sign-in/oidc/{provider}", &[(GET, Anybody)]),
    ("/sign-in/oidc/{provider}/callback", &[(GET, Anybody)]),
    ("/sign-out", &[(POST, Anybody)]),
    // Pages of the portal: its door is also where a customer finds their matters.
    ("/portal", &[(GET, Anybody), (POST, Anybody)]),
    ("/portal/code", &[(GET, Anybody), (POST, Anybody)]),
    ("/portal/code/again", &[(POST, Anybody)]),
    ("/portal/sign-out", &[(POST, Anybody)]),
    ("/portal/language", &[(POST, Anybody)]),
    ("/portal/matters/{matter}", &[(GET, Customer)]),
    ("/portal/matters/{matter}/documents/{document}", &[(GET, Customer)]),
    ("/portal/matters/{matter}/documents/{document}/download", &[(GET, Customer)]),
    ("/portal/matters/{matter}/download-all", &[(GET, Customer)]),
    ("/portal/matters/{matter}/upload", &[(POST, Customer)]),
    ("/portal/matters/{matter}/sent/{at}", &[(GET, Customer)]),
    // Pages of the firm.
    ("/matters", &[(GET, Staff)]),
    ("/account", &[(GET, Own)]),
    ("/account/password", &[(POST, Staff)]),
    ("/account/sessions/end", &[(POST, Staff)]),
    ("/account/second-factor", &[(POST, Own)]),
    ("/account/second-factor/confirm", &[(POST, Own)]),
    ("/account/second-factor/end", &[(POST, Staff)]),
    ("/account/second-factor/recovery-codes", &[(POST, Staff)]),
    ("/notices", &[(GET, Staff)]),
    ("/settings", &[(GET, Staff)]),
    ("/contacts", &[(GET, Staff)]),
    ("/contacts/{contact}", &[(GET, Staff)]),
    ("/audit", &[(GET, Admin)]),
    // Leads on to the documents, whatever there is.
    ("/matters/{matter}", &[(GET, Anybody)]),
    ("/matters/{matter}/documents", &[(GET, Member)]),
    ("/matters/{matter}/documents/{document}", &[(GET, Member)]),
    ("/matters/{matter}/documents/{document}/pages", &[(GET, Member)]),
    ("/matters/{matter}/bin", &[(GET, Member)]),
    ("/matters/{matter}/contacts", &[(GET, Member)]),
    ("/matters/{matter}/audit", &[(GET, Member)]),
    ("/matters/{matter}/settings", &[(GET, Member)]),
    ("/matters/{matter}/client-connect", &[(GET, Member)]),
    ("/matters/{matter}/client-connect/access", &[(GET, Member)]),
    ("/matters/{matter}/client-connect/sharing", &[(GET, Member)]),
    ("/matters/{matter}/client-connect/documents", &[(GET, Member)]),
    ("/matters/{matter}/client-connect/notifications", &[(GET, Member)]),
    ("/matters/{matter}/client-connect/seen", &[(GET, Member)]),
    ("/matters/{matter}/client-connect/as/{contact}", &[(GET, Member)]),
    ("/matters/{matter}/client-connect/as/{contact}/documents/{document}", &[(GET, Member)]),
];

static BY_PATH: LazyLock<HashMap<&'static str, &'static [(Method, Policy)]>> =
    LazyLock::new(|| TABLE.iter().copied().collect());

/// The policy of a route asked with this method; none: there is no such route.
pub fn of(path: &str, method: &Method) -> Option<Policy> {
    let methods = *BY_PATH.get(path)?;
    let named = |wanted: &Method| methods.iter().find(|(method, _)| method == wanted).map(|(_, policy)| *policy);
    named(method).or_else(|| if *method == Method::HEAD { named(&Method::GET) } else { None })
}

/// These routes, as far as they stand in the table.
pub(super) fn guarded<S: Clone + Send + Sync + 'static>(routes: Router<S>) -> Router<S> {
    routes.layer(axum::middleware::from_fn(guard))
}

/// Stands before every handler.
async fn guard(path: MatchedPath, request: Request, next: Next) -> Response {
    if of(path.as_str(), request.method()).is_some() {
        return next.run(request).await;
    }
    let Some(methods) = BY_PATH.get(path.as_str()) else {
        tracing::error!(route = path.as_str(), "a route without a policy was asked for, and is not there");
        return Problem::not_found().into_response();
    };
    let mut allowed: Vec<&str> = methods.iter().map(|(method, _)| method.as_str()).collect();
    if allowed.contains(&"GET") {
        allowed.push("HEAD");
    }
    let refused = (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allowed.join(","))]).into_response();
    // Whoever reads the pages of the firm is told so on one.
    if ["/api/", "/portal"].iter().any(|start| path.as_str().starts_with(start)) {
        return refused;
    }
    crate::pages::staff::in_words(refused).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::{
        body::Body,
        routing::{get, post},
    };
    use tower::ServiceExt as _;

    use super::*;

    async fn status(router: &Router, method: &Method, path: &str) -> StatusCode {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn what_has_no_policy_is_not_there() {
        let handler = || async { "reached" };
        let routes = Router::new()
            .route("/api/forgotten", get(handler))
            .route("/api/me", get(handler).delete(handler))
            .route("/api/firm", post(handler));
        let router = guarded(routes).with_state(());
        assert_eq!(status(&router, &GET, "/api/forgotten").await, 404);
        assert_eq!(status(&router, &GET, "/api/me").await, 200);
        assert_eq!(status(&router, &Method::HEAD, "/api/me").await, 200);
        assert_eq!(status(&router, &DELETE, "/api/me").await, 405);
        assert_eq!(status(&router, &POST, "/api/firm").await, 405);
    }

    #[tokio::test]
    async fn every_row_of_the_table_is_a_route_and_every_described_operation_is_in_it() {
        let world = crate::web::tests::World::new();
        let mut described = BTreeSet::new();
        for (path, item) in crate::web::openapi().paths.paths {
            let item = serde_json::to_value(item).unwrap();
            for method in item.as_object().unwrap().keys().filter(|key| *key != "parameters") {
                described.insert((path.clone(), method.to_uppercase()));
            }
        }
        for (path, methods) in TABLE {
            assert_eq!(TABLE.iter().filter(|(other, _)| other == path).count(), 1, "{path} has one row");
            for (method, policy) in *methods {
                let told = described.remove(&((*path).to_owned(), method.to_string()));
                assert_eq!(told, path.starts_with("/api/") && *path != "/api/openapi.json", "{method} {path}");
                if *policy == Policy::Demo {
                    continue;
                }
                let request = Request::builder().method(method).uri(path.replace(['{', '}'], ""));
                let answer = world.send(request.body(Body::empty()).unwrap()).await;
                assert_ne!(answer.status, 405, "{method} {path} has a handler");
                let other = Request::builder().method("PROPFIND").uri(path.replace(['{', '}'], ""));
                let other = world.send(other.body(Body::empty()).unwrap()).await;
                // Asked of the guard, which stands before routes alone.
                assert_eq!(other.status, 405, "{path} is a route");
            }
        }
        assert!(described.is_empty(), "without a policy: {described:?}");
    }
}
