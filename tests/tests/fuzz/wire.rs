//! A request, byte by byte, and what comes back: no client corrects anything on the way.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// None: the connection was closed without one.
    pub(crate) status: Option<u16>,
    /// Names in small letters.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// A request with `Connection: close`, which these parts make up.
pub(crate) fn request(method: &str, path: &[u8], headers: &[(&str, &[u8])], body: &[u8]) -> Vec<u8> {
    let mut bytes = [method.as_bytes(), b" ", path, b" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"].concat();
    for (name, value) in headers {
        bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    if !body.is_empty() {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}

/// Sends these bytes as they are, and reads all that comes. Of a request that may not be whole nothing more is to come;
/// a host may take that for somebody who has gone.
pub(crate) fn send(base: &str, bytes: &[u8], whole: bool) -> Answer {
    let mut connection = TcpStream::connect(base.trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // A host that has heard enough need not hear the rest.
    connection.write_all(bytes).ok();
    if !whole {
        connection.shutdown(std::net::Shutdown::Write).ok();
    }
    let mut all = Vec::new();
    connection.read_to_end(&mut all).ok();
    parse(&all)
}

fn parse(all: &[u8]) -> Answer {
    let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(all.len());
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Answer { status, headers, body: all.get(end + 4..).unwrap_or_default().to_vec() }
}
