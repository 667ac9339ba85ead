//! The `http` adapter: the customer's permission service, asked with the caller's own token
//! (`GET /v1/me/permissions`). Field names are configurable JSON Pointers.
//!
//! A permission is held only where its source says so: a lost scope is a denial, never 'everywhere'.

use std::time::Duration;

use ::http::StatusCode;
use chrono::DateTime;
use reqwest::Client;
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use crate::catalog::Pointer;
use crate::outbound::{self, Peer};

use super::file::Grants;
use super::scopes::{Place, Scopes};
use super::subject::Subject;
use super::unavailable::Unavailable;

/// Longer answers aren't read.
const MAX_ANSWER: usize = 1024 * 1024;

/// Where the service's answer says what.
#[derive(Clone, Debug)]
pub struct Fields {
    /// Whose permissions these are (`oid`), from the answer.
    pub subject: Pointer,
    /// The person's tenant (`tid`), from the answer.
    pub tenant: Pointer,
    /// The answer's version, which changes with what it says, from the answer.
    pub version: Pointer,
    /// Until when it holds at the most (RFC 3339, or seconds since 1970), from the answer.
    pub expires_at: Pointer,
    /// The list of permissions, from the answer.
    pub permissions: Pointer,
    /// A permission's name, from the permission.
    pub name: Pointer,
    /// `true` where it holds everywhere, from the permission.
    pub global: Pointer,
    /// The list of its scopes, from the permission.
    pub scopes: Pointer,
    /// `site` or `location`, from the scope.
    pub kind: Pointer,
    /// The place's id, from the scope.
    pub id: Pointer,
    /// A location's site, from the scope.
    pub site: Pointer,
}

/// The permission service.
#[derive(Debug)]
pub struct HttpAdapter {
    client: Client,
    url: Url,
    timeout: Duration,
    fields: Fields,
}

impl HttpAdapter {
    /// A service at this URL, which must answer within the timeout.
    pub fn new(client: Client, url: Url, timeout: Duration, fields: Fields) -> Self {
        Self { client, url, timeout, fields }
    }

    /// Any HTTP answer will do: without a token the service can only say who it is.
    pub(super) async fn reachable(&self) -> bool {
        let asked = self.client.get(self.url.clone()).timeout(self.timeout).send();
        matches!(asked.await, Ok(answer) if !answer.status().is_server_error())
    }

    pub(super) async fn permissions(&self, who: &Subject<'_>) -> Result<Told, Unavailable> {
        let bearer = who.bearer.ok_or_else(|| Unavailable::new("no token of the person's own"))?;
        let request = self.client.get(self.url.clone()).bearer_auth(bearer.expose_secret());
        let request = request.timeout(self.timeout).build();
        let request = request.map_err(|_| Unavailable::new("the request can't be made"))?;
        let sent = outbound::send(&self.client, request, Peer::Permissions).await;
        let response = sent.map_err(|error| {
            Unavailable::new(if error.is_timeout() { "timeout" } else { "no answer" })
        })?;
        match response.status() {
            StatusCode::OK => {}
            // 403: the service knows no such person, or no longer: they may do nothing.
            StatusCode::FORBIDDEN => return Ok(Told::default()),
            status => return Err(Unavailable::new(format!("status {}", status.as_u16()))),
        }
        let body = outbound::read_capped(response, MAX_ANSWER, self.timeout)
            .await
            .map_err(|_| Unavailable::new("answer too long or cut off"))?;
        let answer: Value =
            serde_json::from_slice(&body).map_err(|_| Unavailable::new("answer isn't JSON"))?;
        if !self.fields.are_about(who, &answer) {
            return Err(Unavailable::new("answer about somebody else"));
        }
        let grants = self.fields.read(&answer);
        Ok(Told {
            grants: grants.ok_or_else(|| Unavailable::new("answer without permissions"))?,
            version: self.fields.version_of(&answer),
            expires_at: self.fields.end_of(&answer)?,
        })
    }
}

/// What the service said.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) grants: Grants,
    pub(super) version: Option<String>,
    /// In unix milliseconds.
    pub(super) expires_at: Option<u64>,
}

impl Fields {
    /// Is this answer about the caller? A cache between us and the service may mix people up. One
    /// that doesn't say was asked for with the caller's own token, and is taken for theirs.
    fn are_about(&self, who: &Subject<'_>, answer: &Value) -> bool {
        [(&self.subject, who.oid), (&self.tenant, who.tenant)].iter().all(
            |(field, own)| match field.of(answer) {
                None | Some(Value::Null) => true,
                Some(theirs) => theirs.as_str().is_some_and(|id| id.eq_ignore_ascii_case(own)),
            },
        )
    }

    fn version_of(&self, answer: &Value) -> Option<String> {
        match self.version.of(answer)? {
            Value::String(version) => Some(version.clone()),
            Value::Number(version) => Some(version.to_string()),
            _ => None,
        }
    }

