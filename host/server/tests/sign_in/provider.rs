//! An identity provider that says what a test wants.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use client_connect::oidc::Provider;
use ring::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use serde_json::{Value, json};

use super::factor::OLIVE;

pub(super) const SECRET: &str = "a secret of both";

/// What the stub says.
pub(super) struct Says {
    /// The keys that it names.
    pub(super) keys: Vec<Value>,
    /// What it answers to a code: status, more headers, body.
    pub(super) token: (u16, String, String),
    /// What it was asked with last, for a token.
    pub(super) asked: String,
    /// How often its keys were read.
    pub(super) keys_read: usize,
}

/// A provider that says what it is told to.
pub(super) struct Stub {
    pub(super) issuer: String,
    pub(super) says: Arc<Mutex<Says>>,
    pub(super) key: Ed25519KeyPair,
}

pub(super) fn key() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
}

pub(super) fn jwk(key: &Ed25519KeyPair, kid: &str) -> Value {
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.public_key());
    json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "use": "sig", "alg": "EdDSA" })
}

fn answer(mut stream: &TcpStream, issuer: &str, says: &Mutex<Says>) -> std::io::Result<()> {
    let mut asked = Vec::new();
    let mut piece = [0; 4_096];
    loop {
        let count = stream.read(&mut piece)?;
        asked.extend(&piece[..count]);
        let text = String::from_utf8_lossy(&asked).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { if count == 0 { return Ok(()) } else { continue } };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
        if count > 0 && body.len() < length.map_or(0, |length| length.trim().parse().unwrap_or(0)) {
            continue;
        }
        let mut says = says.lock().unwrap();
        let path = head.split(' ').nth(1).unwrap_or_default();
        let (status, headers, body) = match path {
            "/.well-known/openid-configuration" => {
                let about = json!({
                    "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize?tenant=1"),
                    "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
                });
                (200, String::new(), about.to_string())
            }
            "/keys" => {
                says.keys_read += 1;
                (200, String::new(), json!({ "keys": says.keys }).to_string())
            }
            _ => {
                says.asked = text.clone();
                says.token.clone()
            }
        };
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
        return stream.write_all(format!("{head}{body}").as_bytes());
    }
}

impl Stub {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let key = key();
        let keys = vec![json!({ "kty": "XYZ", "kid": "of a kind that nobody knows" }), jwk(&key, "k1")];
        let says = Says { keys, token: (400, String::new(), "{}".into()), asked: String::new(), keys_read: 0 };
        let says = Arc::new(Mutex::new(says));
        let (of_thread, named) = (says.clone(), issuer.clone());
        // It ends with the process: nothing waits for it.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever asked and went away is nobody's loss.
                answer(&stream, &named, &of_thread).ok();
            }
        });
        Self { issuer, says, key }
    }

    pub(super) fn provider(&self) -> Provider {
        Provider {
            name: "idp".into(),
            issuer: self.issuer.clone(),
            client_id: "client-connect".into(),
            client_secret: SECRET.to_owned().into(),
            firm: "Ashgrove Law".into(),
            label: "Sign in with Ashgrove".into(),
        }
    }

    pub(super) fn says(&self) -> std::sync::MutexGuard<'_, Says> {
        self.says.lock().unwrap()
    }

    pub(super) fn token(&self, header: &Value, claims: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let text = format!("{}.{}", part(header), part(claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(sign(text.as_bytes()));
        format!("{text}.{signature}")
    }

    /// What it answers to the next code.
    pub(super) fn tells(&self, token: &str) {
        self.says().token =
            (200, String::new(), json!({ "access_token": "a", "token_type": "Bearer", "id_token": token }).to_string());
    }

    /// What a good token says to this question.
    pub(super) fn claims(&self, asked: &Question) -> Value {
        let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        json!({
            "iss": self.issuer, "aud": "client-connect", "sub": "s-olive", "iat": at, "exp": at + 300,
            "nonce": asked.get("nonce"), "email": OLIVE, "email_verified": true,
        })
    }

    pub(super) fn signed(&self, claims: &Value) -> String {
        self.token(&json!({ "alg": "EdDSA", "kid": "k1" }), claims, |text| self.key.sign(text).as_ref().to_vec())
    }
}

/// What the host sent a browser to the provider with.
pub(super) struct Question(pub(super) Vec<(String, String)>);

impl Question {
    pub(super) fn get(&self, name: &str) -> String {
        self.0
            .iter()
            .find(|(had, _)| had == name)
            .map(|(_, value)| value.clone())
            .unwrap_or_else(|| panic!("no {name}"))
    }
}
