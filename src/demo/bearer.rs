//! Who calls a sample service: its own check of the bearer token, as each real service does it.
//! Their routes take a [`Caller`], of our own audience or of the one that their service demands. In
//! strict mode the caller's assignments fence everything that they answer.

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::{HeaderMap, header, request::Parts};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::Value;

use super::people::{self, MAPPED_TOKEN, SNOWFLAKE_AUDIENCE, TENANT_ID, TWINS_AUDIENCE};
use super::problem::Problem;
use super::services::Services;
use crate::access::Scopes;

/// The services of another audience than ours, by their paths.
pub(super) const OTHER_AUDIENCES: [(&str, &str); 2] =
    [("/adt", TWINS_AUDIENCE), ("/snowflake", SNOWFLAKE_AUDIENCE)];

/// Clock skew that is forgiven, in seconds.
const LEEWAY: u64 = 60;

/// The person behind a request, and what the service lets that person see.
pub(super) struct Caller {
    pub(super) oid: String,
    pub(super) name: String,
    pub(super) email: String,
    /// The person's grants in strict mode; nothing in lax mode, where every token sees all.
    fence: Option<BTreeMap<String, Scopes>>,
}

#[derive(Deserialize)]
struct Claims {
    oid: String,
    tid: String,
    exp: u64,
    #[serde(default)]
    nbf: u64,
    name: Option<String>,
    preferred_username: Option<String>,
    /// Where v1 tokens have it.
    upn: Option<String>,
}

impl Caller {
    /// Where the caller holds one of these permissions, in this service's eyes. 403 where nowhere.
    pub(super) fn scopes(&self, permissions: &[&str]) -> Result<Scopes, Problem> {
        self.held(|name| permissions.contains(&name)).ok_or_else(|| {
            let names = permissions.join(" or ");
            Problem::forbidden(format!("The permission {names} is needed and isn't held."))
        })
    }

    /// Where the caller holds any permission at all: enough to look up a place by its id.
    pub(super) fn anything(&self) -> Result<Scopes, Problem> {
        self.held(|_| true).ok_or_else(|| Problem::forbidden("A permission is needed."))
    }

    fn held(&self, counts: impl Fn(&str) -> bool) -> Option<Scopes> {
        let Some(grants) = &self.fence else {
            return Some(Scopes::everywhere());
        };
        let counted = grants.iter().filter(|(name, _)| counts(name));
        let held = counted.fold(Scopes::default(), |all, (_, scopes)| all.union(scopes));
        Some(held).filter(|held| !held.is_empty())
    }
}

impl FromRequestParts<Services> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Services) -> Result<Self, Problem> {
        // The whole path: the routes are nested.
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
        person_for(state, &parts.headers, state.audience_at(path))
    }
}

fn credential<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (sent, value) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    sent.eq_ignore_ascii_case(scheme).then_some(value)
}

/// A request of Osier's own: the service learns nothing of the person behind it, and shows all.
pub(super) struct Osier;

impl FromRequestParts<Services> for Osier {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Services) -> Result<Self, Problem> {
        let known = credential(&parts.headers, "token").is_some_and(|sent| sent == MAPPED_TOKEN);
        known.then_some(Self).ok_or_else(|| Problem::unauthorized("The service's token is needed."))
    }
}

/// The person behind a request to a service of this audience: tokens of another one, ours among
/// them, are answered with 401.
pub(super) fn person_for(
    state: &Services,
    headers: &HeaderMap,
    audience: &str,
) -> Result<Caller, Problem> {
    let token = credential(headers, "Bearer")
        .ok_or_else(|| Problem::unauthorized("A bearer token is needed."))?;
    let claims = verify(state, token, audience).map_err(Problem::unauthorized)?;
    let known = people::person(&claims.oid);
    let name = claims.name.or_else(|| known.map(|person| person.full_name.to_owned()));
    let email = claims
        .preferred_username
        .or(claims.upn)
        .or_else(|| known.map(|person| person.email.to_owned()));
    Ok(Caller {
        fence: state.is_strict().then(|| state.authz().grants(&claims.oid)),
        name: name.unwrap_or_else(|| "Unknown".to_owned()),
        email: email.unwrap_or_default(),
        oid: claims.oid,
    })
}

fn verify(services: &Services, token: &str, audience: &str) -> Result<Claims, String> {
    let say = |error: jsonwebtoken::errors::Error| format!("The token isn't valid: {error}.");
    let header = jsonwebtoken::decode_header(token).map_err(say)?;
    let kid = header.kid.ok_or("The token names no key.")?;
    let entra = services.entra();
    let (n, e) = entra.public_key(&kid).ok_or("The token's key isn't known.")?;
    let key = DecodingKey::from_rsa_components(&n, e).map_err(say)?;
    let mut rules = Validation::new(Algorithm::RS256);
    // As careful services of a customer whose app registration still has v1 tokens.
    rules.set_audience(&[audience, &format!("api://{audience}")]);
    rules.set_issuer(&[entra.issuer(), entra.v1_issuer()]);
    rules.set_required_spec_claims(&["aud", "iss", "exp"]);
    // Times are judged below, by the clock that was handed in.
    rules.validate_exp = false;
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &rules).map_err(say)?.claims;
    let now = services.clock().unix_seconds();
    if claims.exp + LEEWAY < now || claims.nbf > now + LEEWAY {
        return Err("The token has expired or isn't valid yet.".to_owned());
    }
    if claims.tid != TENANT_ID {
        return Err("The token is of another tenant.".to_owned());
    }
    Ok(claims)
}

/// May a person with these scopes see a row of this site and these locations? A row without a
/// site is seen only by one who sees everything.
pub(super) fn covers(scopes: &Scopes, row: &Value) -> bool {
    let Some(site) = row.get("siteId").and_then(Value::as_str) else {
        return scopes.is_global();
    };
    let locations = row.get("locationIds").and_then(Value::as_array);
    let mut locations = locations.into_iter().flatten().filter_map(Value::as_str);
    scopes.covers_site(site) || scopes.covers_any_location(&mut locations, Some(site))
}
