//! What this host talks to over the network: nobody can read on the way what is sent there.

use std::net::IpAddr;

use axum::http::Uri;

/// Accepts `https`, and plain `http` to this machine itself.
///
/// # Errors
/// What is wrong with the address.
pub(crate) fn safe(address: &str) -> Result<(), &'static str> {
    let uri: Uri = address.parse().map_err(|_| "the address is none")?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let here = || host == "localhost" || host.parse::<IpAddr>().is_ok_and(|host| host.is_loopback());
    match uri.scheme_str() {
        _ if host.is_empty() => Err("the address names no host"),
        Some("https") => Ok(()),
        Some("http") if here() => Ok(()),
        Some("http") => Err("the address is plain http to another machine"),
        _ => Err("the address is neither https nor http"),
    }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn https_and_this_machine_are_reached_and_nothing_else() {
        for good in ["https://a.example/b", "http://127.0.0.1:81/", "http://[::1]/", "http://localhost/"] {
            assert_eq!(safe(good), Ok(()), "{good}");
        }
        for bad in [
            "http://a.example",
            "http://localhost.example/",
            "http://127.0.0.1.example/",
            "ftp://127.0.0.1/",
            "/a",
            "a.example",
            "",
        ] {
            assert!(safe(bad).is_err(), "{bad}");
        }
    }
}
