//! Apache's WebDAV, on a free port of the loopback interface, behind a password.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub(super) const USER: &str = "client connect";
pub(super) const PASSWORD: &str = "pass: word ü";

/// The server. It ends when this is dropped.
pub(super) struct Apache {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Apache {
    /// None where it is not installed: that is said, and fails where all tests are asked for.
    pub(super) fn start(folder: &Path) -> Option<Self> {
        let program = Path::new("/usr/sbin/apache2");
        if !program.is_file() {
            let all = std::env::var("CLIENT_CONNECT_TESTS").is_ok_and(|what| what == "all");
            assert!(!all, "Apache is missing: .ci/test-tools installs it");
            eprintln!("NOT TESTED: Apache is missing; .ci/test-tools installs it");
            return None;
        }
        let at = folder.to_str().unwrap();
        fs::create_dir_all(folder.join("root/firm files")).unwrap();
        // Free a moment ago, and asked for by nobody else.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        // The digest that Apache reads beside its own: of SHA-1, in base64.
        let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, PASSWORD.as_bytes());
        let digest = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, digest.as_ref());
        fs::write(folder.join("users"), format!("{USER}:{{SHA}}{digest}\n")).unwrap();
        let modules =
            ["mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "dav", "dav_fs"];
        let modules: String = modules
            .map(|module| format!("LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so\n"))
            .concat();
        // Files are written by the same user who writes them beside it.
        let settings = format!(
            "ServerName 127.0.0.1\nListen 127.0.0.1:{port}\nPidFile {at}/pid\nErrorLog {at}/errors\nMutex file:{at}\n\
             DefaultRuntimeDir {at}\n{modules}DavLockDB {at}/locks\nDocumentRoot \"{at}/root\"\nLimitRequestBody 0\n\
             <Directory \"{at}/root\">\nDav On\nAuthType Basic\nAuthName files\nAuthUserFile {at}/users\n\
             Require valid-user\n</Directory>\n"
        );
        fs::write(folder.join("httpd.conf"), settings).unwrap();
        let mut permissions = fs::metadata(folder).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
        fs::set_permissions(folder, permissions).unwrap();
        let mut command = Command::new(program);
        command.arg("-f").arg(folder.join("httpd.conf")).arg("-X").stdout(Stdio::null()).stderr(Stdio::null());
        let this = Self { child: command.spawn().unwrap(), port, folder: folder.to_owned() };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let said = fs::read_to_string(folder.join("errors")).unwrap_or_default();
            assert!(began.elapsed() < Duration::from_secs(20), "Apache does not begin to answer: {said}");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(this)
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/firm%20files", self.port)
    }

    /// What it serves, as a folder of this machine.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.join("root/firm files")
    }
}

impl Drop for Apache {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
