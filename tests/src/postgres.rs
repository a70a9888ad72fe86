//! PostgreSQL servers of the tests' own, gone with the process that started them. Each test has a database to itself.

use std::{
    env, fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use crate::browser::ALL;

/// A server: where its socket is. It ends with this value.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    socket: PathBuf,
    /// Its input is open for as long as this value is there.
    _shell: Child,
}

/// Settings of a server in which nobody looks for anything after the machine has lost its power.
const HASTY: &[&str] = &["fsync=off"];
/// Those of one that may be asked how long it takes: what it has acknowledged is on the disk.
const DURABLE: &[&str] = &["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// What is said where there is none.
pub const MISSING: &str = "there is no PostgreSQL; .ci/test-tools installs it";

/// The address of a fresh database; none where there is no PostgreSQL, which is said.
///
/// # Panics
/// If it is there and does not work, or all tests are to be run and it is not there.
pub fn database() -> Option<String> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let Some(server) = SERVER.get_or_init(|| programs().map(|programs| Server::start(programs, HASTY))) else {
        assert!(env::var(ALL).as_deref() != Ok("all"), "{MISSING}");
        eprintln!("NOT TESTED: {MISSING}");
        return None;
    };
    Some(server.database())
}

/// Where Debian puts the newest, or whatever `PATH` has.
fn programs() -> Option<PathBuf> {
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

impl Server {
    /// One that waits for the disk, as one does that works for a firm; none where there is no PostgreSQL.
    ///
    /// # Panics
    /// If it is there and does not work.
    pub fn durable() -> Option<Self> {
        programs().map(|programs| Self::start(programs, DURABLE))
    }

    /// The address of a fresh database.
    ///
    /// # Panics
    /// If none can be made.
    pub fn database(&self) -> String {
        let name = format!("t{}", client_connect::store::new_id());
        self.run("createdb", &["--template", "template0", &name]);
        let socket = self.socket.to_string_lossy().replace('/', "%2F");
        format!("postgres://postgres@{socket}/{name}")
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

    fn start(programs: PathBuf, settings: &[&str]) -> Self {
        // Kept beyond this function, and taken away by the shell below.
        let socket = tempfile::Builder::new().prefix("cc-pg").tempdir().expect("a folder").keep();
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o755)).expect("a folder that others may enter");
        let data = socket.join("data");
        fs::create_dir(&data).expect("a folder");
        for folder in [&socket, &data] {
            if is_root() {
                let given = Command::new("chown").arg("postgres").arg(folder).status();
                assert!(given.is_ok_and(|given| given.success()), "the folder is the server's");
            }
        }
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
        shell.args(["-c", "listen_addresses=", "-c", "max_connections=400"]);
        shell.args(settings.iter().flat_map(|setting| ["-c", setting]));
        let log = fs::File::create(socket.join("log")).expect("a log");
        let started = shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log).spawn();
        let server = Self { programs, socket, _shell: started.expect("sh") };
        let ready = || {
            let asked = server.command("pg_isready").arg("--quiet").status();
            asked.is_ok_and(|asked| asked.success())
        };
        crate::wait::until("PostgreSQL serves", ready);
        server
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("--host").arg(&self.socket).args(["--username", "postgres"]);
        command
    }

    fn run(&self, program: &str, args: &[&str]) {
        let ran = self.command(program).args(args).output().expect("a program of PostgreSQL's");
        assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}
