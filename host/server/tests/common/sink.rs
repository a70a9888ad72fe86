//! A mail server on loopback that does as it is told.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    time::Duration,
};

use client_connect::mail::{
    Mailer,
    smtp::{Protection, Server},
};

/// When in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Banner,
    Hello,
    Mail,
    Rcpt,
    Data,
    /// After the mail, when it is to say whether it has it.
    Dot,
    Quit,
}

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Accepts,
    /// Answers with this, at that moment.
    Says(Phase, &'static str),
    /// Takes the mail and hangs up before it says so.
    HangsUpAfterData,
    /// Says nothing any more, from that moment on.
    SilentAt(Phase),
    /// Takes so long for each answer.
    Slow(Duration),
    /// Has much to say before anything else.
    Chatters,
    /// Offers TLS, and speaks something else then.
    BreaksTls,
}

/// Answers each recipient with this.
#[allow(non_snake_case, reason = "reads as a mood")]
pub const fn Refuses(reply: &'static str) -> Mood {
    Mood::Says(Phase::Rcpt, reply)
}

#[derive(Clone, Debug)]
pub struct Sink {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    mails: Arc<Mutex<Vec<String>>>,
}

impl Sink {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self {
            port: listener.local_addr().unwrap().port(),
            mood: Arc::new(Mutex::new(Mood::Accepts)),
            mails: Arc::default(),
        };
        let shared = sink.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || shared.talk(&stream));
            }
        });
        sink
    }

    /// A port at which nobody listens any more.
    pub fn gone() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self { port, mood: Arc::new(Mutex::new(Mood::Accepts)), mails: Arc::default() }
    }

    pub fn mailer(&self) -> Mailer {
        self.mailer_with(Protection::None)
    }

    pub fn mailer_with(&self, protection: Protection) -> Mailer {
        Mailer::smtp(&Server {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            protection,
            credentials: None,
            hello: "localhost".to_owned(),
            timeout: Duration::from_secs(5),
        })
        .unwrap()
    }

    pub fn feel(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// All mails that came, as they came.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    /// What it is to say at this moment: nothing more at all, if it waits until the other side has had enough.
    fn reply(&self, phase: Phase, usual: &'static str, stream: &TcpStream) -> Option<()> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::SilentAt(when) if when == phase => {
                std::io::copy(&mut &*stream, &mut std::io::sink()).ok();
                return None;
            }
            Mood::Slow(pause) => std::thread::sleep(pause),
            _ => {}
        }
        let line = match mood {
            Mood::Says(when, reply) if when == phase => reply.to_owned(),
            Mood::Chatters if phase == Phase::Banner => {
                format!("220-{}\r\n", "x".repeat(98)).repeat(10_000) + "220 sink"
            }
            Mood::BreaksTls if phase == Phase::Hello => "250-sink\r\n250 STARTTLS".to_owned(),
            _ => usual.to_owned(),
        };
        (&*stream).write_all(format!("{line}\r\n").as_bytes()).ok()
    }

    fn talk(&self, stream: &TcpStream) -> Option<()> {
        let mut lines = BufReader::new(stream).lines();
        self.reply(Phase::Banner, "220 sink", stream)?;
        while let Some(Ok(line)) = lines.next() {
            match line.get(..4).unwrap_or_default().to_uppercase().as_str() {
                "EHLO" => self.reply(Phase::Hello, "250 sink", stream)?,
                "STAR" => {
                    (&*stream).write_all(b"220 go on\r\nthis is not TLS, and never will be\r\n").ok()?;
                    std::io::copy(&mut &*stream, &mut std::io::sink()).ok();
                    return None;
                }
                "MAIL" => self.reply(Phase::Mail, "250 fine", stream)?,
                "RCPT" => self.reply(Phase::Rcpt, "250 fine", stream)?,
                "DATA" => {
                    self.reply(Phase::Data, "354 go on", stream)?;
                    let mut mail = String::new();
                    for line in lines.by_ref().map_while(Result::ok) {
                        if line == "." {
                            break;
                        }
                        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                        mail.push('\n');
                    }
                    let mood = *self.mood.lock().unwrap();
                    if !matches!(mood, Mood::Says(Phase::Dot, _)) {
                        self.mails.lock().unwrap().push(mail);
                    }
                    if mood == Mood::HangsUpAfterData {
                        return None;
                    }
                    self.reply(Phase::Dot, "250 kept", stream)?;
                }
                "QUIT" => {
                    self.reply(Phase::Quit, "221 bye", stream)?;
                    return None;
                }
                _ => self.reply(Phase::Hello, "250 fine", stream)?,
            }
        }
        None
    }
}

/// The value of a header, unfolded.
pub fn header(mail: &str, name: &str) -> String {
    let head = mail.split("\n\n").next().unwrap().replace("\n ", " ");
    let prefix = format!("{name}: ");
    head.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_default().to_owned()
}
