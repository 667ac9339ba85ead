//! What proves to Entra that it is us, made anew for each request: a secret, or an assertion
//! (RFC 7523 §2.2) that our certificate signs or that the machine or the workload was given.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use tokio::io::AsyncReadExt as _;
use url::Url;

use super::certificate::{Certificate, CertificateFault};
use super::fault::{EntraFault, Said};
use super::managed_identity::ManagedIdentity;
use crate::clock::Clock;
use crate::config;

/// The longest assertion or PEM file that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Where the proof comes from.
pub(super) struct Credential {
    client_id: String,
    clock: Clock,
    source: Source,
}

enum Source {
    Secret(SecretString),
    Certificate(config::Certificate),
    FederatedFile(PathBuf),
    ManagedIdentity(ManagedIdentity),
}

/// A proof for one request.
pub(super) enum Proof {
    Secret(SecretString),
    Assertion(SecretString),
}

impl Credential {
    /// Files that are there for long are read once, to fail at the start and not at a sign-in.
    pub(super) fn new(
        settings: &config::Credential,
        client_id: String,
        http: reqwest::Client,
        clock: Clock,
    ) -> Result<Self, CertificateFault> {
        let source = match settings {
            config::Credential::Secret(secret) => Source::Secret(secret.clone()),
            config::Credential::Certificate(files) => {
                let read =
                    |path: &Path| std::fs::read(path).map_err(|_| CertificateFault::Unreadable);
                Certificate::read(&read(&files.certificate)?, &read(&files.key)?)?;
                Source::Certificate(files.clone())
            }
            config::Credential::FederatedFile(path) => Source::FederatedFile(path.clone()),
            config::Credential::ManagedIdentity(settings) => Source::ManagedIdentity(
                ManagedIdentity::new(settings.as_ref(), http, clock.clone()),
            ),
        };
        Ok(Self { client_id, clock, source })
    }

    /// A proof for a request to `token_endpoint`.
    pub(super) async fn proof(&self, token_endpoint: &Url) -> Result<Proof, EntraFault> {
        match &self.source {
            Source::Secret(secret) => Ok(Proof::Secret(secret.clone())),
            Source::Certificate(files) => {
                // Anew each time: whoever renews the certificate needn't restart us.
                let certificate = read(&files.certificate).await;
                let key = read(&files.key).await;
                let (Some(certificate), Some(key)) = (certificate, key) else {
                    return Err(broken("the certificate's files can't be read"));
                };
                let now = self.clock.unix_seconds();
                Certificate::read(&certificate, &key)
                    .and_then(|certificate| {
                        certificate.assertion(&self.client_id, token_endpoint, now)
                    })
                    .map(Proof::Assertion)
                    .map_err(|_| broken("the certificate or its key can't be used"))
            }
            Source::FederatedFile(path) => {
                let text = read(path).await.and_then(|bytes| String::from_utf8(bytes).ok());
                let token = text.as_deref().map(str::trim).filter(|token| is_token(token));
                let says = "the federated token file can't be read or holds no token";
                token
                    .map(|token| Proof::Assertion(SecretString::from(token)))
                    .ok_or_else(|| broken(says))
            }
            Source::ManagedIdentity(identity) => identity.token().await.map(Proof::Assertion),
        }
    }
}

/// The shape of a signed token; what it says is Entra's to judge.
pub(super) fn is_token(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.split('.').count() == 3 && text.bytes().all(known)
}

async fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = tokio::fs::File::open(path).await.ok()?;
    file.take(LONGEST).read_to_end(&mut bytes).await.ok()?;
    Some(bytes)
}

fn broken(why: &'static str) -> EntraFault {
    EntraFault::Misconfigured(Said::of(why))
}
