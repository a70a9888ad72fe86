//! A tree on a WebDAV server (RFC 4918): Nextcloud, SharePoint, a NAS. What it says is believed of files below the address
//! that it was asked for, and of nothing else.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use roxmltree::{Document, Node};
use ureq::{Agent, AsSendBody, Body, SendBody, http};

use super::place::{Bytes, DEEPEST, MOST, Mark, Place, counts};

/// How long a connection, and the head of an answer, may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a whole file may take.
const WHOLE: Duration = Duration::from_secs(30 * 60);
/// Bytes of one folder's list.
const LISTED: u64 = 64 << 20;
/// What of a file's name stands in an address as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
/// The namespace of the standard's words.
const DAV: &str = "DAV:";
/// What is asked of each file.
const WANTED: &str = r#"<?xml version="1.0" encoding="utf-8"?><propfind xmlns="DAV:"><prop><resourcetype/><getetag/><getlastmodified/><getcontentlength/></prop></propfind>"#;

/// The server.
#[derive(Debug)]
pub(crate) struct Dav {
    /// Without a slash at its end.
    base: String,
    /// The path in it, decoded, with a slash at both ends.
    above: String,
    authorization: Option<http::HeaderValue>,
    agent: Agent,
}

/// One answer of many.
struct Listed {
    path: String,
    folder: bool,
    mark: Mark,
}

impl Dav {
    /// At this address, as this user.
    ///
    /// # Errors
    /// If the address is none.
    pub(crate) fn new(url: &str, user: Option<(&str, &str)>) -> Result<Self, &'static str> {
        let base = url.trim_end_matches('/').to_owned();
        let address: http::Uri = base.parse().map_err(|_| "the address is none")?;
        let above = decoded(address.path()).ok_or("the address is not in UTF-8")?;
        let above = format!("{}/", above.trim_end_matches('/'));
        let authorization = user.map(|(user, password)| {
            let mut value =
                http::HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))?;
            value.set_sensitive(true);
            Ok::<_, http::header::InvalidHeaderValue>(value)
        });
        let authorization = authorization.transpose().map_err(|_| "the user or the password cannot be sent")?;
        let agent = Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .timeout_global(Some(WHOLE));
        Ok(Self { base, above, authorization, agent: agent.build().into() })
    }

    fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsSendBody,
    ) -> io::Result<http::Response<Body>> {
        let mut address = self.base.clone();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            address.extend(["/", &utf8_percent_encode(part, SEGMENT).to_string()]);
        }
        let mut asked = http::Request::builder().method(method).uri(address);
        for (name, value) in headers {
            asked = asked.header(*name, *value);
        }
        if let Some(authorization) = &self.authorization {
            asked = asked.header(http::header::AUTHORIZATION, authorization);
        }
        let asked = asked.body(body).map_err(io::Error::other)?;
        self.agent.run(asked).map_err(io::Error::other)
    }

    /// What lies in a folder, or with depth 0 the file itself.
    fn look(&self, path: &str, depth: &str) -> io::Result<Vec<Listed>> {
        let headers = [("depth", depth), ("content-type", "application/xml; charset=utf-8")];
        let mut answer = self.ask("PROPFIND", path, &headers, WANTED)?;
        if answer.status().as_u16() != 207 {
            return Err(refused(path, answer.status()));
        }
        let text = answer.body_mut().with_config().limit(LISTED).read_to_string().map_err(io::Error::other)?;
        // It has no entities of its own: a document type is refused.
        let document = Document::parse(&text).map_err(io::Error::other)?;
        let responses = document.descendants().filter(|node| node.has_tag_name((DAV, "response")));
        Ok(responses.filter_map(|response| self.listed(response)).collect())
    }

    fn listed(&self, response: Node<'_, '_>) -> Option<Listed> {
        let text =
            |name| response.descendants().find(|node| node.has_tag_name((DAV, name))).and_then(|node| node.text());
        let href = text("href")?.trim();
        // Some say a whole address, some its path alone.
        let path = match href.split_once("://") {
            Some((_, rest)) => rest.find('/').map(|at| &rest[at..])?,
            None => href,
        };
        let path = decoded(path)?;
        let path = path.trim_end_matches('/').strip_prefix(&self.above)?.to_owned();
        let folder = response.descendants().any(|node| node.has_tag_name((DAV, "collection")));
        let (tag, time, size) = (text("getetag"), text("getlastmodified"), text("getcontentlength"));
        let mark = match tag {
            Some(tag) if !tag.trim().is_empty() => tag.trim().to_owned(),
            _ => format!("{} {}", time.unwrap_or_default().trim(), size.unwrap_or_default().trim()),
        };
        Some(Listed { path, folder, mark })
    }

    /// Makes the folders above a file.
    fn make_above(&self, path: &str) -> io::Result<()> {
        let above: Vec<usize> = path.match_indices('/').map(|(at, _)| at).collect();
        for at in above {
            let answer = self.ask("MKCOL", &path[..at], &[], SendBody::none())?;
            // 405: it is there.
            if !answer.status().is_success() && answer.status().as_u16() != 405 {
                return Err(refused(&path[..at], answer.status()));
            }
        }
        Ok(())
    }
}

