//! A service of the firm's, over HTTP: it takes a document as the part `files` of a form, and answers its PDF, as
//! Gotenberg's route for LibreOffice does.

use std::{io::Read as _, time::Duration};

use ureq::{
    Agent,
    unversioned::multipart::{Form, Part},
};

use super::{Converter, ending, usual};
use crate::{Document, NoPreview};

/// How long one document may take.
const DEADLINE: Duration = Duration::from_secs(60);
/// Bytes of a PDF that is read.
const LARGEST: u64 = 256 << 20;

/// Where it answers.
#[derive(Clone, Debug)]
pub struct Service {
    agent: Agent,
    url: String,
    id: String,
}

/// Why there is no such converter.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no address of a service: it begins with https://, or with http://")]
pub struct ServiceError(String);

impl Service {
    /// The service at this address, for instance `http://127.0.0.1:3000/forms/libreoffice/convert`.
    ///
    /// # Errors
    /// If it is no such address.
    pub fn new(url: &str) -> Result<Self, ServiceError> {
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            return Err(ServiceError(url.to_owned()));
        }
        let config =
            Agent::config_builder().timeout_global(Some(DEADLINE)).max_redirects(0).http_status_as_error(false);
        Ok(Self { agent: config.build().into(), url: url.to_owned(), id: format!("service {url}") })
    }
}

impl Converter for Service {
    fn kinds(&self) -> Vec<String> {
        usual()
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn convert(&self, document: &Document, bytes: &[u8]) -> Result<Vec<u8>, NoPreview> {
        // Nothing of the document's own name leaves this machine.
        let name = format!("document.{}", ending(&document.media_type));
        let form = Form::new().part("files", Part::bytes(bytes).file_name(&name));
        let unreachable = |error: ureq::Error| {
            tracing::warn!(%error, "the service that makes PDFs does not answer");
            NoPreview::Busy
        };
        let mut answer = self.agent.post(&self.url).send(form).map_err(unreachable)?;
        match answer.status().as_u16() {
            200 => {}
            400..=499 => return Err(NoPreview::Damaged),
            status => {
                tracing::warn!(status, "the service that makes PDFs failed");
                return Err(NoPreview::Busy);
            }
        }
        let mut pdf = Vec::new();
        let read = answer.body_mut().with_config().limit(LARGEST).reader().read_to_end(&mut pdf);
        read.map_err(|error| {
            tracing::warn!(%error, "a PDF did not arrive whole");
            NoPreview::Busy
        })?;
        Ok(pdf)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, net::TcpListener, thread};

    use super::*;

    /// Answers one request with these bytes, and tells what was asked.
    fn service(answer: &'static [u8]) -> (String, thread::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/convert", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut asked, mut piece) = (Vec::new(), [0; 4_096]);
            while !asked.windows(4).any(|end| end == b"--\r\n") {
                let count = stream.read(&mut piece).unwrap();
                asked.extend(&piece[..count]);
            }
            stream.write_all(answer).unwrap();
            asked
        });
        (url, asked)
    }

    fn convert(url: &str) -> Result<Vec<u8>, NoPreview> {
        let document = Document {
            sha256: "00".into(),
            name: "Secret of Ann.doc".into(),
            media_type: "application/msword".into(),
            size: 3,
        };
        Service::new(url).unwrap().convert(&document, b"doc")
    }

    #[test]
    fn a_pdf_comes_back_and_no_name_goes_out() {
        let (url, asked) = service(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n%PDF-");
        assert_eq!(convert(&url).unwrap(), b"%PDF-");
        let asked = String::from_utf8_lossy(&asked.join().unwrap()).into_owned();
        assert!(asked.contains("filename=\"document.doc\"") && asked.contains("name=\"files\""), "{asked}");
        assert!(!asked.contains("Secret"), "{asked}");
    }

    #[test]
    fn what_it_refuses_is_damaged_and_where_it_fails_nothing_is_said_of_the_document() {
        let (url, asked) = service(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        assert_eq!(convert(&url), Err(NoPreview::Damaged));
        asked.join().unwrap();
        let (url, asked) = service(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        assert_eq!(convert(&url), Err(NoPreview::Busy));
        asked.join().unwrap();
        assert_eq!(convert("http://127.0.0.1:1/"), Err(NoPreview::Busy));
    }
}
