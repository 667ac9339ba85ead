//! `[server]`: the listener and the address that clients know. The hosts and origins that requests
//! may name follow from `public_url`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;
use validator::Validate;

use super::network::{is_loopback, read_url};
use super::problems::Report;
use super::secret_file;

/// The files of the listener's TLS, in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate and those between it and the authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The listener and the address that clients know.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The origin that clients know, without a path. `<public_url>/mcp` is the OAuth resource.
    pub public_url: Url,
    /// Origins of browsers that may call besides the public one (`https://host[:port]`).
    pub allowed_origins: Vec<String>,
    /// Largest request body, in bytes.
    pub max_body_bytes: usize,
    /// Largest request head, in bytes.
    pub max_header_bytes: usize,
    /// How long requests are still taken after SIGTERM, while `/readyz` says no.
    pub drain_delay: Duration,
    /// How long open requests may go on after that.
    pub shutdown_grace: Duration,
    /// How many proxies in front write into `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// The listener's own TLS; none behind an ingress that ends it.
    pub tls: Option<Tls>,
    /// How many of these processes serve the public URL.
    pub replicas: u32,
}

impl Server {
    /// The OAuth resource identifier (RFC 9728), the address that people give to their client.
    pub fn resource(&self) -> String {
        format!("{}/mcp", self.public_url.origin().ascii_serialization())
    }

    /// The values of `Host` that are accepted, with and without the port.
    pub fn hosts(&self) -> Vec<String> {
        let port = self.public_url.port();
        let with_port = |name: &str| match port {
            Some(port) => vec![format!("{name}:{port}")],
            None => vec![name.to_owned(), format!("{name}:{}", self.default_port())],
        };
        self.names().iter().flat_map(|name| with_port(name)).collect()
    }

    /// The values of `Origin` that are accepted.
    pub fn origins(&self) -> Vec<String> {
        self.own_origins().into_iter().chain(self.allowed_origins.iter().cloned()).collect()
    }

    /// The origins that are this server's own.
    pub fn own_origins(&self) -> Vec<String> {
        let scheme = self.public_url.scheme();
        let port = self.public_url.port().map(|port| format!(":{port}")).unwrap_or_default();
        self.names().into_iter().map(|name| format!("{scheme}://{name}{port}")).collect()
    }

    /// A loopback public URL is known by each of the loopback's names.
    fn names(&self) -> Vec<String> {
        if is_loopback(&self.public_url) {
            return ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec();
        }
        self.public_url.host_str().map(str::to_owned).into_iter().collect()
    }

    fn default_port(&self) -> u16 {
        self.public_url.port_or_known_default().unwrap_or(443)
    }
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawServer {
    /// Address and port to listen on. `OSIER_SERVER__LISTEN`
    listen: String,
    /// Required. The origin that clients know, without a path; plain http only on loopback.
    /// `OSIER_SERVER__PUBLIC_URL`
    public_url: Option<String>,
    /// Origins of browser clients besides `public_url`. `OSIER_SERVER__ALLOWED_ORIGINS`
    allowed_origins: Vec<String>,
    /// Largest request body, in bytes. `OSIER_SERVER__MAX_BODY_BYTES`
    #[validate(range(min = 1024, max = 16_777_216))]
    max_body_bytes: u32,
    /// Largest request head, in bytes. `OSIER_SERVER__MAX_HEADER_BYTES`
    #[validate(range(min = 8192, max = 1_048_576))]
    max_header_bytes: u32,
    /// Seconds for which requests are still taken after SIGTERM, while `/readyz` says no: as long as the
    /// balancer takes to notice. `OSIER_SERVER__DRAIN_DELAY`
    #[validate(range(min = 0, max = 600))]
    drain_delay: u32,
    /// Seconds that open requests may go on after that. `OSIER_SERVER__SHUTDOWN_GRACE`
    #[validate(range(min = 0, max = 600))]
    shutdown_grace: u32,
    /// How many proxies stand in front that each add their peer's address to `X-Forwarded-For`. It
    /// counts for the budgets of callers who haven't signed in. `OSIER_SERVER__TRUSTED_PROXIES`
    #[validate(range(min = 0, max = 10))]
    trusted_proxies: u32,
    /// The listener's certificate and its chain in PEM, where no ingress ends TLS. A change is taken over
    /// without a restart. `OSIER_SERVER__TLS_CERTIFICATE_FILE`
    tls_certificate_file: Option<String>,
    /// The certificate's private key in PEM. `OSIER_SERVER__TLS_KEY_FILE`
    tls_key_file: Option<String>,
    /// How many processes serve `public_url`; more than one need a store that they share.
    /// `OSIER_SERVER__REPLICAS`
    #[validate(range(min = 1, max = 1000))]
    replicas: u32,
}

impl Default for RawServer {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            public_url: None,
            allowed_origins: Vec::new(),
            max_body_bytes: 1024 * 1024,
            max_header_bytes: 32 * 1024,
            drain_delay: 5,
            shutdown_grace: 10,
            trusted_proxies: 0,
            tls_certificate_file: None,
            tls_key_file: None,
            replicas: 1,
        }
    }
}

