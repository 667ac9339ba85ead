//! The tokens that the look-alike signs: those that its endpoints issue, and those that a test mints
//! without asking an endpoint. Both say the same of the same person.

use serde_json::{Map, Value};

use super::Entra;
use super::apps::App;
use super::scopes::{Asked, GRAPH, IMPERSONATION, Resource};
use crate::demo::claims::{self, Told, Version};
use crate::demo::keys::SigningKey;
use crate::demo::people::{API_CLIENT_ID, Person, TENANT_ID};

/// How long an ID token lives, in seconds.
const ID_TOKEN_LIFETIME: u64 = 3600;
/// How long a minted token lives, in seconds.
const MINTED_LIFETIME: u64 = 4200;

impl Entra {
    /// An access token as the person would get it now.
    pub fn token(&self, person: &Person) -> String {
        self.mint(person, |_| {})
    }

    /// An access token whose claims were altered before they were signed.
    pub fn mint(&self, person: &Person, alter: impl FnOnce(&mut Map<String, Value>)) -> String {
        self.mint_with(person, |_, claims| alter(claims))
    }

    /// An access token whose header and claims were altered before they were signed.
    pub fn mint_with(
        &self,
        person: &Person,
        alter: impl FnOnce(&mut Map<String, Value>, &mut Map<String, Value>),
    ) -> String {
        let client = (claims::usual_client(), "0");
        let (told, version) = self.told(person, client, MINTED_LIFETIME);
        let mut header = claims::header(&self.kid(), version);
        let mut payload = claims::access(&told, version);
        alter(&mut header, &mut payload);
        self.sign_objects(header, payload)
    }

    /// Signs any bytes with the current key: header and payload as they are, JSON or not.
    pub fn sign(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        match self.0.keys.current() {
            Some(key) => key.sign(header.as_ref(), payload.as_ref()),
            None => String::new(),
        }
    }

    /// Signs any bytes with a key that was never published, as a forger would.
    pub fn sign_with_a_foreign_key(
        &self,
        header: impl AsRef<[u8]>,
        payload: impl AsRef<[u8]>,
    ) -> anyhow::Result<String> {
        Ok(SigningKey::generate()?.sign(header.as_ref(), payload.as_ref()))
    }

    /// A token for another API, as a person gets it there, for a test that goes there directly.
    pub fn token_for(&self, person: &Person, audience: &'static str) -> String {
        let scopes = vec![IMPERSONATION.to_owned()];
        let resource = Resource::Downstream(audience);
        let asked = Asked { resource, scopes, openid: false, offline: false };
        self.access_token(person, (API_CLIENT_ID, "1"), &asked, MINTED_LIFETIME)
    }

    /// The access token that an endpoint issues.
    pub(super) fn access_token(
        &self,
        person: &Person,
        client: (&str, &str),
        asked: &Asked,
        lifetime: u64,
    ) -> String {
        self.altered_token(person, client, asked, lifetime, |_| {})
    }

    /// An access token that an endpoint issues, with claims altered before they were signed.
    pub(super) fn altered_token(
        &self,
        person: &Person,
        client: (&str, &str),
        asked: &Asked,
        lifetime: u64,
        alter: impl FnOnce(&mut Map<String, Value>),
    ) -> String {
        let (mut told, mut version) = self.told(person, client, lifetime);
        let other = match asked.resource {
            Resource::Api => None,
            Resource::Graph => Some(GRAPH),
            Resource::Downstream(audience) => Some(audience),
        };
        if let Some(audience) = other {
            audience.clone_into(&mut told.audience);
            told.app = audience;
            told.issuer = self.v1_issuer();
            told.scope = self.granted(person, asked).join(" ");
            told.roles.clear();
            version = Version::V1;
        }
        let header = claims::header(&self.kid(), version);
        let mut payload = claims::access(&told, version);
        alter(&mut payload);
        self.sign_objects(header, payload)
    }

    /// The ID token that an endpoint issues to a client.
    pub(super) fn id_token(&self, person: &Person, client: &App, nonce: Option<&str>) -> String {
        let id = client.client_id.as_str();
        let (mut told, _) = self.told(person, (id, ""), ID_TOKEN_LIFETIME);
        told.issuer = self.issuer();
        id.clone_into(&mut told.audience);
        told.app = id;
        if id != API_CLIENT_ID {
            told.roles.clear();
        }
        let header = claims::header(&self.kid(), Version::V2);
        self.sign_objects(header, claims::id_token(&told, nonce))
    }

    /// The short names of the scopes that a token for this person holds: for the API what was
    /// consented to for the person, whatever was asked for.
    pub(super) fn granted(&self, person: &Person, asked: &Asked) -> Vec<String> {
        match asked.resource {
            Resource::Api => {
                let scope = self.switches().of(person).scope;
                vec![scope.unwrap_or_else(|| person.scope.to_owned())]
            }
            Resource::Graph => vec!["openid".into(), "profile".into(), "User.Read".into()],
            Resource::Downstream(_) => vec![IMPERSONATION.into()],
        }
    }

    /// `iss` of v1 tokens, with the trailing slash that `https://sts.windows.net/{tid}/` has.
    pub fn v1_issuer(&self) -> String {
        format!("{}/sts/{TENANT_ID}/", self.0.base)
    }

    /// What an access token for the API says.
    fn told<'a>(
        &self,
        person: &'a Person,
        client: (&'a str, &'a str),
        lifetime: u64,
    ) -> (Told<'a>, Version) {
        let switches = self.switches();
        let special = switches.of(person);
        let usual_roles = || person.roles.iter().map(|role| (*role).to_owned()).collect();
        let (version, issuer, audience) = if switches.v1 {
            (Version::V1, self.v1_issuer(), self.api_name())
        } else {
            (Version::V2, self.issuer(), API_CLIENT_ID.to_owned())
        };
        let told = Told {
            person,
            issuer,
            audience: switches.audience.unwrap_or(audience),
            app: API_CLIENT_ID,
            tenant: switches.tenant.unwrap_or_else(|| TENANT_ID.to_owned()),
            client,
            scope: special.scope.unwrap_or_else(|| person.scope.to_owned()),
            roles: special.roles.unwrap_or_else(usual_roles),
            overage: special.overage,
            now: self.now().saturating_add_signed(switches.skew),
            lifetime,
        };
        (told, version)
    }

    fn sign_objects(&self, header: Map<String, Value>, payload: Map<String, Value>) -> String {
        self.sign(Value::Object(header).to_string(), Value::Object(payload).to_string())
    }
}
