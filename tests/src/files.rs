//! What people send: bytes of any length, and a large file in pieces, as the portal's page sends it (tus 1.0).

use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::{
    ground::Ground,
    person::{Answer, Person, text},
};

/// Bytes of this length, of their own for each seed. They repeat, but never at the same place of two parts.
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let block: Vec<u8> = std::iter::repeat_with(&mut next).take(8_191.min(length.div_ceil(8))).flatten().collect();
    let mut bytes = block.repeat(length.div_ceil(block.len()));
    bytes.truncate(length);
    bytes
}

/// A file that a customer sends in pieces: each of them to whichever host somebody is at.
#[derive(Debug)]
pub struct Pieces<'g> {
    ground: &'g Ground,
    upload: String,
}

impl<'g> Pieces<'g> {
    /// Announces a file of this length.
    ///
    /// # Panics
    /// If it may not be sent.
    pub async fn begin(ground: &'g Ground, person: &Person, length: usize) -> Self {
        let begin = tus(person, Method::POST, &ground.portal("/uploads")).header("upload-length", length);
        let begun = person.send(begin.header("upload-metadata", "filename YS5iaW4=")).await;
        Self { ground, upload: text(&begun.expect(201), "upload") }
    }

    /// Where they go.
    pub fn path(&self) -> String {
        self.ground.portal(&format!("/uploads/{}", self.upload))
    }

    /// How many bytes have come.
    ///
    /// # Panics
    /// If there is no such upload.
    pub async fn offset(&self, person: &Person) -> usize {
        let state = person.send(tus(person, Method::HEAD, &self.path())).await;
        state.expect(200);
        state.headers["upload-offset"].to_str().expect("a number").parse().expect("a number")
    }

    /// Sends these from `offset` on.
    pub async fn send(&self, person: &Person, offset: usize, bytes: &[u8]) -> Answer {
        let piece = tus(person, Method::PATCH, &self.path()).header("upload-offset", offset);
        person.send(piece.header("content-type", "application/offset+octet-stream").body(bytes.to_vec())).await
    }

    /// Makes a document of what has come, and answers its id.
    ///
    /// # Panics
    /// If it is not all there.
    pub async fn finish(&self, person: &Person) -> String {
        let made = person.post(&self.ground.portal("/documents"), json!({ "uploads": [self.upload] })).await;
        text(&made.expect(201)["documents"][0], "document")
    }
}

fn tus(person: &Person, method: Method, path: &str) -> RequestBuilder {
    person.request(method, path).header("tus-resumable", "1.0.0")
}