impl RawServer {
    /// How many replicas there are, whatever else is wrong here.
    pub(super) fn replicas(&self) -> u32 {
        self.replicas
    }

    /// Both files or none.
    fn tls(&self, report: &mut Report) -> Option<Tls> {
        let missing = match (&self.tls_certificate_file, &self.tls_key_file) {
            (Some(certificate), Some(key)) => {
                if let Some(fault) = secret_file::fault(Path::new(key)) {
                    report.say("server.tls_key_file", fault);
                }
                return Some(Tls { certificate: certificate.into(), key: key.into() });
            }
            (None, None) => return None,
            (Some(_), None) => "server.tls_key_file",
            (None, Some(_)) => "server.tls_certificate_file",
        };
        report.say(missing, "is missing: TLS takes a certificate and its key");
        None
    }

    pub(super) fn resolve(self, report: &mut Report) -> Option<Server> {
        let tls = self.tls(report);
        let listen = self.listen.parse::<SocketAddr>();
        if listen.is_err() {
            report.say("server.listen", "must be an IP address and a port, such as 0.0.0.0:8080");
        }
        let what = "the address that clients know, such as https://osier.example.com";
        let public_url = report
            .require("server.public_url", self.public_url, what)
            .and_then(|text| read_public_url(report, &text));
        let origins = self.allowed_origins.iter().enumerate();
        let origins: Vec<_> = origins.map(|(at, text)| read_origin(report, at, text)).collect();
        Some(Server {
            listen: listen.ok()?,
            public_url: public_url?,
            allowed_origins: origins.into_iter().collect::<Option<_>>()?,
            max_body_bytes: usize::try_from(self.max_body_bytes).ok()?,
            max_header_bytes: usize::try_from(self.max_header_bytes).ok()?,
            drain_delay: Duration::from_secs(self.drain_delay.into()),
            shutdown_grace: Duration::from_secs(self.shutdown_grace.into()),
            trusted_proxies: usize::try_from(self.trusted_proxies).ok()?,
            tls,
            replicas: self.replicas,
        })
    }
}

fn read_public_url(report: &mut Report, text: &str) -> Option<Url> {
    let key = "server.public_url";
    let url = read_url(report, key, text)?;
    if url.scheme() == "http" && !is_loopback(&url) {
        report.say(key, "must begin with https://; plain http is for loopback only");
        return None;
    }
    if url.path() != "/" {
        report.say(key, "must have no path: sign-in is served at the origin's root");
        return None;
    }
    Some(url)
}

fn read_origin(report: &mut Report, at: usize, text: &str) -> Option<String> {
    let key = format!("server.allowed_origins.{at}");
    let origin = read_url(report, &key, text)?.origin().ascii_serialization();
    if origin != text {
        report.say(&key, format!("must be a bare origin; write {origin}"));
        return None;
    }
    if origin.contains('*') {
        report.say(&key, "must be one origin: there are no patterns; write each of them");
        return None;
    }
    Some(origin)
}
