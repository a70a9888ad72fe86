//! Requests to a store over the network, by the HTTP and the TLS that the host has anyway. None waits for ever.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use http_body_util::BodyExt as _;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector as Plain},
    rt::{TokioExecutor, TokioTimer},
};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
        HttpResponseBody, HttpService,
    },
};
use tower_http::timeout::TimeoutBody;

use crate::reach;

/// For a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// For a request with its bytes, until the answer begins.
const ANSWER: Duration = Duration::from_secs(60);
/// Between two pieces of an answer.
const PIECE: Duration = Duration::from_secs(20);
/// For a connection that nobody uses.
const IDLE: Duration = Duration::from_secs(30);

/// The way to the store. Cheap to clone: the connections are shared.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    client: Client<HttpsConnector<Plain>, HttpRequestBody>,
}

impl Wire {
    /// `ca` is a file with the certificates to trust in the place of the public ones.
    ///
    /// # Errors
    /// What is wrong with that file.
    pub(super) fn new(ca: Option<&Path>) -> Result<Self, String> {
        let mut plain = Plain::new();
        plain.enforce_http(false);
        plain.set_connect_timeout(Some(CONNECT));
        plain.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new().with_tls_config(reach::tls(ca)?).https_or_http().enable_http1();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(tls.wrap_connector(plain));
        Ok(Self { client })
    }
}

impl HttpConnector for Wire {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Wire {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let late = |error| HttpError::new(HttpErrorKind::Timeout, error);
        let answer = tokio::time::timeout(ANSWER, self.client.request(request)).await.map_err(late)?;
        let answer = answer.map_err(|error| {
            let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
            HttpError::new(kind, error)
        })?;
        let (head, body) = answer.into_parts();
        let cut = |error| HttpError::new_boxed(HttpErrorKind::Interrupted, error);
        Ok(HttpResponse::from_parts(head, HttpResponseBody::new(TimeoutBody::new(PIECE, body).map_err(cut))))
    }
}
