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

/// How it behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Accepts,
    /// Answers each recipient with this.
    Refuses(&'static str),
    /// Takes the mail and hangs up before it says so.
    HangsUpAfterData,
    /// Never says anything.
    Silent,
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

    pub fn mailer(&self) -> Mailer {
        Mailer::smtp(&Server {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            protection: Protection::None,
            credentials: None,
            hello: "localhost".to_owned(),
            timeout: Duration::from_secs(2),
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

    fn talk(&self, stream: &TcpStream) -> Option<()> {
        let mood = || *self.mood.lock().unwrap();
        if mood() == Mood::Silent {
            std::thread::sleep(Duration::from_secs(10));
            return None;
        }
        let mut out = stream;
        let mut lines = BufReader::new(stream).lines();
        let mut say = |line: &str| out.write_all(format!("{line}\r\n").as_bytes()).ok();
        say("220 sink")?;
        while let Some(Ok(line)) = lines.next() {
            if mood() == Mood::Silent {
                std::thread::sleep(Duration::from_secs(10));
                return None;
            }
            let verb = line.get(..4).unwrap_or_default().to_uppercase();
            match (verb.as_str(), mood()) {
                ("QUIT", _) => {
                    say("221 bye")?;
                    return None;
                }
                ("RCPT", Mood::Refuses(reply)) => say(reply)?,
                ("DATA", _) => {
                    say("354 go on")?;
                    let mut mail = String::new();
                    for line in lines.by_ref().map_while(Result::ok) {
                        if line == "." {
                            break;
                        }
                        mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                        mail.push('\n');
                    }
                    self.mails.lock().unwrap().push(mail);
                    if mood() == Mood::HangsUpAfterData {
                        return None;
                    }
                    say("250 kept")?;
                }
                _ => say("250 fine")?,
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
