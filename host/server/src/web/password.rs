//! Passwords of staff: Argon2id (19 MiB, two passes), never more than a few at once.

use std::sync::OnceLock;

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use super::problem::Problem;
use crate::app::SharedApp;

/// No password is longer, in bytes.
pub const LONGEST: usize = 1024;
/// No password that is set is shorter, in characters.
pub const SHORTEST: usize = 12;
/// How many may wait for their turn; who comes after is asked to come again.
const QUEUE: usize = 64;
/// How many are hashed at once: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;

/// Turns for hashing.
#[derive(Debug)]
pub struct Turns {
    queue: Semaphore,
    running: Semaphore,
}

impl Default for Turns {
    fn default() -> Self {
        Self { queue: Semaphore::new(QUEUE), running: Semaphore::new(AT_ONCE) }
    }
}

/// The PHC string of a password.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn hash(password: &str) -> Result<String, String> {
    if password.chars().count() < SHORTEST {
        return Err(format!("A password has at least {SHORTEST} characters."));
    }
    if password.len() > LONGEST {
        return Err(format!("A password has at most {LONGEST} bytes."));
    }
    phc(password)
}

/// The PHC string of a password of any length.
///
/// # Errors
/// What the hash says is wrong.
pub fn phc(password: &str) -> Result<String, String> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

/// Whether the password is the one of this PHC string. Takes as long where there is no string.
///
/// # Errors
/// `busy`, if too many wait already.
pub async fn verify(app: &SharedApp, password: String, phc: Option<String>) -> Result<bool, Problem> {
    let busy = || Problem::unavailable("busy", "Too many sign in at once.", 2);
    let _queued = app.passwords.queue.try_acquire().map_err(|_| busy())?;
    let _turn = app.passwords.running.acquire().await.map_err(|_| busy())?;
    super::blocking(app, move |_| {
        let known = phc.is_some();
        let phc = phc.as_deref().unwrap_or_else(|| nobody());
        Ok(Argon2::default().verify_password(password.as_bytes(), phc).is_ok() && known)
    })
    .await
}

/// A hash that stands in where there is none.
fn nobody() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        Argon2::default().hash_password(b"nobody's password").map(|hash| hash.to_string()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_argon2id_with_19_mib_and_two_passes() {
        let phc = hash("a password long enough").unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(Argon2::default().verify_password(b"a password long enough", phc.as_str()).is_ok());
        assert!(Argon2::default().verify_password(b"another one", phc.as_str()).is_err());
        assert!(hash("too short").is_err());
    }
}
