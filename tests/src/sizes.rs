//! How often a test tries what it has to try many times: a short run, which finds what is broken, and a long one, which
//! looks for what is rare. `CLIENT_CONNECT_TESTS_LONG=all` asks for the long one of every test.

use std::{env, str::FromStr};

/// The environment variable that asks for the longer size of each test; its value is `all`.
pub const LONG: &str = "CLIENT_CONNECT_TESTS_LONG";

/// `short`, or `long` where the longer sizes are asked for.
pub fn size<T>(short: T, long: T) -> T {
    if env::var(LONG).as_deref() == Ok("all") { long } else { short }
}

/// What the environment variable says, and [`size`] where there is none.
///
/// # Panics
/// If the variable says something else than a number.
pub fn size_by<T: FromStr>(variable: &str, short: T, long: T) -> T {
    let Ok(said) = env::var(variable) else { return size(short, long) };
    said.parse().unwrap_or_else(|_| panic!("{variable} is no number: {said}"))
}
