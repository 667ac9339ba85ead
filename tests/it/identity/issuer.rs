//! A little token issuer: discovery, keys and really signed tokens, with switches for everything
//! that can go wrong with them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use futures::StreamExt as _;
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};
use url::Url;

pub(crate) const TENANT: &str = "7d0f4a6e-3c55-4b0e-9a34-5d0b6f1f2a10";
pub(crate) const AUDIENCE: &str = "6a1f0c1e-8f5e-4a57-9d3c-2b1f6f0a9c11";
pub(crate) const ISSUER: &str = "https://login.example/7d0f4a6e-3c55-4b0e-9a34-5d0b6f1f2a10/v2.0";
pub(crate) const BEN: &str = "b0000000-0000-4000-8000-000000000002";
pub(crate) const CLIENT: &str = "c0000000-0000-4000-8000-00000000000c";

/// An RSA key with its name.
pub(crate) struct SigningKey {
    pub(crate) kid: &'static str,
    pair: RsaKeyPair,
}

/// Three keys for all tests: making one takes a while.
pub(crate) static KEYS: LazyLock<[SigningKey; 3]> =
    LazyLock::new(|| ["key-one", "key-two", "key-three"].map(SigningKey::new));

impl SigningKey {
    fn new(kid: &'static str) -> Self {
        Self { kid, pair: RsaKeyPair::generate(KeySize::Rsa2048).unwrap() }
    }

    /// The modulus: of `SEQUENCE { INTEGER n, INTEGER e }` the bytes after the two heads and the
    /// sign byte.
    pub(crate) fn modulus(&self) -> Vec<u8> {
        self.pair.public_key().as_ref()[9..265].to_vec()
    }

    pub(crate) fn public_der(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }

    pub(crate) fn jwk(&self) -> Value {
        // Entra's keys have no `alg`.
        json!({
            "kty": "RSA", "use": "sig", "kid": self.kid, "e": "AQAB",
            "n": BASE64URL_NOPAD.encode(&self.modulus()),
        })
    }

    /// Signs these two texts, whatever they are.
    pub(crate) fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        let signed =
            format!("{}.{}", BASE64URL_NOPAD.encode(header), BASE64URL_NOPAD.encode(payload));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

/// The header of a good token.
pub(crate) fn good_header(key: &SigningKey) -> Value {
    json!({ "typ": "JWT", "alg": "RS256", "kid": key.kid })
}

/// The claims of a good token of Ben's, issued at `now`.
pub(crate) fn good_claims(now: u64) -> Value {
    json!({
        "aud": AUDIENCE, "iss": ISSUER, "tid": TENANT, "oid": BEN, "sub": "pairwise-ben",
        "iat": now, "nbf": now, "exp": now + 4500, "scp": "Other.Thing Mcp.Access",
        "azp": CLIENT, "azpacr": "0", "ver": "2.0", "uti": "uti-1", "name": "Ben",
        "preferred_username": "ben@contoso.example",
    })
}

/// How a document is answered.
#[derive(Clone)]
pub(crate) enum Mode {
    Json(Value),
    Text(&'static str, String),
    Status(u16),
    Redirect(String),
    /// A byte a second, for ever.
    Drip,
}

/// The server.
pub(crate) struct Issuer {
    pub(crate) base: String,
    shared: Arc<Shared>,
}

struct Shared {
    discovery: Mutex<Mode>,
    keys: Mutex<Mode>,
    discoveries: AtomicU32,
    fetches: AtomicU32,
}

impl Issuer {
    /// An issuer that publishes the first key.
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            discovery: Mutex::new(Mode::Status(404)),
            keys: Mutex::new(Mode::Status(404)),
            discoveries: AtomicU32::new(0),
            fetches: AtomicU32::new(0),
        });
        let app = Router::new()
            .route("/discovery", get(discovery))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let issuer = Self { base, shared };
        issuer.publish(&[&KEYS[0]]);
        issuer.set_discovery(issuer.discovery_of(ISSUER));
        issuer
    }

    pub(crate) fn discovery_url(&self) -> Url {
        format!("{}/discovery", self.base).parse().unwrap()
    }

    pub(crate) fn discovery_of(&self, issuer: &str) -> Mode {
        Mode::Json(json!({ "issuer": issuer, "jwks_uri": format!("{}/keys", self.base) }))
    }

    pub(crate) fn publish(&self, keys: &[&SigningKey]) {
        let keys: Vec<Value> = keys.iter().map(|key| key.jwk()).collect();
        self.set_keys(Mode::Json(json!({ "keys": keys })));
    }

    pub(crate) fn set_keys(&self, mode: Mode) {
        *self.shared.keys.lock().unwrap() = mode;
    }

    pub(crate) fn set_discovery(&self, mode: Mode) {
        *self.shared.discovery.lock().unwrap() = mode;
    }

    /// How often the keys were fetched.
    pub(crate) fn fetches(&self) -> u32 {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    /// How often the discovery document was fetched.
    pub(crate) fn discoveries(&self) -> u32 {
        self.shared.discoveries.load(Ordering::SeqCst)
    }
}

async fn discovery(State(shared): State<Arc<Shared>>) -> Response {
    shared.discoveries.fetch_add(1, Ordering::SeqCst);
    let mode = shared.discovery.lock().unwrap().clone();
    answer(mode)
}

async fn keys(State(shared): State<Arc<Shared>>) -> Response {
    shared.fetches.fetch_add(1, Ordering::SeqCst);
    let mode = shared.keys.lock().unwrap().clone();
    answer(mode)
}

fn answer(mode: Mode) -> Response {
    match mode {
        Mode::Json(value) => axum::Json(value).into_response(),
        Mode::Text(kind, text) => ([(CONTENT_TYPE, kind)], text).into_response(),
        Mode::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Mode::Redirect(to) => (StatusCode::FOUND, [(LOCATION, to)]).into_response(),
        Mode::Drip => {
            let drops = futures::stream::repeat(()).then(|()| async {
                tokio::time::sleep(Duration::from_secs(1)).await;
                Ok::<_, std::io::Error>(Bytes::from_static(b" "))
            });
            ([(CONTENT_TYPE, "application/json")], Body::from_stream(drops)).into_response()
        }
    }
}
