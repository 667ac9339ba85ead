//! What the identity stage is told: plain data, resolved from the configuration and judged there.
//! Nothing here reads a file or the environment.

use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

/// Which of the token's grants opens the door.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Require {
    /// The scope in `scp`, or the role in `roles`.
    #[default]
    Either,
    /// The scope. An app's own token never holds one.
    Scope,
    /// The role.
    Role,
    /// The scope and the role.
    Both,
}

/// Also accept Entra's v1 tokens, which a resource app gets that left
/// `api.requestedAccessTokenVersion` at null or 1.
#[derive(Clone, Debug)]
pub struct V1 {
    /// Byte for byte, e.g. `https://sts.windows.net/{tid}/`.
    pub issuer: String,
    /// The audiences of v1 tokens, each byte for byte, e.g. `api://{client id}`.
    pub audiences: Vec<String>,
}

/// What a token must be to be let in.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `aud` of a token, byte for byte: the API's client id.
    pub audience: String,
    /// The `tid` of a token, byte for byte: the tenant's id, in lower case as Entra writes it.
    pub tenant_id: String,
    /// The tenant's own discovery document (never that of `common` or `organizations`).
    pub discovery_url: Url,
    /// The origins at which the document may place the keys and Entra's endpoints
    /// (`https://host[:port]`): that of `discovery_url` and those that the deployment adds.
    pub authority_origins: Vec<String>,
    /// What the document's `issuer` must be; where absent, the first good document decides.
    pub expected_issuer: Option<String>,
    /// Which grants open the door.
    pub require: Require,
    /// The scope's short name, a whole word of `scp`, in its case.
    pub scope: String,
    /// The app role's value, an entry of `roles`, in its case.
    pub role: String,
    /// Let tokens in that an app got for itself, without a person.
    pub allow_app_only: bool,
    /// Where present, the clients (`azp`, in v1 `appid`) that may come. An empty list lets none in.
    pub allowed_clients: Option<Vec<String>>,
    /// How far our clock and Entra's may differ.
    pub leeway: Duration,
    /// Accept v1 tokens too. Absent: v2 only.
    pub v1: Option<V1>,
    /// B2C: the user flows whose tokens are accepted, in lower case; `tfp` or `acr` must name one.
    /// Their issuer binds the tenant, so `tid` may be absent, and `sub` stands in for `oid`. Empty:
    /// tokens are an Entra tenant's own.
    pub policies: BTreeSet<String>,
    /// How old the keys may grow before they are fetched again.
    pub refresh_every: Duration,
    /// How long after a refresh was due the last good keys are still used.
    pub keep_last_good: Duration,
    /// How long no key set is fetched for another unknown `kid` after one was fetched in vain.
    pub cool_down: Duration,
    /// How many verified tokens are remembered.
    pub cached_tokens: u64,
}

impl Settings {
    /// The defaults, for one audience in one tenant.
    pub fn new(audience: String, tenant_id: String, discovery_url: Url) -> Self {
        Self {
            authority_origins: vec![discovery_url.origin().ascii_serialization()],
            audience,
            tenant_id,
            discovery_url,
            expected_issuer: None,
            require: Require::default(),
            scope: "Mcp.Access".to_owned(),
            role: "Mcp.Access".to_owned(),
            allow_app_only: false,
            allowed_clients: None,
            leeway: Duration::from_mins(1),
            v1: None,
            policies: BTreeSet::new(),
            refresh_every: Duration::from_hours(24),
            keep_last_good: Duration::from_hours(24),
            cool_down: Duration::from_secs(30),
            cached_tokens: 10_000,
        }
    }
}
