//! `[access.fields]`: where the `http` adapter's service says what.

use schemars::JsonSchema;
use serde::Deserialize;
use validator::{Validate, ValidationError};

/// Where things stand in the authorisation service's answer: JSON pointers (RFC 6901).
#[derive(Clone, Debug, Deserialize, JsonSchema, Validate)]
#[serde(default, deny_unknown_fields)]
pub struct Fields {
    /// In the answer: the person's object id. `OSIER_ACCESS__FIELDS__SUBJECT`
    #[validate(custom(function = "pointer"))]
    pub subject: String,
    /// In the answer: the person's tenant. `OSIER_ACCESS__FIELDS__TENANT`
    #[validate(custom(function = "pointer"))]
    pub tenant: String,
    /// In the answer: its version, which changes with what it says. `OSIER_ACCESS__FIELDS__VERSION`
    #[validate(custom(function = "pointer"))]
    pub version: String,
    /// In the answer: until when it holds at the most. `OSIER_ACCESS__FIELDS__EXPIRES_AT`
    #[validate(custom(function = "pointer"))]
    pub expires_at: String,
    /// In the answer: the list of permissions. `OSIER_ACCESS__FIELDS__PERMISSIONS`
    #[validate(custom(function = "pointer"))]
    pub permissions: String,
    /// In a permission: its name. `OSIER_ACCESS__FIELDS__NAME`
    #[validate(custom(function = "pointer"))]
    pub name: String,
    /// In a permission: whether it holds everywhere. `OSIER_ACCESS__FIELDS__GLOBAL`
    #[validate(custom(function = "pointer"))]
    pub global: String,
    /// In a permission: the list of places. `OSIER_ACCESS__FIELDS__SCOPES`
    #[validate(custom(function = "pointer"))]
    pub scopes: String,
    /// In a place: its type, `site` or `location`. `OSIER_ACCESS__FIELDS__TYPE`
    #[serde(rename = "type")]
    #[validate(custom(function = "pointer"))]
    pub kind: String,
    /// In a place: its id. `OSIER_ACCESS__FIELDS__ID`
    #[validate(custom(function = "pointer"))]
    pub id: String,
    /// In a location: the site that it is part of. `OSIER_ACCESS__FIELDS__SITE_ID`
    #[validate(custom(function = "pointer"))]
    pub site_id: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            subject: "/subject".to_owned(),
            tenant: "/tenant".to_owned(),
            version: "/version".to_owned(),
            expires_at: "/expiresAt".to_owned(),
            permissions: "/permissions".to_owned(),
            name: "/name".to_owned(),
            global: "/global".to_owned(),
            scopes: "/scopes".to_owned(),
            kind: "/type".to_owned(),
            id: "/id".to_owned(),
            site_id: "/siteId".to_owned(),
        }
    }
}

pub(super) fn pointer(text: &str) -> Result<(), ValidationError> {
    let plain = text.starts_with('/') && !text.contains(['?', '#', ' ']);
    let says = "must begin with / and hold no spaces, ? or #";
    if plain { Ok(()) } else { Err(ValidationError::new("pointer").with_message(says.into())) }
}