    /// Until when the answer holds, in unix milliseconds. An end that can't be read may be past.
    fn end_of(&self, answer: &Value) -> Result<Option<u64>, Unavailable> {
        let end = match self.expires_at.of(answer) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => DateTime::parse_from_rfc3339(text)
                .ok()
                .and_then(|end| u64::try_from(end.timestamp_millis()).ok()),
            Some(Value::Number(seconds)) => seconds.as_u64().and_then(|end| end.checked_mul(1000)),
            Some(_) => None,
        };
        let unread = || Unavailable::new("the end of the answer's life can't be read");
        end.map(Some).ok_or_else(unread)
    }

    /// Reads an answer; permissions and places that can't be read are left out.
    fn read(&self, answer: &Value) -> Option<Grants> {
        let permissions = self.permissions.of(answer)?.as_array()?;
        let mut held = Grants::new();
        for permission in permissions {
            let Some(name) = self.name.text_of(permission) else { continue };
            let scopes = self.scopes(permission);
            let known = held.entry(name.to_owned()).or_default();
            *known = known.union(&scopes);
        }
        Some(held)
    }

    fn scopes(&self, permission: &Value) -> Scopes {
        if self.global.of(permission) == Some(&Value::Bool(true)) {
            return Scopes::everywhere();
        }
        let scopes = self.scopes.of(permission).and_then(Value::as_array);
        scopes.into_iter().flatten().filter_map(|scope| self.place(scope)).collect()
    }

    fn place(&self, scope: &Value) -> Option<Place> {
        // A place without what lies below it can't be expressed, and so isn't held; what says neither
        // isn't either.
        if scope.get("inherit").is_some_and(|inherit| *inherit != Value::Bool(true)) {
            return None;
        }
        let id = self.id.text_of(scope).filter(|id| !id.is_empty())?.to_owned();
        let site = self.site.text_of(scope).filter(|site| !site.is_empty());
        match (self.kind.text_of(scope)?, site) {
            ("site", _) => Some(Place::Site(id)),
            ("location", Some(site)) if site == id => Some(Place::Site(id)),
            ("location", Some(site)) => Some(Place::Location { id, site: site.to_owned() }),
            _ => None,
        }
    }
}

impl Default for Fields {
    /// The names of the contract that `docs/PERMISSIONS.md` describes.
    fn default() -> Self {
        let at = |text| Pointer::parse(text).unwrap_or_default();
        Self {
            subject: at("/subject"),
            tenant: at("/tenant"),
            version: at("/version"),
            expires_at: at("/expiresAt"),
            permissions: at("/permissions"),
            name: at("/name"),
            global: at("/global"),
            scopes: at("/scopes"),
            kind: at("/type"),
            id: at("/id"),
            site: at("/siteId"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(permissions: &Value) -> Grants {
        Fields::default().read(&json!({"permissions": permissions})).unwrap()
    }

    #[test]
    fn a_lost_scope_field_is_a_denial() {
        let held = read(&json!([
            {"name": "lost"},
            {"name": "null", "scopes": null},
            {"name": "text", "global": "true"},
            {"name": "no site", "scopes": [{"type": "location", "id": "L1"}]},
            {"name": "no type", "scopes": [{"id": "S1", "siteId": "S1"}]},
            {"name": "alone", "scopes": [{"type": "location", "id": "L1", "siteId": "S1", "inherit": false}]},
            {"name": "unclear", "scopes": [{"type": "site", "id": "S1", "inherit": "false"}]},
        ]));
        assert_eq!(held.len(), 7);
        assert!(held.values().all(Scopes::is_empty));
    }

    #[test]
    fn places_are_read_as_they_are_said() {
        let held = read(&json!([
            {"name": "everywhere", "global": true},
            {"name": "view", "global": false, "scopes": [
                {"type": "site", "id": "S1"},
                {"type": "location", "id": "S2", "siteId": "S2"},
                {"type": "location", "id": "L3", "siteId": "S3", "inherit": true}]},
        ]));
        assert!(held["everywhere"].is_global());
        assert_eq!(held["view"].sites().collect::<Vec<_>>(), ["S1", "S2"]);
        assert_eq!(held["view"].locations().collect::<Vec<_>>(), [("L3", "S3")]);
    }

    #[test]
    fn an_end_that_cannot_be_read_is_no_answer() {
        let end = |end: Value| Fields::default().end_of(&json!({"expiresAt": end}));
        assert_eq!(end(json!("1970-01-01T00:00:01.5Z")).unwrap(), Some(1500));
        assert_eq!(end(json!(2)).unwrap(), Some(2000));
        assert_eq!(end(Value::Null).unwrap(), None);
        for unread in [json!("tomorrow"), json!(-1), json!(true), json!("1969-01-01T00:00:00Z")] {
            assert!(end(unread.clone()).is_err(), "{unread}");
        }
    }
}
