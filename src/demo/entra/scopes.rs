//! What a `scope` parameter asks for: the scopes of one resource, and OIDC's own, which belong to
//! none. Without a resource it means Microsoft Graph, as with Entra.

use super::errors::Failure;
use crate::demo::people::{SNOWFLAKE_AUDIENCE, TWINS_AUDIENCE};

/// Whatever was consented to. It stands alone.
const DEFAULT: &str = ".default";
/// Microsoft Graph's app id, the resource of every scope that names none.
pub(super) const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
/// Graph's App ID URI.
const GRAPH_URI: &str = "https://graph.microsoft.com";
/// The scopes that the look-alike's Graph knows.
const GRAPH_SCOPES: [&str; 3] = ["User.Read", "Mail.Read", DEFAULT];
/// The other APIs of the tenant, whose tokens are had on behalf of a person.
const DOWNSTREAM: [&str; 2] = [TWINS_AUDIENCE, SNOWFLAKE_AUDIENCE];
/// The one scope that each of them exposes.
pub(super) const IMPERSONATION: &str = "user_impersonation";

/// The API whose tokens are asked for: the demo's own app registration.
#[derive(Clone, Debug)]
pub(super) struct Api {
    pub(super) client_id: &'static str,
    /// `identifierUris`: how scopes and `resource` name it. The first one is the audience in v1.
    pub(super) identifier_uris: Vec<String>,
    /// The scopes that it exposes.
    pub(super) scopes: Vec<String>,
}

impl Api {
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.client_id == name || self.identifier_uris.iter().any(|uri| uri == name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Api,
    Graph,
    /// Another API, by its App ID URI.
    Downstream(&'static str),
}

/// A `scope` parameter, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) resource: Resource,
    /// Short names of the resource's scopes, `.default` among them.
    pub(super) scopes: Vec<String>,
    pub(super) openid: bool,
    pub(super) offline: bool,
}

impl Asked {
    /// Does it ask for whatever was consented to?
    pub(super) fn is_default(&self) -> bool {
        self.scopes.iter().any(|name| name == DEFAULT)
    }

    /// Reads the parameter; an absent one asks for Graph.
    pub(super) fn read(text: &str, api: &Api, app: &str) -> Result<Self, Failure> {
        let mut asked =
            Self { resource: Resource::Graph, scopes: Vec::new(), openid: false, offline: false };
        let mut resource = None;
        for word in text.split_ascii_whitespace() {
            match word {
                "openid" => asked.openid = true,
                "offline_access" => asked.offline = true,
                "profile" | "email" => {}
                _ => {
                    let (of, name) = resolve(word, text, api, app)?;
                    if *resource.get_or_insert(of) != of {
                        let whole = asked.scopes.iter().chain([&name]).any(|name| name == DEFAULT);
                        return Err(if whole { malformed(text) } else { two_resources(text) });
                    }
                    asked.scopes.push(name);
                }
            }
        }
        if asked.scopes.len() > 1 && asked.is_default() {
            return Err(malformed(text));
        }
        asked.resource = resource.unwrap_or(Resource::Graph);
        Ok(asked)
    }
}

/// The resource and the short name of one scope.
fn resolve(word: &str, whole: &str, api: &Api, app: &str) -> Result<(Resource, String), Failure> {
    // RFC 6749 §3.3: %x21 / %x23-5B / %x5D-7E
    if !word.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
        return Err(malformed(whole));
    }
    let (resource, name) = match word.rsplit_once('/') {
        None => (Resource::Graph, word),
        Some((prefix, name)) if prefix == GRAPH_URI || prefix == GRAPH => (Resource::Graph, name),
        Some((prefix, name)) if api.is_called(prefix) => (Resource::Api, name),
        // An App ID URI without a scope behind it.
        Some(_) if api.is_called(word) => return Err(malformed(whole)),
        Some((prefix, name)) => match DOWNSTREAM.into_iter().find(|known| *known == prefix) {
            Some(known) => (Resource::Downstream(known), name),
            None => return Err(unknown_resource(prefix)),
        },
    };
    let known = match resource {
        Resource::Api => name == DEFAULT || api.scopes.iter().any(|known| known == name),
        Resource::Graph => GRAPH_SCOPES.contains(&name),
        Resource::Downstream(_) => [DEFAULT, IMPERSONATION].contains(&name),
    };
    if known && !name.is_empty() {
        return Ok((resource, name.to_owned()));
    }
    if name.is_empty() {
        return Err(malformed(whole));
    }
    let on = match resource {
        Resource::Api => api.client_id,
        Resource::Graph => GRAPH,
        Resource::Downstream(audience) => audience,
    };
    let message = format!(
        "The application '{app}' asked for scope '{name}' that doesn't exist on the resource \
         '{on}'. Contact the app vendor."
    );
    Err(Failure::new("invalid_client", 650_053, message))
}

fn malformed(scope: &str) -> Failure {
    let message = format!(
        "The provided request must include a 'scope' input parameter. The provided value for the \
         input parameter 'scope' is not valid. The scope {scope} is not valid."
    );
    Failure::new("invalid_scope", 70011, message)
}

fn two_resources(scope: &str) -> Failure {
    let message = format!(
        "Provided value for the input parameter scope is not valid because it contains more than \
         one resource. Scope {scope} is not valid."
    );
    Failure::new("invalid_request", 28000, message)
}

fn unknown_resource(name: &str) -> Failure {
    let message = format!(
        "The resource principal named {name} was not found in the tenant named Willow demo. This \
         can happen if the application has not been installed by the administrator of the tenant \
         or consented to by any user in the tenant."
    );
    Failure::new("invalid_resource", 500_011, message)
}
