//! Whether an ID token is the provider's, for this host, for this browser, now (OpenID Connect Core, 3.1.3.7).
//!
//! The signature is checked by `ring`, which the host's TLS stands on too. Only algorithms with a public key are known
//! here: a token without a signature, or one that is signed with what both sides know, is refused whatever it says.

use std::sync::Once;

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind, Validation,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    errors::ErrorKind,
    jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse},
    signature::{Error, Verifier},
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

/// Seconds by which clocks may differ.
const LEEWAY: u64 = 60;

/// Why a token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The provider does not know the code.
    #[error("it does not know the code")]
    Code,
    /// It is no token, or signed in a way that is not known here.
    #[error("it is no token that is signed with a public key")]
    Malformed,
    /// None of the provider's keys is the one that it names.
    #[error("it is signed with a key that the provider does not name")]
    UnknownKey,
    /// Signature, issuer, audience or time.
    #[error("its signature, issuer, audience or time is not right")]
    Untrue,
    /// It answers another question than the one that was asked.
    #[error("it answers another question")]
    Nonce,
}

/// Whom a token stands for.
#[derive(Clone, Debug, Deserialize)]
pub struct Claims {
    /// Who, as the issuer names them for ever.
    pub sub: String,
    nonce: Option<String>,
    aud: Value,
    azp: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
}

impl Claims {
    /// Their address, if the provider says that it has verified it.
    pub fn verified_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|_| self.email_verified == Some(Value::Bool(true)))
    }
}

/// The token's claims, if it is to be believed.
pub(super) fn verify(token: &str, keys: &JwkSet, issuer: &str, audience: &str, nonce: &str) -> Result<Claims, Refused> {
    static INSTALLED: Once = Once::new();
    // If another is there already it stays, and what it cannot check is refused.
    INSTALLED.call_once(|| {
        PROVIDER.install_default().ok();
    });
    let header = jsonwebtoken::decode_header(token).map_err(|_| Refused::Malformed)?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Refused::Malformed);
    }
    let fits = |key: &&Jwk| {
        let named = header.kid.is_none() || key.common.key_id == header.kid;
        let signs = !matches!(&key.common.public_key_use, Some(other) if *other != PublicKeyUse::Signature);
        let said = key.common.key_algorithm.is_none_or(|said| said.to_string() == format!("{:?}", header.alg));
        named && signs && said && suits(key, header.alg)
    };
    let key = keys.keys.iter().find(fits).ok_or(Refused::UnknownKey)?;
    let key = DecodingKey::from_jwk(key).map_err(|_| Refused::UnknownKey)?;
    let mut validation = Validation::new(header.alg);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation).map_err(|_| Refused::Untrue)?.claims;
    // One that is for others too has to say that it was asked for by this host.
    let several = claims.aud.as_array().is_some_and(|all| all.len() > 1);
    let asked_by = claims.azp.as_deref().map_or(!several, |azp| azp == audience);
    if !asked_by || claims.sub.is_empty() || claims.sub.len() > 255 {
        return Err(Refused::Untrue);
    }
    let same = claims.nonce.as_deref().is_some_and(|given| bool::from(given.as_bytes().ct_eq(nonce.as_bytes())));
    if same { Ok(claims) } else { Err(Refused::Nonce) }
}

/// The only ones.
const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::ES384, Algorithm::EdDSA];

/// Whether a key is of the kind that an algorithm takes.
fn suits(key: &Jwk, algorithm: Algorithm) -> bool {
    matches!(
        (&key.algorithm, algorithm),
        (AlgorithmParameters::RSA(_), Algorithm::RS256 | Algorithm::PS256)
            | (AlgorithmParameters::EllipticCurve(_), Algorithm::ES256 | Algorithm::ES384)
            | (AlgorithmParameters::OctetKeyPair(_), Algorithm::EdDSA)
    )
}

/// Checks signatures, and can do nothing else.
static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |_, _| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: |algorithm, key| {
        Ok(match key.kind() {
            DecodingKeyKind::RsaModulusExponent { n, e } => Box::new(Rsa {
                algorithm: *algorithm,
                how: match algorithm {
                    Algorithm::RS256 => &RSA_PKCS1_2048_8192_SHA256,
                    Algorithm::PS256 => &RSA_PSS_2048_8192_SHA256,
                    _ => return Err(ErrorKind::InvalidAlgorithm.into()),
                },
                key: RsaPublicKeyComponents { n: n.clone(), e: e.clone() },
            }) as Box<dyn JwtVerifier>,
            DecodingKeyKind::SecretOrDer(_) => {
                let how: &'static dyn VerificationAlgorithm = match algorithm {
                    Algorithm::ES256 => &ECDSA_P256_SHA256_FIXED,
                    Algorithm::ES384 => &ECDSA_P384_SHA384_FIXED,
                    Algorithm::EdDSA => &ED25519,
                    _ => return Err(ErrorKind::InvalidAlgorithm.into()),
                };
                let key = UnparsedPublicKey::new(how, key.try_get_as_bytes()?.to_vec());
                Box::new(Curve { algorithm: *algorithm, key })
            }
        })
    },
    key_utils: KeyUtils::new_unimplemented(),
};

struct Rsa {
    algorithm: Algorithm,
    how: &'static RsaParameters,
    key: RsaPublicKeyComponents<Vec<u8>>,
}

impl Verifier<Vec<u8>> for Rsa {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        self.key.verify(self.how, message, signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for Rsa {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

struct Curve {
    algorithm: Algorithm,
    key: UnparsedPublicKey<Vec<u8>>,
}

impl Verifier<Vec<u8>> for Curve {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Error> {
        self.key.verify(message, signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for Curve {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
