//! An issuer, the authenticator and a server with the bearer layer over a tiny handler, which
//! tells what it saw.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::any;
use axum::{Json, Router};
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};
use osier::audit::{Denials, Sink};
use osier::clock::Clock;
use osier::identity::{Authenticator, Challenge, Flaw, Identity, Rejection, RejectionKind};
use osier::identity::{KeyFault, Settings};
use osier::middleware::Next;
use osier::middleware::bearer::{Gate, authenticate};
use osier::oauth::pace::{Budget, Pace};
use osier::oauth::protected_resource::ProtectedResource;
use osier::outbound::{self, Limits, Reach};
use serde_json::{Value, json};

use super::issuer::{AUDIENCE, Issuer, KEYS, SigningKey, TENANT, good_claims, good_header};

pub(crate) const PUBLIC_URL: &str = "https://osier.example";
pub(crate) const POINTERS: &str = "resource_metadata=\"https://osier.example/.well-known/\
    oauth-protected-resource/mcp\", scope=\"Mcp.Access\"";

pub(crate) struct World {
    pub(crate) issuer: Issuer,
    pub(crate) clock: Clock,
    pub(crate) authenticator: Arc<Authenticator>,
    pub(crate) http: reqwest::Client,
    /// Where the server listens, `127.0.0.1:…`.
    pub(crate) address: String,
    /// The headers that the handler saw, a map a request.
    pub(crate) seen: Arc<Mutex<Vec<HeaderMap>>>,
}

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    pub(crate) fn challenge(&self) -> Option<&str> {
        self.headers.get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap())
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// A world whose settings are changed before it starts.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let issuer = Issuer::start().await;
        let clock = Clock::manual();
        let mut settings =
            Settings::new(AUDIENCE.to_owned(), TENANT.to_owned(), issuer.discovery_url());
        change(&mut settings);
        let http = outbound::client(&Limits::documents()).unwrap();
        let authenticator = Arc::new(Authenticator::new(settings, http, clock.clone()));
        let resource = ProtectedResource::new(&PUBLIC_URL.parse().unwrap(), "Mcp.Access");
        let challenge = Arc::new(Challenge::new(resource.metadata_url(), "Mcp.Access"));
        let budget = Budget::per_minute(1_000_000, 1_000_000);
        let strangers = Arc::new(Pace::new(budget, clock.clone()));
        let denials = Denials::new(Sink::memory().0, clock.clone());
        let gate =
            Gate { authenticator: Arc::clone(&authenticator), challenge, strangers, denials };
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tell = {
            let seen = Arc::clone(&seen);
            move |request: Request| tell(Arc::clone(&seen), request)
        };
        let guarded = Router::new()
            .route("/mcp", any(tell.clone()))
            .route("/mcp/", any(tell))
            .route_layer(axum::middleware::from_fn_with_state(gate, layer));
        let app = guarded.merge(resource.routes(None, Arc::clone(&authenticator)));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let http =
            outbound::client(&Limits::calls(Duration::from_secs(30), Reach::Private)).unwrap();
        Self { issuer, clock, authenticator, http, address, seen }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A good token of Ben's.
    pub(crate) fn good(&self) -> String {
        self.token(|_, _| ())
    }

    /// A good token, changed before it is signed.
    pub(crate) fn token(&self, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        self.token_by(&KEYS[0], change)
    }

    pub(crate) fn token_by(
        &self,
        key: &SigningKey,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> String {
        let (mut header, mut claims) = (good_header(key), good_claims(self.clock.unix_seconds()));
        change(&mut header, &mut claims);
        key.sign(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// A good token with another value of one claim.
    pub(crate) fn claiming(&self, claim: &str, value: impl Into<Value>) -> String {
        let value = value.into();
        self.token(|_, claims| claims[claim] = value)
    }

    /// A good token without one claim.
    pub(crate) fn without(&self, claim: &str) -> String {
        self.token(|_, claims| drop(claims.as_object_mut().unwrap().remove(claim).unwrap()))
    }

    pub(crate) async fn call(&self, token: &str) -> Answer {
        let request = self.http.post(self.url("/mcp")).bearer_auth(token).body("{}");
        Answer::of(request.send().await.unwrap()).await
    }

    /// Straight to the authenticator, for the reason that no caller is told.
    pub(crate) async fn judge(&self, token: &str) -> Result<Arc<Identity>, Rejection> {
        self.authenticator.authenticate(&bearer(token)).await
    }

    pub(crate) async fn accepts(&self, name: &str, token: &str) {
        let answer = self.call(token).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?} {:?}", self.judge(token).await);
    }

    /// Refused, for this reason, and told what that reason's kind may be told.
    pub(crate) async fn refuses(&self, name: &str, token: &str, reason: impl Into<Rejection>) {
        let reason = reason.into();
        assert_eq!(self.judge(token).await.err(), Some(reason), "{name}");
        let before = self.seen.lock().unwrap().len();
        let answer = self.call(token).await;
        assert_told(name, &answer, reason);
        assert_eq!(self.seen.lock().unwrap().len(), before, "{name}: the handler ran");
    }

    /// Refused as a bad token, for this flaw.
    pub(crate) async fn bad(&self, name: &str, token: &str, flaw: Flaw) {
        self.refuses(name, token, flaw).await;
    }
}

pub(crate) fn bearer(token: &str) -> HeaderMap {
    let value = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
    HeaderMap::from_iter([(AUTHORIZATION, value)])
}

/// The whole answer to each kind of rejection.
pub(crate) fn assert_told(name: &str, answer: &Answer, reason: Rejection) {
    let (status, challenge, title) = match reason.kind() {
        RejectionKind::Missing => (401, Some(format!("Bearer {POINTERS}")), "Sign in to go on"),
        RejectionKind::Malformed => {
            let challenge = format!("Bearer error=\"invalid_request\", {POINTERS}");
            (400, Some(challenge), "Send one bearer token")
        }
        RejectionKind::Invalid => {
            let challenge = format!("Bearer error=\"invalid_token\", {POINTERS}");
            (401, Some(challenge), "The token isn't accepted")
        }
        RejectionKind::InsufficientScope => (
            403,
            Some(format!("Bearer error=\"insufficient_scope\", {POINTERS}")),
            "The token lacks the scope that this server asks for",
        ),
        RejectionKind::Forbidden => (403, None, "You may not use this server"),
        RejectionKind::Unavailable => (503, None, "Sign-in can't be checked at the moment"),
    };
    assert_eq!(answer.status, status, "{name}");
    assert_eq!(answer.challenge(), challenge.as_deref(), "{name}");
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body, json!({ "status": status, "title": title }), "{name}");
    assert_eq!(answer.headers["content-type"], "application/problem+json", "{name}");
    assert_eq!(answer.headers.contains_key(RETRY_AFTER), status == 503, "{name}");
}

/// The keys are away, for this reason.
pub(crate) fn away(fault: KeyFault) -> Rejection {
    Rejection::KeysUnavailable(fault)
}

async fn tell(seen: Arc<Mutex<Vec<HeaderMap>>>, request: Request) -> Json<Value> {
    let (head, body) = request.into_parts();
    let length = axum::body::to_bytes(body, 1 << 20).await.unwrap().len();
    let identity = head.extensions.get::<Arc<Identity>>().unwrap();
    seen.lock().unwrap().push(head.headers);
    Json(json!({ "subject": identity.subject(), "length": length }))
}

/// The layer, with nothing else around the routes.
async fn layer(
    State(gate): State<Gate>,
    request: Request,
    behind: axum::middleware::Next,
) -> Response {
    authenticate(&gate, request, Next::to(|request| behind.run(request))).await
}
