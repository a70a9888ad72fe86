//! PostgreSQL servers of the tests' own, gone with the process that started them. Each test has a database to itself.

use std::{
    env, fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use crate::{
    browser::missing,
    tls::{Certificates, certificates},
};

/// A server: where its socket is. It ends with this value.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    socket: PathBuf,
    port: u16,
    /// Its input is open for as long as this value is there.
    _shell: Child,
}

/// Settings of a server in which nobody looks for anything after the machine has lost its power.
const HASTY: &[&str] = &["fsync=off"];
/// Those of one that may be asked how long it takes: what it has acknowledged is on the disk.
const DURABLE: &[&str] = &["fsync=on", "synchronous_commit=on", "full_page_writes=on"];
/// What a table says where there is none.
pub const MISSING: &str = "there is no PostgreSQL; .ci/test-tools installs it";

/// Where it is one's own socket that it is reached by.
const PORT: u16 = 5432;

/// The address of a fresh database; none where there is no PostgreSQL, which is said.
///
/// # Panics
/// If it is there and does not work, or all tests are to be run and it is not there.
pub fn database() -> Option<String> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || programs().map(|programs| Server::start(programs, PORT, HASTY));
    SERVER.get_or_init(start).as_ref().map(Server::database)
}

/// A server that is reached over the network, as `localhost`, and by TLS alone.
#[derive(Debug)]
pub struct OverTls {
    /// The address of a fresh database.
    pub url: String,
    /// What its certificate is signed with.
    pub authority: PathBuf,
    _server: Server,
}

/// The same over the network; none where something for it is missing, which is said.
///
/// # Panics
/// As [`database`].
pub fn database_over_tls() -> Option<OverTls> {
    let programs = programs()?;
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("a folder that others may enter");
    let Certificates { authority, certificate, key } = certificates(folder.path(), "localhost")?;
    // The server wants its key for itself alone.
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("its own file");
    give(&key);
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let file = |name: &str, path: &Path| format!("{name}={}", path.display());
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        "ssl=on".to_owned(),
        file("ssl_cert_file", &certificate),
        file("ssl_key_file", &key),
    ];
    let settings: Vec<&str> = settings.iter().map(String::as_str).chain(HASTY.iter().copied()).collect();
    let server = Server::start(programs, port, &settings);
    // Who comes over the network without TLS is not heard.
    let rules = "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
    fs::write(server.socket.join("data/pg_hba.conf"), rules).expect("who may come in");
    server.run("psql", &["--quiet", "--command", "SELECT pg_reload_conf()"]);
    let kept = server.socket.join("ca.pem");
    fs::copy(authority, &kept).expect("a copy");
    let database = server.database();
    let (_, name) = database.rsplit_once('/').expect("an address");
    Some(OverTls { url: format!("postgres://postgres@localhost:{port}/{name}"), authority: kept, _server: server })
}

/// Where Debian puts the newest, or whatever `PATH` has; none, once that was said aloud, where there is none.
fn programs() -> Option<PathBuf> {
    let found = found();
    if found.is_none() {
        missing("PostgreSQL", ".ci/test-tools");
    }
    found
}

fn found() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .collect();
    places.sort();
    let mut all = places.into_iter().rev().map(|(_, place)| place).collect::<Vec<_>>();
    all.extend(env::split_paths(&env::var_os("PATH")?));
    all.into_iter().find(|place| place.join("initdb").is_file() && place.join("postgres").is_file())
}

/// What is run as the user who may run it: the server refuses root.
fn as_owner(program: &Path) -> Command {
    if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// Whether this process is the superuser's.
fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Makes it the server's own.
fn give(path: &Path) {
    if is_root() {
        let given = Command::new("chown").arg("postgres").arg(path).status();
        assert!(given.is_ok_and(|given| given.success()), "{} is the server's", path.display());
    }
}

impl Server {
    /// One that waits for the disk, as one does that works for a firm; none where there is no PostgreSQL.
    ///
    /// # Panics
    /// If it is there and does not work.
    pub fn durable() -> Option<Self> {
        programs().map(|programs| Self::start(programs, PORT, DURABLE))
    }

    /// The address of a fresh database.
    ///
    /// # Panics
    /// If none can be made.
    pub fn database(&self) -> String {
        let name = format!("t{}", client_connect::store::new_id());
        self.run("createdb", &["--template", "template0", &name]);
        let socket = self.socket.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{socket}:{}/{name}", self.port)
    }

    /// Does now what it would do by itself some time after much was written to this database, given by its address: so
    /// that none of it falls on what is measured next.
    ///
    /// # Panics
    /// If it does not do it.
    pub fn settle(&self, database: &str) {
        let (_, name) = database.rsplit_once('/').expect("an address");
        self.run("psql", &["--quiet", "--dbname", name, "--command", "VACUUM (ANALYZE)", "--command", "CHECKPOINT"]);
    }

    fn start(programs: PathBuf, port: u16, settings: &[&str]) -> Self {
        // Kept beyond this function, and taken away by the shell below.
        let socket = tempfile::Builder::new().prefix("cc-pg").tempdir().expect("a folder").keep();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o755)).expect("a folder that others may enter");
        let data = socket.join("data");
        fs::create_dir(&data).expect("a folder");
        give(&socket);
        give(&data);
        let made = as_owner(&programs.join("initdb"))
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--pgdata",
            ])
            .arg(&data)
            .output()
            .expect("initdb");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        // The shell outlives the tests by the moment in which it ends the server, as its input ends with them.
        let program = as_owner(&programs.join("postgres"));
        let mut shell = Command::new("sh");
        shell.args(["-c", "\"$@\" & read -r _; kill -QUIT $!; wait; rm -rf \"$0\""]).arg(&socket);
        shell.arg(program.get_program()).args(program.get_args()).arg("-D").arg(&data).arg("-k").arg(&socket);
        shell.args(["-c", "listen_addresses=", "-c", "max_connections=400"]).arg("-p").arg(port.to_string());
        shell.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let log = fs::File::create(socket.join("log")).expect("a log");
        let started = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).spawn();
        let server = Self { programs, socket, port, _shell: started.expect("sh") };
        let ready = || {
            let asked = server.command("pg_isready").arg("--quiet").status();
            asked.is_ok_and(|asked| asked.success())
        };
        crate::wait::until("PostgreSQL serves", ready);
        server
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .arg("--host")
            .arg(&self.socket)
            .arg("--port")
            .arg(self.port.to_string())
            .args(["--username", "postgres"]);
        command
    }

    fn run(&self, program: &str, args: &[&str]) {
        let ran = self.command(program).args(args).output().expect("a program of PostgreSQL's");
        assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}
