//! What this host talks to over the network: nobody can read on the way what is sent there.

use std::{net::IpAddr, path::Path, sync::Arc};

use axum::http::Uri;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};

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

/// How certificates are looked at: they have to be signed with one of this file's (PEM), or with one of those that the public
/// has agreed on, and to name who was asked for.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn tls(ca: Option<&Path>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    match ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let failed = |error: String| format!("{}: {error}", file.display());
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| failed(error.to_string()))? {
                let certificate = certificate.map_err(|error| failed(error.to_string()))?;
                roots.add(certificate).map_err(|error| failed(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(failed("there is no certificate in it".to_owned()));
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::{safe, tls};

    #[test]
    fn a_file_of_certificates_has_to_be_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        assert!(tls(Some(&file)).unwrap_err().contains("ca.pem"), "it is not there");
        std::fs::write(&file, "no certificate").unwrap();
        assert!(tls(Some(&file)).unwrap_err().contains("no certificate"));
        assert!(tls(None).is_ok());
    }

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
