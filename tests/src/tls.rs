//! Certificates of the tests' own, made by `openssl`: an authority, and a server's that it has signed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::browser::missing;

/// Where they lie.
#[derive(Clone, Debug)]
pub struct Certificates {
    /// The authority's, which whoever asks the server trusts.
    pub authority: PathBuf,
    /// The server's.
    pub certificate: PathBuf,
    /// The server's key.
    pub key: PathBuf,
}

/// For a server that is called `name`; none, once that was said aloud, without `openssl`.
///
/// # Panics
/// If they cannot be made.
pub fn certificates(folder: &Path, name: &str) -> Option<Certificates> {
    if Command::new("openssl").arg("version").output().is_err() {
        missing("openssl", ".ci/test-tools");
        return None;
    }
    let path = |file: &str| folder.join(file);
    let made = Certificates { authority: path("ca.pem"), certificate: path("server.pem"), key: path("server.key") };
    let openssl = |words: &str, more: &[&Path]| {
        let mut command = Command::new("openssl");
        let ran = command.current_dir(folder).args(words.split(' ')).args(more).output().expect("openssl");
        assert!(ran.status.success(), "{words}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    let key = "req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("{key} -x509 -days 2 -subj /CN=tests -keyout ca.key -out"), &[&made.authority]);
    openssl(&format!("{key} -subj /CN={name} -keyout server.key -out server.csr"), &[]);
    fs::write(path("names"), format!("subjectAltName=DNS:{name}\n")).expect("a file");
    openssl(
        "x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out",
        &[&made.certificate],
    );
    Some(made)
}
