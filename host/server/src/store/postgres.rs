//! The records in PostgreSQL, beside any number of other hosts: what the host insists on in its sessions, and the schema.

use std::{
    net::IpAddr,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use client_connect_runtime::backend::Mode;
use rustls::ClientConfig;
use sha2::{Digest, Sha256};
use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};

use super::{
    driver::{self, Connection, Result},
    sql,
};
use crate::reach;

/// What makes the schema, in this order. What was released is never edited. From the second on, each only adds, and is done
/// in a moment: hosts of the version before go on serving meanwhile and afterwards.
const MIGRATIONS: [&str; 2] =
    [include_str!("../../postgres/V1__first.sql"), include_str!("../../postgres/V2__tree.sql")];

/// For how long a step waits for those who use a table that it changes. Whoever wants the table next waits behind it, so it
/// is not long; and it is less than the second after which the server ends one of those who wait for each other.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long the others have to themselves before it is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// When it is given up.
const IN_ALL: Duration = Duration::from_secs(60);

/// Where the database is.
#[derive(Clone, Debug)]
pub struct Postgres {
    config: Config,
    statement: Duration,
    tls: Arc<ClientConfig>,
    more: Vec<String>,
}

impl Postgres {
    /// By its address, `postgres://…`; `statement` is how long it may work for one statement, `ca` a file of the certificates
    /// (PEM) that its own is signed with, if it is not of the public ones.
    ///
    /// Another machine is spoken to over TLS alone, unless the address says `sslmode=disable`.
    ///
    /// # Errors
    /// What is wrong with the address, without what stands in it, or with the file.
    pub fn new(url: &str, statement: Duration, ca: Option<&Path>) -> std::result::Result<Self, String> {
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| error.to_string())?;
        if config.get_hosts().iter().all(|host| matches!(host, Host::Unix(_))) {
            // There is nobody on the way, and no name to look at.
            config.ssl_mode(SslMode::Disable);
        } else if config.get_ssl_mode() == SslMode::Prefer && (ca.is_some() || !is_here(&config)) {
            config.ssl_mode(SslMode::Require);
        }
        // A copy that lags behind would show what was taken away.
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("client-connect");
        }
        Ok(Self { config, statement, tls: Arc::new(reach::tls(ca)?), more: Vec::new() })
    }

    /// With one more step of the schema than this version has: what hosts of this version will make of the next one's, for
    /// tests.
    #[must_use]
    pub fn with_step(mut self, script: &str) -> Self {
        self.more.push(script.to_owned());
        self
    }

    pub(super) fn connect(&self) -> Result<Connection> {
        Connection::to_postgres(&self.config, self.statement, &self.tls)
    }

    /// Looks at how the server is set up, and brings the schema up to this version's; one host at a time.
    pub(super) fn prepare(&self, connection: &Connection) -> std::result::Result<(), String> {
        let said = |error: driver::Error| error.to_string();
        let setting = |name: &str| -> std::result::Result<String, String> {
            connection.query_row(&["SHOW ", name].concat(), [], |row| row.get(0)).map_err(said)
        };
        for (name, good) in [("synchronous_commit", &["on", "remote_apply"][..]), ("server_encoding", &["UTF8"])] {
            let is = setting(name)?;
            if !good.contains(&is.as_str()) {
                return Err(format!("{name} is {is}, and has to be {}", good.join(" or ")));
            }
        }
        let patient = format!("SET statement_timeout = 0; SET lock_timeout = {}", PATIENCE.as_millis());
        connection.execute_batch(&patient).map_err(said)?;
        let steps: Vec<&str> = MIGRATIONS.into_iter().chain(self.more.iter().map(String::as_str)).collect();
        let until = Instant::now() + IN_ALL;
        let migrated = loop {
            let tried = migrate(connection, &steps);
            connection.undo();
            match tried {
                Err(error) if sql::is_busy(&error) && Instant::now() < until => {
                    tracing::warn!(%error, "others use the tables, or bring the schema up themselves; tried again in a second");
                    thread::sleep(PAUSE);
                }
                Err(error) => break Err(said(error)),
                Ok(migrated) => break migrated,
            }
        };
        connection.execute_batch("RESET statement_timeout; RESET lock_timeout").map_err(said)?;
        migrated
    }
}

/// Whether nothing leaves this machine.
fn is_here(config: &Config) -> bool {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()),
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(host) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

/// One try, in one transaction, among the writers of all hosts. Either error leaves nothing; the inner one is for good.
fn migrate(connection: &Connection, steps: &[&str]) -> Result<std::result::Result<(), String>> {
    connection.begin(Mode::Write)?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_history (version bigint PRIMARY KEY, made_by text NOT NULL)",
    )?;
    let known: Vec<String> = connection
        .prepare("SELECT made_by FROM schema_history ORDER BY version")
        .and_then(|mut found| found.query_map([], |row| row.get(0))?.collect())?;
    if known.len() > steps.len() {
        return Ok(Err(format!(
            "its schema is of a newer version: {} steps, and {} are known",
            known.len(),
            steps.len()
        )));
    }
    for (at, script) in steps.iter().enumerate() {
        let hash = hex::encode(Sha256::digest(script));
        match known.get(at) {
            Some(made_by) if *made_by == hash => {}
            Some(_) => return Ok(Err(format!("step {} of its schema is not the one of this version", at + 1))),
            None => {
                connection.execute_batch(script)?;
                let version = i64::try_from(at + 1).unwrap_or(i64::MAX);
                connection.execute("INSERT INTO schema_history (version, made_by) VALUES (?1, ?2)", (version, hash))?;
            }
        }
    }
    connection.commit().map(Ok)
}

#[cfg(test)]
mod tests;
