//! What is set of an identity provider: a table `[[oidc]]` in the file of settings, as many as there are.

use std::path::Path;

use secrecy::SecretString;
use serde::Deserialize;

use crate::reach;

/// A firm's identity provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// A word for it, which is part of an address.
    pub name: String,
    /// What it calls itself, to the letter.
    pub issuer: String,
    /// What it calls this host.
    pub client_id: String,
    /// With what this host shows it that it is.
    pub client_secret: SecretString,
    /// The firm whose people it knows, by id or name.
    pub firm: String,
    /// What stands on the button.
    pub label: String,
}

/// What is wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("[[oidc]]: {0}")]
pub struct ProviderError(pub String);

/// A table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Written {
    name: String,
    issuer: String,
    #[serde(alias = "client_id")]
    client_id: String,
    #[serde(alias = "client_secret_file")]
    client_secret_file: String,
    firm: String,
    #[serde(default)]
    label: Option<String>,
}

impl Provider {
    /// Understands the tables.
    ///
    /// # Errors
    /// What is wrong with the first that cannot be used.
    pub fn all(tables: &[toml::Value]) -> Result<Vec<Self>, ProviderError> {
        let mut all: Vec<Self> = Vec::new();
        for table in tables {
            let provider = Self::one(table.clone())?;
            if all.iter().any(|other| other.name == provider.name) {
                return Err(ProviderError(format!("there are two of the name {:?}", provider.name)));
            }
            all.push(provider);
        }
        Ok(all)
    }

    fn one(table: toml::Value) -> Result<Self, ProviderError> {
        let wrong = |said: String| Err(ProviderError(said));
        let written: Written = table.try_into().map_err(|error: toml::de::Error| ProviderError(error.to_string()))?;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=40).contains(&written.name.len()) || !written.name.bytes().all(plain) {
            return wrong(format!("{:?} is no name: lower-case letters, digits and hyphens", written.name));
        }
        if reach::safe(&written.issuer).is_err() {
            return wrong(format!("the issuer {:?} is no https address", written.issuer));
        }
        if written.client_id.is_empty() || written.firm.is_empty() {
            return wrong("client-id and firm must not be empty".into());
        }
        let secret = std::fs::read_to_string(Path::new(&written.client_secret_file))
            .map_err(|error| ProviderError(format!("{}: {error}", written.client_secret_file)))?;
        let secret = secret.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return wrong(format!("{} is empty", written.client_secret_file));
        }
        let label = written.label.unwrap_or_else(|| format!("Sign in with {}", written.name));
        let Written { name, issuer, client_id, firm, .. } = written;
        Ok(Self { name, issuer, client_id, client_secret: SecretString::from(secret.to_owned()), firm, label })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(toml: &str) -> Result<Vec<Provider>, ProviderError> {
        let table: toml::Table = toml.parse().unwrap();
        Provider::all(table["oidc"].as_array().unwrap())
    }

    #[test]
    fn a_table_is_understood_and_its_secret_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let (file, empty) = (folder.path().join("secret"), folder.path().join("empty"));
        std::fs::write(&file, "s3cret\n").unwrap();
        std::fs::write(&empty, "\n").unwrap();
        let table = |name: &str, issuer: &str, file: &Path| {
            format!(
                "[[oidc]]\nname = \"{name}\"\nissuer = \"{issuer}\"\nclient-id = \"cc\"\nclient_secret_file = {file:?}\nfirm = \"F\"\n"
            )
        };
        let good = table("entra", "https://login.example/v2", &file);
        let found = understood(&good).unwrap();
        assert_eq!((found[0].label.as_str(), found[0].client_id.as_str()), ("Sign in with entra", "cc"));
        assert!(!format!("{found:?}").contains("s3cret"));
        assert_eq!(secrecy::ExposeSecret::expose_secret(&found[0].client_secret), "s3cret");
        for bad in [
            format!("{good}{good}"),
            format!("{good}colour = \"red\"\n"),
            table("Entra!", "https://login.example", &file),
            table("entra", "http://login.example", &file),
            table("entra", "ftp://127.0.0.1", &file),
            table("entra", "https://login.example", &empty),
            table("entra", "https://login.example", &folder.path().join("none")),
        ] {
            assert!(understood(&bad).is_err(), "{bad}");
        }
    }
}
