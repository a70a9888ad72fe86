//! Everything that is read as text: laid out once on pages of paper, drawn from there as large as is asked for.

pub(crate) mod decode;
mod draw;
mod flow;
mod html;
pub(crate) mod mail;
mod markdown;
pub(crate) mod outlook;
mod plain;
mod shape;
mod table;

pub(crate) use draw::draw;
use flow::Flow;
pub(crate) use flow::Page;

use crate::{Cause, fonts::Fonts, kind::Kind};

/// A text on its pages.
pub(crate) struct Text {
    pub(crate) fonts: Fonts,
    pub(crate) pages: Vec<Page>,
}

/// Lays a document out that is of one of the kinds of text.
pub(crate) fn lay_out(kind: Kind, bytes: &[u8], name: &str) -> Result<Text, Cause> {
    let mut flow = Flow::new(Fonts::new().ok_or(Cause::NoRenderer)?);
    match kind {
        Kind::Mail => mail::lay_out(&mut flow, bytes)?,
        Kind::Outlook => outlook::lay_out(&mut flow, bytes)?,
        Kind::Table => table::lay_out(&mut flow, &decode::text(bytes), name),
        Kind::Markdown => markdown::lay_out(&mut flow, &decode::text(bytes)),
        _ => plain::lay_out(&mut flow, &decode::text(bytes)),
    }
    Ok(flow.finish())
}

/// One page that says something.
pub(crate) fn notice(words: &str) -> Result<Text, Cause> {
    let mut flow = Flow::new(Fonts::new().ok_or(Cause::NoRenderer)?);
    plain::lay_out(&mut flow, words);
    Ok(flow.finish())
}
