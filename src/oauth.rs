//! The OAuth front door: metadata of the resource, and an authorization server's face in front of
//! Entra, which alone can't let anybody's assistant sign in: it has no registration, takes no client
//! id metadata documents and refuses `resource`.
//!
//! ```text
//! /register            a client names itself; its id is that, sealed      register
//! /authorize           who is it, where may it be answered, what for      authorize, client, redirect
//! /authorize/consent   may it act for you? then to Entra                  consent, approvals, sign_in
//! /oauth/callback      back from Entra, in the same browser               callback, code
//! /token               Entra's own token, judged before it is given       token, families, upstream
//! /confirm/{id}        the question of a write, for clients that can't    link
//! ```
//!
//! Nothing of a sign-in is stored: registrations, requests, codes and refresh tokens are sealed
//! values that travel with the client and the browser, so that any replica with the same key goes on
//! with them. Which of them were used is kept, where replicas share a store.

pub mod approvals;
pub mod authorize;
pub mod callback;
pub mod client;
pub mod code;
pub mod consent;
pub mod cookie;
pub mod cors;
pub mod failure;
pub mod families;
pub mod form;
mod json;
pub mod link;
pub mod metadata;
pub mod no_store;
pub mod pace;
pub mod page;
pub mod protected_resource;
pub mod query;
pub mod redirect;
pub mod register;
pub mod resource;
pub mod scope;
pub mod seen;
pub mod sign_in;
pub mod token;
pub mod upstream;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::clock::Clock;
use crate::identity::Authenticator;
use crate::pipeline::Pipeline;
use crate::seal::KeyRing;

use client::Clients;
use cookie::Cookies;
use families::Families;
use protected_resource::ProtectedResource;
use resource::Resource;
use seen::Seen;
use upstream::Upstream;

/// How long things are remembered, in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Lives {
    /// A consent, by the browser.
    pub consent: u64,
    /// A family of refresh tokens, from its sign-in on.
    pub refresh: u64,
}

/// The authorization server's face.
pub struct Facade {
    /// The issuer: the public origin without a slash.
    pub issuer: String,
    /// Which `resource` is ours.
    pub resource: Resource,
    /// The scope's short name.
    pub scope: String,
    /// Who may come, and where they may be answered.
    pub clients: Arc<Clients>,
    /// Do clients register by themselves?
    pub registration: bool,
    /// Entra.
    pub upstream: Upstream,
    /// Who judges Entra's tokens.
    pub authenticator: Arc<Authenticator>,
    /// The sealing keys.
    pub keys: Arc<KeyRing>,
    /// The clock.
    pub clock: Clock,
    /// How cookies are written.
    pub cookies: Cookies,
    /// How long things are remembered.
    pub lives: Lives,
    /// The questions of links.
    pub pipeline: Arc<Pipeline>,
    /// The sign-ins that came back to this replica.
    pub seen: Arc<Seen>,
    /// Codes, and families of refresh tokens.
    pub families: Arc<Families>,
}

/// What is served: the resource's metadata always, the rest where clients sign in here.
pub struct Door {
    /// The resource's metadata.
    pub resource: ProtectedResource,
    /// Entra's issuer is asked for where clients go there themselves.
    pub authenticator: Arc<Authenticator>,
    /// The authorization server; none where clients go to Entra themselves.
    pub facade: Option<Arc<Facade>>,
}

impl Door {
    /// The routes. They belong outside the layer that asks for a token.
    pub fn routes(self) -> Router {
        let Some(facade) = self.facade else {
            return cors::open(self.resource.routes(None, self.authenticator));
        };
        let issuer = Some(facade.issuer.clone());
        let metadata = metadata::routes(&facade.issuer, &facade.scope, facade.registration);
        // Browser-based clients ask these from their own pages; no cookie counts there.
        let for_clients = Router::new()
            .route("/token", post(token::token))
            .with_state(Arc::clone(&facade))
            .merge(self.resource.routes(issuer, self.authenticator))
            .merge(metadata);
        let registration = register::routes(Arc::clone(&facade.clients));
        // A person's browser comes here by itself, with its cookies.
        let for_people = Router::new()
            .route("/authorize", get(authorize::authorize))
            .route("/authorize/consent", post(consent::decide))
            .route("/oauth/callback", get(callback::callback).head(failure::method))
            .route("/confirm/{id}", get(link::show).post(link::answer))
            .method_not_allowed_fallback(failure::method)
            .with_state(facade);
        cors::open(for_clients).merge(registration).merge(for_people)
    }
}
