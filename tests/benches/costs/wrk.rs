//! The load: `wrk` on the same cores as what it loads, and `nginx` as what a file server without any check would do.

use std::{
    fs,
    io::{self, Write as _},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// What one run of `wrk` saw.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Load {
    pub(crate) per_second: f64,
    /// Of a hundred answers, 99 took no longer.
    pub(crate) p99: Duration,
    /// Answers that were no success, and connections that broke: the figure means nothing if there are any.
    pub(crate) failed: u64,
}

/// How to get what is not there.
pub(crate) const WRK: &str = "`wrk` is not installed (Debian: `apt-get install wrk`, macOS: `brew install wrk`)";
pub(crate) const NGINX: &str =
    "`nginx` is not installed (Debian: `apt-get install nginx-light`, macOS: `brew install nginx`)";

/// Whether a program of this name can be started.
pub(crate) fn has(program: &str) -> bool {
    Command::new(program).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Asks for `url` again and again, over connections that are kept, for `budget`.
pub(crate) fn load(url: &str, connections: u32, budget: Duration, cookie: Option<&str>) -> io::Result<Load> {
    let mut wrk = Command::new("wrk");
    wrk.args([
        "-t1",
        &format!("-c{connections}"),
        &format!("-d{}s", budget.as_secs().max(1)),
        "--timeout",
        "10s",
        "--latency",
    ]);
    if let Some(cookie) = cookie {
        wrk.args(["-H", &format!("Cookie: {cookie}")]);
    }
    let said = wrk.arg(url).stderr(Stdio::inherit()).output()?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut seen = Load::default();
    for line in said.lines().map(str::trim) {
        if let Some(figure) = line.strip_prefix("Requests/sec:") {
            seen.per_second = figure.trim().parse().unwrap_or(0.0);
        } else if let Some(figure) = line.strip_prefix("99%") {
            seen.p99 = duration(figure.trim()).unwrap_or_default();
        } else if let Some(figure) = line.strip_prefix("Non-2xx or 3xx responses:") {
            seen.failed += figure.trim().parse().unwrap_or(1);
        } else if let Some(figures) = line.strip_prefix("Socket errors:") {
            let words = figures.split([' ', ',']).filter_map(|word| word.parse::<u64>().ok());
            seen.failed += words.sum::<u64>();
        }
    }
    if seen.per_second == 0.0 {
        return Err(io::Error::other(format!("wrk said no figure: {said}")));
    }
    Ok(seen)
}

/// A time as `wrk` writes it: `731.00us`, `1.20ms`, `2.01s`.
fn duration(words: &str) -> Option<Duration> {
    let units = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0)];
    let (number, unit) = units.iter().find_map(|(name, unit)| words.strip_suffix(name).map(|rest| (rest, unit)))?;
    number.parse().ok().map(|number: f64| Duration::from_secs_f64(number * unit))
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// A process that ends with this value, and its own children with it.
#[derive(Debug)]
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Told to end, `nginx` ends its workers too; killed, it would leave them behind.
        let told = Command::new("kill").arg(self.0.id().to_string()).status();
        let by = Instant::now() + Duration::from_secs(5);
        while told.is_ok() && Instant::now() < by && matches!(self.0.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(5));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `url` answers at all.
pub(crate) fn wait_for(port: u16, within: Duration) -> io::Result<Duration> {
    let began = Instant::now();
    loop {
        match std::net::TcpStream::connect(("127.0.0.1", port)) {
            Ok(_) => return Ok(began.elapsed()),
            Err(error) if began.elapsed() > within => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// `nginx` over a folder of files, with `sendfile`, without any check.
pub(crate) fn nginx(folder: &Path) -> io::Result<(Running, u16)> {
    let port = free_port()?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let at = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("    {kind}_temp_path {at}/{kind};\n"))
        .collect();
    let config = folder.join("nginx.conf");
    fs::File::create(&config)?.write_all(
        format!(
            "daemon off;\nuser root;\nworker_processes {workers};\npid {at}/nginx.pid;\nerror_log stderr crit;\n\
             events {{ worker_connections 256; }}\n\
             http {{\n    access_log off;\n    sendfile on;\n    tcp_nopush on;\n    keepalive_requests 1000000;\n{temporary}\
             \x20   server {{ listen 127.0.0.1:{port}; root {at}; }}\n}}\n"
        )
        .as_bytes(),
    )?;
    let child = Command::new("nginx")
        .args(["-e", "stderr", "-p"])
        .arg(folder)
        .arg("-c")
        .arg(&config)
        .stderr(Stdio::null())
        .spawn()?;
    let running = Running(child);
    wait_for(port, Duration::from_secs(5))?;
    Ok((running, port))
}