fn decoded(path: &str) -> Option<String> {
    percent_decode_str(path).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

fn refused(path: &str, status: http::StatusCode) -> io::Error {
    let kind = match status.as_u16() {
        404 => io::ErrorKind::NotFound,
        412 => io::ErrorKind::AlreadyExists,
        401 | 403 => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, format!("{path:?} is answered with {status}"))
}

impl Place for Dav {
    fn list(&self) -> io::Result<BTreeMap<String, Mark>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![(String::new(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            for listed in self.look(&folder, "1")? {
                // Only what lies in this folder itself: a server says the folder too, and a hostile one anything.
                let inside = if folder.is_empty() {
                    Some(&listed.path[..])
                } else {
                    listed.path.strip_prefix(&format!("{folder}/"))
                };
                let Some(name) = inside else { continue };
                if name.is_empty() || !counts(name) {
                    continue;
                }
                if listed.folder && depth < DEEPEST {
                    folders.push((listed.path, depth + 1));
                } else if !listed.folder {
                    found.insert(listed.path, listed.mark);
                }
                if found.len() + folders.len() > MOST {
                    return Err(io::Error::other(format!("it has more than {MOST} files")));
                }
            }
        }
        Ok(found)
    }

    fn read(&self, path: &str) -> io::Result<Bytes> {
        let answer = self.ask("GET", path, &[], SendBody::none())?;
        if answer.status().as_u16() != 200 {
            return Err(refused(path, answer.status()));
        }
        // How much of it is taken is for whoever reads to say.
        Ok(Box::new(answer.into_body().into_with_config().limit(u64::MAX).reader()))
    }

    fn write(&self, path: &str, bytes: &mut dyn Read, size: u64) -> io::Result<Mark> {
        self.make_above(path)?;
        let length = size.to_string();
        let headers = [("if-none-match", "*"), ("content-length", length.as_str())];
        let answer = self.ask("PUT", path, &headers, SendBody::from_reader(&mut &mut *bytes))?;
        if !answer.status().is_success() {
            return Err(refused(path, answer.status()));
        }
        let written = self.look(path, "0")?.into_iter().find(|listed| listed.path == path && !listed.folder);
        written.map(|listed| listed.mark).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(xml: &str) -> Vec<String> {
        let dav = Dav::new("https://cloud.example/remote.php/dav/firm%20files/", None).unwrap();
        let document = Document::parse(xml).unwrap();
        let responses = document.descendants().filter(|node| node.has_tag_name((DAV, "response")));
        responses.filter_map(|response| dav.listed(response)).map(|listed| listed.path).collect()
    }

    #[test]
    fn what_lies_elsewhere_is_not_believed() {
        let answer = |href: &str| format!("<d:response><d:href>{href}</d:href></d:response>");
        let said = [
            "/remote.php/dav/firm%20files/",
            "/remote.php/dav/firm%20files/Brown/last%20will%20%C3%BC.pdf",
            "https://cloud.example/remote.php/dav/firm%20files/Brown/",
            "/remote.php/dav/other/secret.pdf",
            "/etc/passwd",
            "will.pdf",
        ]
        .map(answer)
        .concat();
        let xml = format!(r#"<d:multistatus xmlns:d="DAV:">{said}</d:multistatus>"#);
        assert_eq!(paths(&xml), ["Brown/last will ü.pdf", "Brown"]);
    }

    #[test]
    fn an_answer_that_unfolds_is_refused() {
        let bomb = r#"<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><d>&b;</d>"#;
        assert!(Document::parse(bomb).is_err());
    }
}
