//! The customers' portal: matters to choose from, a matter's documents, their bytes, and what customers send.
//!
//! The plugin decides what a contact sees, in one place for every route; the runtime's floor proves it; here it is
//! only asked and written down. What is not there and what is not theirs read the same. No route changes a document
//! that exists.

use axum::{
    extract::{Extension, FromRequestParts},
    http::request::Parts,
};
use client_connect_runtime::{Caller, Unit, types::Actor};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{edge::RequestId, problem::Problem, session};
use crate::{
    app::{App, SharedApp},
    store::{SqliteTx, content},
};

pub(crate) mod archive;
pub(crate) mod download;
mod finish;
pub(crate) mod preview;
pub mod read;
#[cfg(test)]
pub(crate) mod tests;
mod tus;
pub(crate) mod upload;

/// The routes under `/api/portal`.
pub fn routes() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(read::matters))
        .routes(routes!(read::matter))
        .routes(routes!(read::documents, upload::upload))
        .routes(routes!(download::download))
        .routes(routes!(preview::pages))
        .routes(routes!(preview::page))
        .routes(routes!(archive::archive))
        .merge(tus::routes())
}

/// A customer's request, before anything is known of it but its cookie.
#[derive(Clone, Debug)]
pub struct Visitor {
    token: session::PortalToken,
    request: Option<String>,
    /// The language to be answered in, if it is not the one that the firm has noted.
    locale: Option<&'static str>,
}

impl FromRequestParts<SharedApp> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let token = session::PortalToken::from_request_parts(parts, app).await?;
        let id = Option::<Extension<RequestId>>::from_request_parts(parts, app).await;
        let request = id.ok().flatten().map(|Extension(id)| id.0.as_ref().to_owned());
        Ok(Self { token, request, locale: None })
    }
}

impl Visitor {
    /// The same, answered in this language (BCP 47).
    pub(crate) fn in_language(self, locale: &'static str) -> Self {
        Self { locale: Some(locale), ..self }
    }

    /// The customer, if the session stands.
    pub(crate) fn customer(&self, app: &App, unit: &mut Unit<'_, SqliteTx>) -> Result<session::Customer, Problem> {
        let now = unit.now();
        session::customer(app, unit.tx(), now, &self.token)
    }

    /// The customer as a contact of this matter's firm. Whether they may do anything there is the plugin's to say.
    pub(crate) fn caller(&self, app: &App, unit: &mut Unit<'_, SqliteTx>, matter: &str) -> Result<Caller, Problem> {
        let customer = self.customer(app, unit)?;
        let firm = content::firm_of(unit.tx(), matter)?.ok_or_else(Problem::not_found)?;
        let contact = customer.contact_in(&firm).ok_or_else(Problem::not_found)?;
        Ok(self.as_contact(contact, &customer.locale))
    }

    fn as_contact(&self, contact: &str, locale: &str) -> Caller {
        Caller {
            actor: Actor::Contact(contact.to_owned()),
            locale: self.locale.unwrap_or(locale).to_owned(),
            request: self.request.clone(),
            attributes: Vec::new(),
        }
    }
}
