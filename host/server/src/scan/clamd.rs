//! ClamAV's daemon, asked over its socket: bytes go in by its command INSTREAM, and one line comes back.
//!
//! Whatever it does, an answer is there in time: a daemon that is away, hangs, breaks off or says what nobody knows has
//! found nothing out. Only its own word for clean is taken for clean.

use std::{
    io::{self, Read, Write},
    net::{TcpStream, ToSocketAddrs},
    os::unix::net::UnixStream,
    path::PathBuf,
    time::{Duration, Instant},
};

use super::Verdict;
use crate::store::quarantine::Why;

/// The longest line that it is listened to for.
const LINE: usize = 4096;
/// What is sent of a file at once.
const CHUNK: usize = 64 << 10;
/// For a daemon that is there, connecting takes no time.
const CONNECT: Duration = Duration::from_secs(5);

/// Where the daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A host and a port.
    Tcp(String),
}

impl std::str::FromStr for Place {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix("unix:").unwrap_or(text);
        if path.starts_with('/') {
            return Ok(Self::Unix(PathBuf::from(path)));
        }
        let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).and_then(|(_, port)| port.parse().ok());
        match port {
            Some(1_u16..) => Ok(Self::Tcp(text.to_owned())),
            _ => Err("it is neither a path nor a host and a port"),
        }
    }
}

enum Wire {
    Unix(UnixStream),
    Tcp(TcpStream),
}

/// A connection that is over at its deadline, however many bytes it trickles.
struct Line {
    wire: Wire,
    until: Instant,
}

impl Line {
    fn open(place: &Place, until: Instant) -> io::Result<Self> {
        let wire = match place {
            Place::Unix(path) => Wire::Unix(UnixStream::connect(path)?),
            Place::Tcp(address) => {
                let mut last = io::Error::from(io::ErrorKind::NotFound);
                let mut open = None;
                for address in address.to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, CONNECT.min(left(until)?)) {
                        Ok(stream) => {
                            open = Some(stream);
                            break;
                        }
                        Err(error) => last = error,
                    }
                }
                Wire::Tcp(open.ok_or(last)?)
            }
        };
        Ok(Self { wire, until })
    }

    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let left = Some(left(self.until)?);
            let written = match &mut self.wire {
                Wire::Unix(stream) => stream.set_write_timeout(left).and_then(|()| stream.write(bytes)),
                Wire::Tcp(stream) => stream.set_write_timeout(left).and_then(|()| stream.write(bytes)),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => bytes = &bytes[length..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// One line, up to its end or the connection's.
    fn read(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut buffer = [0; 512];
        loop {
            let left = Some(left(self.until)?);
            let read = match &mut self.wire {
                Wire::Unix(stream) => stream.set_read_timeout(left).and_then(|()| stream.read(&mut buffer)),
                Wire::Tcp(stream) => stream.set_read_timeout(left).and_then(|()| stream.read(&mut buffer)),
            };
            match read {
                Ok(length) => line.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if let Some(end) = line.iter().position(|byte| *byte == 0) {
                return String::from_utf8(line[..end].to_vec()).map_err(io::Error::other);
            }
            // Half a line is none: what it was going to say nobody knows.
            if matches!(read, Ok(0)) || line.len() > LINE {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// Asks about bytes, `size` of them, which `next` hands out some at a time, none at the end. Blocks, until `until` at most.
pub(super) fn ask(place: &Place, until: Instant, mut next: impl FnMut(usize) -> io::Result<bytes::Bytes>) -> Verdict {
    let answer = Line::open(place, until).and_then(|mut line| {
        let mut sent = line.write(b"zINSTREAM\0");
        while sent.is_ok() {
            let chunk = next(CHUNK)?;
            let length = u32::try_from(chunk.len()).map_err(io::Error::other)?;
            sent = line.write(&length.to_be_bytes()).and_then(|()| line.write(&chunk));
            if length == 0 {
                break;
            }
        }
        // It may have said why it does not listen any more.
        match (line.read(), sent) {
            (Ok(said), _) => Ok(said),
            (Err(_), Err(error)) | (Err(error), Ok(())) => Err(error),
        }
    });
    match answer {
        Ok(said) => verdict(&said),
        Err(error) => {
            tracing::warn!(%error, "the scanner does not answer");
            Verdict::Unknown(Why::Unavailable)
        }
    }
}

/// What it said.
fn verdict(said: &str) -> Verdict {
    if said == "stream: OK" {
        return Verdict::Clean;
    }
    let found = said.strip_prefix("stream: ").and_then(|said| said.strip_suffix(" FOUND"));
    match found {
        // It has not looked at all of it.
        Some(what) if what.starts_with("Heuristics.Limits.Exceeded") => Verdict::Unknown(Why::TooLarge),
        Some(what) if !what.is_empty() => {
            Verdict::Found(what.chars().filter(|c| c.is_ascii_graphic()).take(200).collect())
        }
        _ if said.contains("size limit exceeded") => Verdict::Unknown(Why::TooLarge),
        _ => {
            tracing::warn!(said, "the scanner says what nobody knows");
            Verdict::Unknown(Why::Unavailable)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_word_for_clean_is_clean() {
        assert_eq!(verdict("stream: OK"), Verdict::Clean);
        assert_eq!(verdict("stream: Eicar-Test-Signature FOUND"), Verdict::Found("Eicar-Test-Signature".to_owned()));
        for large in ["INSTREAM size limit exceeded. ERROR", "stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND"] {
            assert_eq!(verdict(large), Verdict::Unknown(Why::TooLarge), "{large}");
        }
        for nonsense in
            ["", "OK", "stream: ok", "stream: OK FOUND OK", " stream: OK", "stream:  FOUND", "stream: x ERROR"]
        {
            assert_eq!(verdict(nonsense), Verdict::Unknown(Why::Unavailable), "{nonsense}");
        }
    }

    #[test]
    fn a_place_is_a_path_or_a_host_with_a_port() {
        assert_eq!("/run/clamd.ctl".parse(), Ok(Place::Unix("/run/clamd.ctl".into())));
        assert_eq!("unix:/run/clamd.ctl".parse(), Ok(Place::Unix("/run/clamd.ctl".into())));
        assert_eq!("clamd.example:3310".parse(), Ok(Place::Tcp("clamd.example:3310".to_owned())));
        for bad in ["clamd", "clamd:", ":3310", "clamd:0", "run/clamd.ctl"] {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }
}
