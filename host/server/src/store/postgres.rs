//! The records in PostgreSQL, beside any number of other hosts: what the host insists on in its sessions, and the schema.

use std::{net::IpAddr, path::Path, sync::Arc, time::Duration};

use client_connect_runtime::backend::Mode;
use rustls::ClientConfig;
use sha2::{Digest, Sha256};
use tokio_postgres::{
    Config,
    config::{Host, SslMode, TargetSessionAttrs},
};

use super::driver::{self, Connection, Result};
use crate::reach;

/// What makes the schema, in this order. What was released is never edited.
const MIGRATIONS: [&str; 2] =
    [include_str!("../../postgres/V1__first.sql"), include_str!("../../postgres/V2__tree.sql")];

/// Where the database is.
#[derive(Clone, Debug)]
pub struct Postgres {
    config: Config,
    statement: Duration,
    tls: Arc<ClientConfig>,
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
        Ok(Self { config, statement, tls: Arc::new(reach::tls(ca)?) })
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
        connection.begin(Mode::Write).map_err(said)?;
        let migrated = migrate(connection).and_then(|()| connection.commit().map_err(said));
        connection.undo();
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

fn migrate(connection: &Connection) -> std::result::Result<(), String> {
    let said = |error: driver::Error| error.to_string();
    connection
        .execute_batch(
            "SET LOCAL statement_timeout = 0;
             CREATE TABLE IF NOT EXISTS schema_history (version bigint PRIMARY KEY, made_by text NOT NULL)",
        )
        .map_err(said)?;
    let known: Vec<String> = connection
        .prepare("SELECT made_by FROM schema_history ORDER BY version")
        .and_then(|mut found| found.query_map([], |row| row.get(0))?.collect())
        .map_err(said)?;
    if known.len() > MIGRATIONS.len() {
        return Err(format!(
            "its schema is of a newer version: {} steps, and {} are known",
            known.len(),
            MIGRATIONS.len()
        ));
    }
    for (at, script) in MIGRATIONS.iter().enumerate() {
        let hash = hex::encode(Sha256::digest(script));
        match known.get(at) {
            Some(made_by) if *made_by == hash => {}
            Some(_) => return Err(format!("step {} of its schema is not the one of this version", at + 1)),
            None => {
                connection.execute_batch(script).map_err(said)?;
                let version = i64::try_from(at + 1).unwrap_or(i64::MAX);
                connection
                    .execute("INSERT INTO schema_history (version, made_by) VALUES (?1, ?2)", (version, hash))
                    .map_err(said)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_spoken_to_over_tls() {
        for (url, mode) in [
            ("postgres://a:b@db.example/c", SslMode::Require),
            ("postgres://a:b@10.0.0.1/c?sslmode=prefer", SslMode::Require),
            ("postgres://a@localhost,db.example/c", SslMode::Require),
            ("postgres://a:b@db.example/c?sslmode=disable", SslMode::Disable),
            ("postgres://a@localhost/c", SslMode::Prefer),
            ("postgres://a@127.0.0.1/c?sslmode=require", SslMode::Require),
            ("postgres://a@%2Ftmp/c", SslMode::Disable),
        ] {
            let postgres = Postgres::new(url, Duration::from_secs(1), None).unwrap();
            assert_eq!(postgres.config.get_ssl_mode(), mode, "{url}");
        }
    }
}
