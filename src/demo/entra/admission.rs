//! Whether a person who signed in may have a token for an app: assignment, Conditional Access,
//! consent. Asked when a code is made and again at every token.

use serde_json::json;
use uuid::Uuid;

use super::apps::App;
use super::errors::Failure;
use super::grants::SignIn;
use super::scopes::{Asked, Resource};
use super::switches::Policy;
use super::{Entra, lock};
use crate::demo::people::{API_CLIENT_ID, Person};

impl Entra {
    /// Consents in the person's name: the consent page isn't shown for these scopes (short names).
    pub fn consent(&self, person: &Person, client_id: &str, scopes: &[&str]) {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        self.grants().consent(person, client_id, &scopes);
    }

    /// Takes the person's consents to this client back.
    pub fn withdraw_consent(&self, person: &Person, client_id: &str) {
        self.grants().withdraw(person, client_id);
    }

    /// Ends the person's browser sessions, codes and refresh tokens, as an administrator does.
    /// Access tokens live on.
    pub fn revoke(&self, person: &Person) {
        self.grants().revoke(person);
    }

    /// A sign-in that happens now, with whatever the person's policy asks for.
    pub(super) fn interactive(&self, person: &'static Person) -> SignIn {
        let strong = self.switches().of(person).policy == Some(Policy::SecondFactor);
        let epoch = self.grants().epoch(person);
        SignIn { person, at: self.now(), epoch, strong }
    }

    /// Would the person have to show more than at this sign-in?
    pub(super) fn needs_more(&self, sign_in: &SignIn) -> bool {
        let policy = self.switches().of(sign_in.person).policy;
        policy == Some(Policy::SecondFactor) && !sign_in.strong
    }

    /// Assignment and Conditional Access.
    pub(super) fn admit(&self, sign_in: &SignIn, app: &App) -> Result<(), Failure> {
        let person = sign_in.person;
        let switches = self.switches();
        if switches.assigned.as_ref().is_some_and(|assigned| !assigned.contains(person.oid)) {
            return Err(not_assigned(person, app));
        }
        match switches.of(person).policy {
            Some(Policy::Block) => Err(blocked()),
            _ if self.needs_more(sign_in) => Err(second_factor()),
            _ => Ok(()),
        }
    }

    /// The person's own yes. `.default` stands for everything that the API exposes.
    pub(super) fn consent_to(&self, person: &Person, app: &App, asked: &Asked) {
        let mut scopes = asked.scopes.clone();
        if asked.is_default() {
            scopes.clone_from(&lock(&self.0.api).scopes);
        }
        self.grants().consent(person, &app.client_id, &scopes);
    }

    /// Has the person, or an administrator, consented to all that is asked? `.default` asks for what
    /// was consented to, whatever it is; the scopes of other APIs need no consent here.
    pub(super) fn has_consented(&self, person: &Person, app: &App, asked: &Asked) -> bool {
        let grants = self.grants();
        let client = &app.client_id;
        app.consented_for_all
            || asked.resource != Resource::Api
            || (asked.is_default() && grants.has_consented_to_anything(person, client))
            || (!asked.is_default() && grants.has_consented(person, client, &asked.scopes))
    }
}

fn not_assigned(person: &Person, app: &App) -> Failure {
    let message = format!(
        "Your administrator has configured the application {} ('{}') to block users unless they \
         are specifically granted ('assigned') access to the application. The signed in user '{}' \
         is blocked because they are not a direct member of a group with access, nor had access \
         directly assigned by an administrator. Please contact your administrator to assign access \
         to this application.",
        app.name, app.client_id, person.email
    );
    Failure::new("invalid_grant", 50105, message)
}

pub(super) fn blocked() -> Failure {
    let message = "Access has been blocked by Conditional Access policies. The access policy does \
                   not allow token issuance.";
    Failure::new("invalid_grant", 53003, message).suberror("message_only").claims(challenge())
}

pub(super) fn second_factor() -> Failure {
    let message = format!(
        "Due to a configuration change made by your administrator, or because you moved to a new \
         location, you must use multi-factor authentication to access '{API_CLIENT_ID}'."
    );
    Failure::new("interaction_required", 50076, message)
        .suberror("basic_action")
        .claims(challenge())
}

/// A claims challenge: what the next authorization request would have to carry.
fn challenge() -> String {
    let policies = json!({"essential": true, "values": [Uuid::new_v4()]});
    json!({"access_token": {"capolids": policies}}).to_string()
}
