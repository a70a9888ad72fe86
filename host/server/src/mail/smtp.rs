//! How mails leave: over SMTP, or in the demo into the mailbox page.

use std::{net::IpAddr, sync::Arc, time::Duration};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::{ExposeSecret, SecretString};

/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// How the way to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// STARTTLS, or no mail.
    StartTls,
    /// TLS from the first byte.
    Implicit,
    /// None: only to a server on the same machine.
    None,
}

/// The mail server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name, which its certificate must bear.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is protected.
    pub protection: Protection,
    /// A name and a password, if it asks for them.
    pub credentials: Option<(String, SecretString)>,
    /// How this host calls itself.
    pub hello: String,
    /// For a whole mail, from connecting to the server's word that it has it.
    pub timeout: Duration,
}

/// Where mails go.
#[derive(Clone)]
pub enum Mailer {
    /// To a mail server.
    Smtp(Arc<Way>),
    /// To the mailbox page: the demo.
    Mailbox,
    /// Nowhere: letters wait.
    Off,
}

/// The way to a mail server. Each mail goes over a connection of its own: one that broke off within a mail would answer the
/// next with what was meant for this.
pub struct Way {
    server: Server,
    tls: Option<TlsParameters>,
}

impl Way {
    /// Connects, and hands a mail over.
    async fn send(&self, message: &Message) -> Result<AsyncSmtpConnection, Error> {
        let server = &self.server;
        let hello = ClientId::Domain(server.hello.clone());
        let first = self.tls.clone().filter(|_| server.protection == Protection::Implicit);
        let address = (server.host.as_str(), server.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(server.timeout), &hello, first, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| server.protection == Protection::StartTls) {
            // An error if the server has no TLS.
            connection.starttls(tls, &hello).await?;
        }
        if let Some((user, password)) = &server.credentials {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        connection.send(message.envelope(), &message.formatted()).await?;
        Ok(connection)
    }
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Smtp(_) => "Smtp",
            Self::Mailbox => "Mailbox",
            Self::Off => "Off",
        })
    }
}

/// Why a mail did not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Trying again will not help.
    pub for_good: bool,
    /// A reply code and a word; never an address or a text.
    pub said: String,
}

impl Mailer {
    /// To a mail server; nothing is connected yet.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the settings.
    pub fn smtp(server: &Server) -> Result<Self, String> {
        let tls = match server.protection {
            Protection::StartTls | Protection::Implicit => Some(
                TlsParameters::new(server.host.clone()).map_err(|error| format!("TLS for the mail server: {error}"))?,
            ),
            Protection::None if is_loopback(&server.host) => None,
            Protection::None => {
                return Err("mail without TLS goes to this machine only (127.0.0.1, ::1, localhost)".to_owned());
            }
        };
        Ok(Self::Smtp(Arc::new(Way { server: server.clone(), tls })))
    }

    /// Hands a mail over. Done once the server has said that it has it.
    ///
    /// # Errors
    /// Why it has not.
    pub async fn send(&self, message: Message) -> Result<(), Undelivered> {
        match self {
            Self::Smtp(way) => match tokio::time::timeout(way.server.timeout, way.send(&message)).await {
                Ok(Ok(mut connection)) => {
                    // It has left: the server may take its time to say goodbye.
                    tokio::spawn(tokio::time::timeout(GOODBYE, async move { connection.abort().await }));
                    Ok(())
                }
                Ok(Err(error)) => Err(undelivered(&error)),
                Err(_) => Err(Undelivered { for_good: false, said: "timeout".to_owned() }),
            },
            Self::Mailbox => Ok(()),
            Self::Off => Err(Undelivered { for_good: false, said: "no mail server is set".to_owned() }),
        }
    }

    /// Whether the mailbox page is to be shown.
    pub fn is_mailbox(&self) -> bool {
        matches!(self, Self::Mailbox)
    }
}

fn undelivered(error: &Error) -> Undelivered {
    let code = error.status().map(u16::from);
    // A server that does not want our name and password, or wants TLS, speaks of the settings, not of the recipient.
    let of_the_settings = matches!(code, Some(530 | 534 | 535 | 538 | 500..=504));
    let word = match code {
        Some(400..=499) => "not now",
        Some(_) if of_the_settings => "the server refuses this host",
        Some(_) => "refused",
        None if error.is_timeout() => "timeout",
        None if error.is_tls() => "TLS failed",
        None if error.is_client() => "the server lacks what is required",
        None => "no connection",
    };
    Undelivered {
        for_good: error.is_permanent() && !of_the_settings,
        said: code.map_or_else(|| word.to_owned(), |code| format!("{code} {word}")),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_without_tls_stays_on_this_machine() {
        let mut server = Server {
            host: "mail.example.com".to_owned(),
            port: 25,
            protection: Protection::None,
            credentials: None,
            hello: "localhost".to_owned(),
            timeout: Duration::from_secs(1),
        };
        assert!(Mailer::smtp(&server).is_err());
        server.host = "127.0.0.1".to_owned();
        assert!(tokio::runtime::Runtime::new().unwrap().block_on(async { Mailer::smtp(&server).is_ok() }));
    }
}
