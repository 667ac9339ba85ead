//! The settings of one deployment: `osier.toml` with `OSIER_…` variables laid over it.
//!
//! [`Config::load`] goes from the raw file, section by section, to typed values; the program sees
//! only these. All problems are found in one run, each with its place and how to mend it. A key that
//! isn't known is a problem, a secret is never printed, and nothing here touches the network.

mod access;
mod audit;
mod auth;
mod backends;
mod clients;
mod confirmation;
mod document;
mod environment;
mod fingerprint;
mod identity;
mod keys;
mod limits;
mod log;
mod network;
mod problems;
mod replicas;
mod secret_file;
mod server;
mod shape;
mod store;
mod telemetry;
mod tools;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use validator::Validate;

pub use access::{
    Access, Adapter, AuthZen, Changes, Fields, HttpAdapter, Objects, OpenFga, Service,
};
pub use audit::{Audit, Fsync, ReadsWithoutAudit, Sink};
pub use auth::{Auth, Certificate, Credential, Facade, ManagedIdentity, Prompt, Registration};
pub use backends::{Backend, OutgoingToken, Resilience, Rest, Snowflake};
pub use clients::{
    Clients, DocumentId, DocumentIdFault, DocumentIds, RedirectFault, RedirectRule, RedirectRules,
    RedirectUri,
};
pub use confirmation::{Confirmation, Fallback};
pub use environment::Environment;
pub use fingerprint::Fingerprint;
pub use identity::{AllowedClients, Cloud, Identity, Require};
pub use keys::Keys;
pub use limits::{Connections, Limits};
pub use log::{Log, LogFormat};
pub use network::is_loopback;
pub use problems::{Origin, Problem, Problems};
pub use replicas::{Peers, Replicas};
pub use server::{Server, Tls};
pub use shape::schema;
pub use store::Store;
pub use telemetry::{Otlp, Protocol, Signal, Telemetry};
pub use tools::{Tools, definitions_dir};

use document::Document;
use problems::Report;

/// Where `serve` and `check` look when no `--config` is given, first one first.
pub const DEFAULT_PATHS: [&str; 2] = ["config/osier.toml", "/etc/osier/osier.toml"];

/// One deployment's settings, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The listener and the address that clients know.
    pub server: Server,
    /// How this replica and the others reach each other; none where they don't.
    pub replicas: Option<Replicas>,
    /// Whose tokens are accepted.
    pub identity: Identity,
    /// How people's assistants sign in.
    pub auth: Auth,
    /// Where permissions come from.
    pub access: Access,
    /// The customer's services, by the name that `_service.yaml` uses.
    pub backends: BTreeMap<String, Backend>,
    /// Which clients may ask people to sign in.
    pub clients: Clients,
    /// The tool definitions.
    pub tools: Tools,
    /// The sealing keys.
    pub keys: Keys,
    /// Questions before a write.
    pub confirmation: Confirmation,
    /// Where it is kept what was confirmed.
    pub store: Store,
    /// The audit record.
    pub audit: Audit,
    /// Sizes and times of one call.
    pub limits: Limits,
    /// The program's own log.
    pub log: Log,
    /// Where metrics, traces and logs go besides.
    pub telemetry: Telemetry,
    /// What was set: a later reading is compared with it.
    pub fingerprint: Fingerprint,
}

/// The file as it is written. Each key may also come from the environment: section and key in
/// capitals, joined by two underscores, after `OSIER_` (`OSIER_SERVER__PUBLIC_URL`). A secret may
/// be read from a file that a variable ending in `_FILE` names (`OSIER_KEYS__CURRENT_FILE`).
#[derive(Debug, Default, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Osier's configuration")]
struct RawConfig {
    #[validate(nested)]
    server: server::RawServer,
    replicas: replicas::RawReplicas,
    #[validate(nested)]
    identity: identity::RawIdentity,
    #[validate(nested)]
    auth: auth::RawAuth,
    #[validate(nested)]
    access: access::RawAccess,
    #[validate(nested)]
    backends: BTreeMap<String, backends::RawBackend>,
    #[validate(nested)]
    clients: clients::RawClients,
    tools: tools::RawTools,
    keys: keys::RawKeys,
    #[validate(nested)]
    confirmation: confirmation::RawConfirmation,
    store: store::RawStore,
    #[validate(nested)]
    audit: audit::RawAudit,
    #[validate(nested)]
    limits: limits::RawLimits,
    #[validate(nested)]
    log: log::RawLog,
    #[validate(nested)]
    telemetry: telemetry::RawTelemetry,
}

impl Config {
    /// Reads one file and lays the environment over it. A file that can't be read is a problem too.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, Problems> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&name, &text, environment),
            Err(error) => Err(Problems::one(
                Origin::File { name, line: 1 },
                "",
                format!("can't be read ({error}); name another file with --config"),
            )),
        }
    }

    /// Reads settings from text; `name` stands for the file in what is reported.
    pub fn parse(name: &str, text: &str, environment: &Environment) -> Result<Self, Problems> {
        let shape = schema();
        let mut document = Document::read(name, text, environment, &shape);
        shape::prune(&mut document, &shape);
        let Document { value, mut report } = document;
        let fingerprint = Fingerprint::of(&value, &shape);
        let raw: RawConfig = match serde_json::from_value(value) {
            Ok(raw) => raw,
            Err(error) => {
                report.say("", format!("can't be understood: {error}"));
                return Err(report.into_problems());
            }
        };
        if let Err(errors) = raw.validate() {
            report.say_invalid("", &errors);
        }
        raw.resolve(environment, &mut report)
            .map(|config| Self { fingerprint, ..config })
            .filter(|_| report.is_clean())
            .ok_or_else(|| report.into_problems())
    }
}

impl RawConfig {
    /// Every section is resolved, also after one that failed: all problems at once.
    fn resolve(self, environment: &Environment, report: &mut Report) -> Option<Config> {
        let replicas = self.server.replicas();
        let server = self.server.resolve(report);
        let listen = server.as_ref().map(|server| server.listen);
        let peering = self.replicas.resolve(report);
        // Known also where something else in its section is wrong.
        let audience = self.identity.audience.clone();
        let audience = audience.as_deref();
        let identity = self.identity.resolve(report);
        let auth = self.auth.resolve(audience, identity.as_ref(), environment, report);
        let access = self.access.resolve(audience, report);
        let backends = backends::resolve(self.backends, audience, report);
        if let (Some(backends), Some(auth), Some(identity)) = (&backends, &auth, &identity) {
            backends::can_ask_on_behalf(backends, auth, identity, report);
        }
        let clients = self.clients.resolve(report);
        let tools = self.tools.resolve(report);
        let keys = self.keys.resolve(report);
        let store = self.store.resolve(replicas, report);
        let telemetry = self.telemetry.resolve(listen, report);
        let audit = self.audit.resolve(report);
        Some(Config {
            server: server?,
            replicas: peering,
            identity: identity?,
            auth: auth?,
            access: access?,
            backends: backends?,
            clients: clients?,
            tools,
            keys: keys?,
            confirmation: self.confirmation.resolve(),
            store: store?,
            audit: audit?,
            limits: self.limits.resolve(),
            log: self.log.resolve(),
            telemetry: telemetry?,
            fingerprint: Fingerprint::default(),
        })
    }
}
