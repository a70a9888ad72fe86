//! The server as a process of its own: how fast it is there, what it holds, and signing in to it.
//!
//! The process is this program again, started with `--as-server`: it runs the same command line as the binary
//! `client-connect`, and no second build is needed for it.

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use client_connect_tests::{
    host::code_in,
    smtp::{Mail, MailServer},
};
use reqwest::{Client, Response, StatusCode, header};

use crate::{
    table::{Aim, Table},
    world::{Setup, World},
    wrk::{Running, free_port},
};

/// How a server is told from the benchmark that starts it.
pub(crate) const AS_SERVER: &str = "--as-server";

/// A server that answers.
pub(crate) struct Server {
    pub(crate) url: String,
    /// From its start to its first answer.
    pub(crate) ready: Duration,
    process: Running,
}

impl Server {
    /// Starts it over a world, with the settings that it has by itself but for the limit of requests a second: all of
    /// them come from one client here.
    pub(crate) async fn start(world: &World, mails: &MailServer) -> Setup<Self> {
        Self::start_in(world, world.folder(), mails).await
    }

    /// Another one, in a data folder of its own, on the same records, documents and keys.
    pub(crate) async fn beside(world: &World, data: &Path, mails: &MailServer) -> Setup<Self> {
        // What the first has compiled serves both.
        std::os::unix::fs::symlink(world.folder().join("cache"), data.join("cache"))?;
        Self::start_in(world, data, mails).await
    }

    async fn start_in(world: &World, data: &Path, mails: &MailServer) -> Setup<Self> {
        let port = free_port()?;
        let url = format!("http://127.0.0.1:{port}");
        let mut command = Command::new(env::current_exe()?);
        command.arg(AS_SERVER).arg("serve").arg("--data-dir").arg(data);
        command.args(["--listen", &format!("127.0.0.1:{port}"), "--requests-per-second", "0"]);
        command.args(["--mail-host", "127.0.0.1", "--mail-protection", "none"]);
        command.args(["--mail-port", &mails.address().port().to_string()]);
        if data != world.folder() {
            for (flag, of_both) in
                [("--documents-folder", "documents"), ("--key-file", "records.key"), ("--audit-key", "audit.key")]
            {
                command.arg(flag).arg(world.folder().join(of_both));
            }
        }
        command.envs(world.postgres().map(|postgres| ("CLIENT_CONNECT_DATABASE_URL", postgres)));
        // The log goes where an operator's goes: to a file.
        let log = data.with_extension("log");
        command.stdout(Stdio::null()).stderr(fs::File::create(&log)?);
        // No connection is kept: the next start need not wait until this one is drained.
        let client = Client::builder().pool_max_idle_per_host(0).build()?;
        let began = Instant::now();
        let mut process = Running(command.spawn()?);
        loop {
            match client.get(format!("{url}/readyz")).send().await {
                Ok(answer) if answer.status().is_success() => break,
                _ if began.elapsed() > Duration::from_secs(30) || process.0.try_wait()?.is_some() => {
                    return Err(format!("the server does not start: {}", fs::read_to_string(&log)?).into());
                }
                _ => thread::sleep(Duration::from_millis(1)),
            }
        }
        Ok(Self { url, ready: began.elapsed(), process })
    }

    /// Memory that the process holds, in megabytes.
    fn resident(&self) -> Setup<f64> {
        let said = Command::new("ps").args(["-o", "rss=", "-p", &self.process.0.id().to_string()]).output()?;
        let kilobytes: f64 = String::from_utf8_lossy(&said.stdout).trim().parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }
}

/// Starts it a few times, the last time for good: cold start and idle memory.
pub(crate) async fn measure(world: &World, mails: &MailServer, table: &mut Table) -> Setup<Server> {
    const STARTS: usize = 11;
    let mut server = Server::start(world, mails).await?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        drop(server);
        server = Server::start(world, mails).await?;
        starts.push(server.ready);
    }
    starts.sort_unstable();
    let median = starts[STARTS / 2];
    table.figure(
        "cold start, compile cache warm: from exec to `/readyz` answering",
        median.as_secs_f64() * 1e3,
        "ms",
        Some(Aim::Most(150.0)),
    );
    thread::sleep(Duration::from_secs(2));
    table.figure("memory of the idle server (resident)", server.resident()?, "MB", Some(Aim::Most(60.0)));
    Ok(server)
}

/// Memory after everything else.
pub(crate) fn afterwards(server: &Server, table: &mut Table) -> Setup<()> {
    table.figure("memory of the server after all the loads above (resident)", server.resident()?, "MB", None);
    Ok(())
}

/// Signs the contact in as a customer does, by a code that is mailed to them, and answers the cookie.
pub(crate) async fn sign_in(server: &Server, mails: &MailServer, address: &str) -> Setup<String> {
    let client = Client::new();
    let post = |path: &str, body: serde_json::Value| client.post(format!("{}{path}", server.url)).json(&body);
    let asked = post("/api/sign-in/portal", serde_json::json!({ "email": address })).send().await?;
    let browser = cookie(&asked, "cc_browser").ok_or_else(|| format!("no code was to be had: {}", asked.status()))?;
    let (mails, to) = (mails.clone(), address.to_owned());
    // Their other mails, of what they were shown, may come before it.
    let with_code = |mail: &Mail| code_in(&mail.text).is_some();
    let found = tokio::task::spawn_blocking(move || mails.wait_for_those(&to, 1, with_code)).await?;
    let code = found.iter().find_map(|mail| code_in(&mail.text)).ok_or("the mail has no code")?;
    let redeemed = post("/api/sign-in/portal/code", serde_json::json!({ "code": code }))
        .header(header::COOKIE, browser)
        .send()
        .await?;
    if redeemed.status() != StatusCode::OK {
        return Err(format!("the code was not taken: {}", redeemed.text().await?).into());
    }
    cookie(&redeemed, "cc_portal").ok_or_else(|| "no session".into())
}

/// `name=value` of a cookie that an answer sets.
fn cookie(answer: &Response, name: &str) -> Option<String> {
    let set = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    set.filter_map(|value| value.split(';').next()).find(|pair| pair.split('=').next() == Some(name)).map(str::to_owned)
}
