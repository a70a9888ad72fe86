//! Who asks for a page of the portal, in which language they read, and what stands around the page.
//!
//! The language is the one that was chosen in this browser; else the one that the firm has noted for them; else the
//! one that the browser asks for.

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
};
use client_connect_pages::{
    Template,
    portal::{Frame, Person},
    words::Words,
};
use client_connect_runtime::Unit;

use super::*;
use crate::{
    store::contacts,
    web::{portal::Visitor, session::Customer},
};

/// The cookie that keeps the chosen language. Over https it has the prefix with which browsers keep it to this host.
fn cookie(secure: bool) -> &'static str {
    if secure { "__Host-cc_language" } else { "cc_language" }
}

/// Who asks for a page, as the cookies brought it; and for which.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    /// With a session's cookie, whether or not the session stands.
    pub(super) visitor: Option<Visitor>,
    /// The page's address, to come back to.
    pub(super) here: String,
    /// Whether the page can be asked for again by its address.
    pub(super) reads: bool,
    chosen: Option<Words>,
    accepted: Words,
    demo: bool,
}

impl FromRequestParts<SharedApp> for Reader {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Infallible> {
        let visitor = Visitor::from_request_parts(parts, app).await.ok();
        let accepted = parts.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Ok(Self {
            visitor,
            here: parts.uri.path_and_query().map(|path| path.as_str().to_owned()).unwrap_or_default(),
            reads: parts.method.is_safe(),
            chosen: chosen(&parts.headers, app.web.https),
            accepted: accepted.map_or_else(Words::default, Words::accepted),
            demo: app.mailer.is_mailbox(),
        })
    }
}

fn chosen(headers: &HeaderMap, secure: bool) -> Option<Words> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == cookie(secure)).and_then(|(_, tag)| Words::of(tag))
}

impl Reader {
    /// The same reader, of another page.
    pub(super) fn at(mut self, here: impl Into<String>) -> Self {
        self.here = here.into();
        self
    }

    /// What they are told in while nobody knows who they are.
    pub(super) fn words(&self) -> Words {
        self.chosen.unwrap_or(self.accepted)
    }

    /// Around a page of somebody who is not signed in.
    pub(super) fn outside(&self) -> Frame {
        Frame { words: self.words(), demo: self.demo, firm: None, person: None, here: self.here.clone() }
    }

    /// The customer, if their session stands.
    pub(super) fn enter(&self, app: &App, unit: &mut Unit<'_, SqliteTx>) -> Result<Entry, Problem> {
        let visitor = self.visitor.clone().ok_or_else(Problem::sign_in_needed)?;
        let customer = visitor.customer(app, unit)?;
        let frame = self.inside(unit.tx(), &customer)?;
        Ok(Entry { visitor: visitor.in_language(frame.words.tag()), customer, frame })
    }

    /// Around a page of a customer.
    fn inside(&self, tx: &SqliteTx, customer: &Customer) -> Result<Frame, Problem> {
        let words = self.chosen.or_else(|| Words::of(&customer.locale)).unwrap_or(self.accepted);
        let contact = match customer.contacts.first() {
            Some((_, contact)) => contacts::get(tx, contact)?,
            None => None,
        };
        let person = contact.map(|contact| Person {
            name: contact.name,
            email: contact.email.unwrap_or_else(|| customer.email_key.clone()),
        });
        Ok(Frame { words, demo: self.demo, firm: None, person, here: self.here.clone() })
    }
}

/// A customer who has come in, and what is around their page.
pub(super) struct Entry {
    pub(super) visitor: Visitor,
    pub(super) customer: Customer,
    pub(super) frame: Frame,
}

/// Reads a page in one transaction, which also decides whether the session still stands.
pub(super) async fn show<T: Template + Send + 'static>(
    app: &SharedApp,
    reader: Reader,
    work: impl FnOnce(&App, &mut Unit<'_, SqliteTx>, Entry) -> Result<T, Problem> + Send + 'static,
) -> Response {
    show_as(StatusCode::OK, app, reader, work).await
}

/// The same, with another status.
pub(super) async fn show_as<T: Template + Send + 'static>(
    status: StatusCode,
    app: &SharedApp,
    reader: Reader,
    work: impl FnOnce(&App, &mut Unit<'_, SqliteTx>, Entry) -> Result<T, Problem> + Send + 'static,
) -> Response {
    let asker = reader.clone();
    let page = blocking(app, move |app| {
        app.runtime.read(|unit| {
            let entry = asker.enter(app, unit)?;
            work(app, unit, entry)
        })
    });
    match page.await {
        Ok(page) => html(status, &page),
        Err(problem) => failed(app, reader, problem).await,
    }
}

/// What is sent by the choice of another language.
#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    language: String,
    #[serde(default)]
    back: String,
}

pub(super) async fn choose(State(app): State<SharedApp>, Form(choice): Form<Choice>) -> Response {
    let mut answer = onward(way_back(&choice.back, "/portal"));
    if let Some(words) = Words::of(&choice.language) {
        let (name, secure) = (cookie(app.web.https), if app.web.https { "; Secure" } else { "" });
        let set = format!("{name}={}; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax{secure}", words.tag());
        if let Ok(set) = HeaderValue::from_str(&set) {
            answer.headers_mut().append(header::SET_COOKIE, set);
        }
    }
    answer
}
