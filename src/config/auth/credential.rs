//! What proves to Entra that it is Osier: a secret, a certificate, or the identity of the machine or
//! workload that it runs on. Files are named here and read where they are used.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::{Host, Url};
use uuid::Uuid;

use super::RawAuth;
use crate::config::environment::Environment;
use crate::config::identity::{Identity, read_id};
use crate::config::network::is_loopback;
use crate::config::problems::Report;
use crate::config::secret_file;
use crate::outbound::Reach;

/// What proves to Entra that it is us.
#[derive(Clone, Debug)]
pub enum Credential {
    /// A client secret.
    Secret(SecretString),
    /// A certificate that the registration knows, and its key.
    Certificate(Certificate),
    /// The file of a workload's token, which the registration trusts; read at each use.
    FederatedFile(PathBuf),
    /// The managed identity of the machine, which the registration trusts.
    ManagedIdentity(Box<ManagedIdentity>),
}

/// A certificate that the registration knows.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate, in PEM.
    pub certificate: PathBuf,
    /// Its RSA key, in PEM.
    pub key: PathBuf,
}

/// The managed identity of the machine.
#[derive(Clone, Debug)]
pub struct ManagedIdentity {
    /// Where its tokens come from.
    pub endpoint: Url,
    /// App Service and Container Apps: the value of `X-IDENTITY-HEADER`. Without it the endpoint is
    /// the machine's metadata service.
    pub header: Option<SecretString>,
    /// Which identity, where there are several.
    pub client_id: Option<String>,
    /// The audience that the registration's federated credential names.
    pub audience: String,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// `client_secret`.
    Secret,
    /// `certificate_file`.
    Certificate,
    /// `federated_token_file`.
    FederatedFile,
    /// The managed identity of the machine.
    ManagedIdentity,
}

/// Azure's instance metadata service.
const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

impl RawAuth {
    pub(super) fn credential(
        &self,
        identity: Option<&Identity>,
        environment: &Environment,
        report: &mut Report,
    ) -> Option<Credential> {
        let what = "what proves to Entra that it is Osier: \"secret\", \"certificate\", \
                    \"federated_file\" or \"managed_identity\"";
        match report.require("auth.credential", self.credential, what)? {
            Kind::Secret => self.secret(report).map(Credential::Secret),
            Kind::Certificate => self.certificate(report).map(Credential::Certificate),
            Kind::FederatedFile => {
                let given = self.federated_token_file.as_deref();
                let file = given.or_else(|| environment.foreign("AZURE_FEDERATED_TOKEN_FILE"));
                let what = "the file of the workload's token, since AZURE_FEDERATED_TOKEN_FILE \
                            names none";
                let file = report.require("auth.federated_token_file", file, what)?;
                Some(Credential::FederatedFile(file.into()))
            }
            Kind::ManagedIdentity => {
                let managed = self.managed_identity(identity?, environment, report)?;
                Some(Credential::ManagedIdentity(Box::new(managed)))
            }
        }
    }

    fn secret(&self, report: &mut Report) -> Option<SecretString> {
        let key = "auth.client_secret";
        let what = "the client secret's value, because auth.credential is \"secret\"";
        let secret = report.require(key, self.client_secret.clone(), what)?;
        let text = secret.expose_secret();
        let says = if text.is_empty() || text.chars().any(char::is_whitespace) {
            "is empty, or has a blank or a line break in it"
        } else if Uuid::try_parse(text).is_ok() {
            "is the secret's id; Entra wants its value, which is shown once, when it is made"
        } else {
            return Some(secret);
        };
        report.say(key, says);
        None
    }

    fn certificate(&self, report: &mut Report) -> Option<Certificate> {
        let what = "the certificate in PEM, because auth.credential is \"certificate\"";
        let file = self.certificate_file.as_deref();
        let file = report.require("auth.certificate_file", file, what)?;
        let (name, key) = match self.certificate_key_file.as_deref() {
            Some(key) => ("auth.certificate_key_file", key),
            None => ("auth.certificate_file", file),
        };
        if let Some(fault) = secret_file::fault(Path::new(key)) {
            report.say(name, fault);
        }
        Some(Certificate { certificate: file.into(), key: key.into() })
    }

    fn managed_identity(
        &self,
        identity: &Identity,
        environment: &Environment,
        report: &mut Report,
    ) -> Option<ManagedIdentity> {
        let key = "auth.managed_identity_endpoint";
        let header = environment.foreign("IDENTITY_HEADER");
        let of_app_service = header.and_then(|_| environment.foreign("IDENTITY_ENDPOINT"));
        let given = self.managed_identity_endpoint.as_deref();
        let endpoint = read_endpoint(report, key, given.or(of_app_service).unwrap_or(IMDS));
        let client_id = self.managed_identity_client_id.as_deref();
        let client_id =
            client_id.map(|text| read_id(report, "auth.managed_identity_client_id", text));
        let audience = self.federation_audience.clone();
        Some(ManagedIdentity {
            endpoint: endpoint?,
            header: header.map(SecretString::from),
            client_id: client_id.map_or(Some(None), |id| id.map(Some))?,
            audience: audience.unwrap_or_else(|| identity.cloud().federation_audience().to_owned()),
        })
    }
}

/// The endpoint that hands out the machine's own tokens: on the machine or next to it, so that a
/// setting can't send somebody far away after them.
fn read_endpoint(report: &mut Report, key: &str, text: &str) -> Option<Url> {
    let near = |url: &Url| match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_link_local() || Reach::of_ip(ip.into()) == Reach::Private,
        Some(Host::Ipv6(ip)) => Reach::of_ip(ip.into()) == Reach::Private,
        _ => is_loopback(url),
    };
    let url = Url::parse(text).ok().filter(|url| {
        let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        plain && matches!(url.scheme(), "http" | "https") && near(url)
    });
    if url.is_none() {
        report.say(key, "must be a URL on this machine, such as the metadata service's");
    }
    url
}
