//! A mail server on loopback: speaks SMTP over a real socket and keeps what it is given.
//!
//! The protocol is `mailin`'s; here are only the socket and the mailbox. A test waits for a mail by a
//! deadline, never by sleeping, and may tell the server to answer recipients with a code of its choice.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use mail_parser::MessageParser;
use mailin::{Action, Handler, Response, SessionBuilder, response};

use crate::scanner;

/// A mail as it came over the wire.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The whole message, as sent, dots unstuffed.
    pub raw: Vec<u8>,
    /// Decoded.
    pub subject: String,
    /// The plain part, decoded.
    pub text: String,
}

impl Mail {
    /// Whether it went to this address, however the firm writes it.
    fn is_to(&self, address: &str) -> bool {
        self.to.iter().any(|to| to.eq_ignore_ascii_case(address))
    }

    /// A header's value, decoded, by its name.
    pub fn header(&self, name: &str) -> Option<String> {
        let message = MessageParser::default().parse(&self.raw)?;
        message.header_raw(name).map(|value| value.trim().to_owned())
    }
}

#[derive(Debug, Default)]
struct State {
    mails: Vec<Mail>,
    /// Recipients are answered with this, while it is set.
    refuse: Option<(u16, &'static str)>,
    connections: usize,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever reads a mail scans it.
fn read(mails: Vec<Mail>) -> Vec<Mail> {
    for mail in &mails {
        scanner::scan("a mail", &mail.raw);
        scanner::scan("a mail", mail.text.as_bytes());
    }
    mails
}

/// The server. Its threads end with the process.
#[derive(Clone, Debug)]
pub struct MailServer {
    shared: Arc<Shared>,
    address: SocketAddr,
}

impl MailServer {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// If no port can be had.
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let server = Self { shared: Arc::default(), address: listener.local_addr()? };
        let shared = server.shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                // A connection that breaks is the test's doing; the mailbox shows what came of it.
                thread::spawn(move || serve(stream, &shared).ok());
            }
        });
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers every recipient with this reply until told otherwise; `None` accepts again.
    pub fn refuse(&self, reply: Option<(u16, &'static str)>) {
        self.shared.lock().refuse = reply;
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// What has come so far for this address.
    pub fn mails_to(&self, address: &str) -> Vec<Mail> {
        read(self.shared.lock().mails.iter().filter(|mail| mail.is_to(address)).cloned().collect())
    }

    /// Everything that has come so far.
    pub fn mails(&self) -> Vec<Mail> {
        read(self.shared.lock().mails.clone())
    }

    /// Waits until there are `count` mails for this address and answers them.
    ///
    /// # Panics
    /// If that has not happened after 60 seconds.
    pub fn wait_for(&self, address: &str, count: usize) -> Vec<Mail> {
        self.wait_for_those(address, count, |_| true)
    }

    /// Waits until there are `count` mails for this address that are wanted, and answers them.
    ///
    /// # Panics
    /// If that has not happened after 60 seconds.
    pub fn wait_for_those(&self, address: &str, count: usize, wanted: impl Fn(&Mail) -> bool) -> Vec<Mail> {
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut state = self.shared.lock();
        loop {
            let theirs = state.mails.iter().filter(|mail| mail.is_to(address));
            let found: Vec<Mail> = theirs.filter(|mail| wanted(mail)).cloned().collect();
            if found.len() >= count {
                return read(found);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{} of {count} mails came for {address}: {found:#?}", found.len());
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Collects one connection's mails.
struct Session<'a> {
    shared: &'a Shared,
    to: Vec<String>,
    raw: Vec<u8>,
}

impl Handler for Session<'_> {
    fn rcpt(&mut self, to: &str) -> Response {
        match self.shared.lock().refuse {
            Some((code, text)) => Response::custom(code, text.to_owned()),
            None => {
                self.to.push(to.to_owned());
                response::OK
            }
        }
    }

    fn data_start(&mut self, _: &str, _: &str, _: bool, _: &[String]) -> Response {
        self.raw.clear();
        response::OK
    }

    fn data(&mut self, line: &[u8]) -> io::Result<()> {
        self.raw.extend_from_slice(line);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let parsed = MessageParser::default().parse(&self.raw);
        let mail = Mail {
            to: std::mem::take(&mut self.to),
            subject: parsed.as_ref().and_then(|m| m.subject()).unwrap_or_default().to_owned(),
            text: parsed.as_ref().and_then(|m| m.body_text(0)).unwrap_or_default().into_owned(),
            raw: std::mem::take(&mut self.raw),
        };
        self.shared.lock().mails.push(mail);
        self.shared.changed.notify_all();
        response::OK
    }
}

fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    shared.lock().connections += 1;
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let handler = Session { shared, to: Vec::new(), raw: Vec::new() };
    let mut session = SessionBuilder::new("mail.test").build(IpAddr::V4(Ipv4Addr::LOCALHOST), handler);
    session.greeting().write_to(&mut out)?;
    out.flush()?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let reply = session.process(&line);
        match reply.action {
            Action::Reply => reply.write_to(&mut out)?,
            Action::NoReply => {}
            _ => return reply.write_to(&mut out),
        }
        out.flush()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_mail_as_it_came() {
        let server = MailServer::start().unwrap();
        let stream = TcpStream::connect(server.address()).unwrap();
        let mut replies = BufReader::new(stream.try_clone().unwrap());
        let mut out = stream;
        let mut reply = String::new();
        replies.read_line(&mut reply).unwrap();
        for (line, expected) in [
            ("HELO test\r\n", "250"),
            ("MAIL FROM:<a@firm.test>\r\n", "250"),
            ("RCPT TO:<b@customer.test>\r\n", "250"),
            ("DATA\r\n", "354"),
            ("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n..dot\r\n.\r\n", "250"),
            ("QUIT\r\n", "221"),
        ] {
            out.write_all(line.as_bytes()).unwrap();
            reply.clear();
            replies.read_line(&mut reply).unwrap();
            assert!(reply.starts_with(expected), "{line}: {reply}");
        }
        let mails = server.wait_for("b@customer.test", 1);
        assert_eq!(mails[0].subject, "Grüße");
        assert_eq!(mails[0].text.trim(), ".dot");
    }
}
