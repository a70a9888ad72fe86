//! Waiting for what the host does after it has answered: by asking, never by a time that should be enough.

use std::time::Duration;

/// The same for a thread that may wait.
///
/// # Panics
/// After ten seconds.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..500 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not in ten seconds: {what}");
}

/// Asks until `done` says so.
///
/// # Panics
/// After ten seconds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut done: impl FnMut() -> F) {
    for _ in 0..200 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not in ten seconds: {what}");
}
