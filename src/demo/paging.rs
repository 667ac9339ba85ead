//! Query parameters and the paged lists that are asked for by GET:
//! `?pageSize&continuationToken` -> `{items, continuationToken?, total}`.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::problem::Problem;

/// The decoded query, in the order in which it came.
pub(super) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Ok(Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }
}

impl Params {
    /// A parameter's value; nothing where it is absent or empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(own, value)| own == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// A parameter that was repeated, or whose values are parted by commas.
    pub(super) fn list(&self, name: &str) -> Vec<&str> {
        let own = self.0.iter().filter(|(own, _)| own == name);
        own.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
    }

    /// A whole number, or the usual one where the parameter is absent.
    pub(super) fn number(&self, name: &str, usual: usize) -> Result<usize, Problem> {
        self.get(name).map_or(Ok(usual), |value| {
            let problem = |_| Problem::bad_request(format!("'{name}' must be a whole number."));
            value.parse().map_err(problem)
        })
    }

    /// The page that was asked for.
    pub(super) fn page(&self, records: &[&Value]) -> Result<Value, Problem> {
        let size = self.number("pageSize", 100)?;
        if !(1..=1000).contains(&size) {
            return Err(Problem::bad_request("'pageSize' must be 1 to 1000."));
        }
        let start = match self.get("continuationToken") {
            Some(token) => offset(token)
                .ok_or_else(|| Problem::bad_request("'continuationToken' isn't one of ours."))?,
            None => 0,
        };
        let end = start.saturating_add(size).min(records.len());
        let mut page = json!({
            "items": records.get(start..end).unwrap_or_default(),
            "total": records.len(),
        });
        if end < records.len() {
            let token = BASE64URL_NOPAD.encode(format!("from:{end}").as_bytes());
            super::fields::set(&mut page, "continuationToken", token);
        }
        Ok(page)
    }
}

fn offset(token: &str) -> Option<usize> {
    let plain = BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
    std::str::from_utf8(&plain).ok()?.strip_prefix("from:")?.parse().ok()
}
