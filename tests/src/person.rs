//! Somebody with a browser of their own: cookies, and JSON over HTTP.

use std::sync::Arc;

use reqwest::{
    Client, Method, RequestBuilder, StatusCode,
    cookie::{CookieStore, Jar},
    header::HeaderMap,
    redirect::Policy,
};
use serde_json::Value;

use crate::scanner;

/// A browser.
#[derive(Clone, Debug)]
pub struct Person {
    client: Client,
    jar: Arc<Jar>,
    base: String,
}

/// What came back, whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The request, for the message of a test that fails.
    pub asked: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Person {
    /// A browser with no cookies yet, for the host at `base`.
    ///
    /// # Panics
    /// If the client cannot be built.
    pub fn new(base: String) -> Self {
        Self::with(Jar::default(), base)
    }

    fn with(jar: Jar, base: String) -> Self {
        let jar = Arc::new(jar);
        let client = Client::builder().cookie_provider(jar.clone()).redirect(Policy::none()).build();
        Self { client: client.expect("an HTTP client"), jar, base }
    }

    /// A browser with the same cookies, for the host at `base`. What becomes of them there stays there.
    ///
    /// # Panics
    /// If that is no address.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        let (jar, url) = (Jar::default(), base.parse().expect("the host's address"));
        for (name, value) in self.cookies() {
            jar.add_cookie_str(&format!("{name}={value}; Path=/"), &url);
        }
        Self::with(jar, base.to_owned())
    }

    /// Their cookies, by name and value.
    ///
    /// # Panics
    /// If the host has no address.
    pub fn cookies(&self) -> Vec<(String, String)> {
        let url = self.base.parse().expect("the host's address");
        let header = self.jar.cookies(&url);
        let text = header.as_ref().and_then(|header| header.to_str().ok()).unwrap_or_default();
        let pairs = text.split("; ").filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// A request to be finished by the test.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base))
    }

    /// Sends it.
    ///
    /// # Panics
    /// If there is no whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sends it to a host that may end before it has answered whole.
    ///
    /// # Errors
    /// What came in the place of an answer.
    ///
    /// # Panics
    /// If it is no request, or the answer tells what nobody may be told.
    pub async fn try_send(&self, request: RequestBuilder) -> Result<Answer, String> {
        let request = request.build().expect("a request");
        let asked = format!("{} {}", request.method(), request.url());
        let said = |error: reqwest::Error| format!("{asked}: {error}");
        let answer = self.client.execute(request).await.map_err(said)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.bytes().await.map_err(said)?.to_vec();
        for (_, token) in self.cookies() {
            scanner::hide_token(&token);
        }
        scanner::scan_answer(&asked, &headers, &bytes);
        Ok(Answer { asked, status, headers, bytes })
    }

    /// POST of JSON, as [`Person::try_send`].
    ///
    /// # Errors
    /// What came in the place of an answer.
    pub async fn try_post(&self, path: &str, body: Value) -> Result<Answer, String> {
        self.try_send(self.request(Method::POST, path).json(&body)).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// PATCH of JSON.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).json(&body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// POST of bytes as they are.
    pub async fn upload(&self, path: &str, bytes: impl Into<reqwest::Body>) -> Answer {
        let request = self.request(Method::POST, path).header("content-type", "application/octet-stream");
        self.send(request.body(bytes)).await
    }
}

impl Answer {
    /// The JSON of an answer that must have this status.
    ///
    /// # Panics
    /// If it has another, or no JSON.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.asked, String::from_utf8_lossy(&self.bytes));
        if self.bytes.is_empty() { Value::Null } else { serde_json::from_slice(&self.bytes).unwrap_or(Value::Null) }
    }

    /// The code of a problem that must have this status.
    ///
    /// # Panics
    /// If it is no problem with this status.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.asked);
        body["code"].as_str().unwrap_or_else(|| panic!("no code: {body}")).to_owned()
    }
}

/// The string at a key, which must be there.
///
/// # Panics
/// If it is not.
#[track_caller]
pub fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}

/// The rows of a list's answer.
///
/// # Panics
/// If there are none.
#[track_caller]
pub fn items(value: &Value) -> &[Value] {
    value["items"].as_array().map_or_else(|| panic!("no items in {value}"), Vec::as_slice)
}
