//! A certificate, a federated token and a managed identity, each before a token endpoint that judges
//! the assertion.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, StatusCode};
use osier::config::{Certificate, Credential, Facade, ManagedIdentity};
use osier::demo::{API_CLIENT_ID, Federated};
use osier::oauth::upstream::{EntraFault, Upstream};
use rcgen::{CertificateParams, PKCS_RSA_SHA256, PublicKeyData as _};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::world::{CALLBACK, VERIFIER, World, facade};

/// The shape of a token, and nothing in it.
const FIRST: &str = "eyJh.eyJz.Zmlyc3Q";
const SECOND: &str = "eyJh.eyJz.c2Vjb25k";

/// A token endpoint that takes one code under one assertion, and a managed identity's endpoint.
struct Desk {
    base: String,
    state: Arc<Mutex<Asked>>,
}

#[derive(Default)]
struct Asked {
    /// The assertions that came.
    assertions: Vec<String>,
    forms: Vec<BTreeMap<String, String>>,
    /// Queries and headers at the managed identity's endpoint.
    identities: Vec<(String, HeaderMap)>,
    /// What that endpoint answers next.
    answer: Option<(StatusCode, Value)>,
}

impl Desk {
    async fn open() -> Self {
        let state: Arc<Mutex<Asked>> = Arc::default();
        let routes = Router::new()
            .route("/token", post(token))
            .route("/identity", get(identity))
            .with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { base, state }
    }

    /// The leg of a tenant whose token endpoint this is.
    fn upstream(&self, world: &World, credential: Credential) -> Upstream {
        let token = format!("{}/token", self.base);
        world.around.entra().alter_discovery("token_endpoint", json!(token));
        let mut settings = world.settings();
        settings.authority_origins.push(self.base.clone());
        let judge = world.authenticator(settings);
        let facade = Facade { credential, ..facade() };
        Upstream::new(&facade, &CALLBACK.parse().unwrap(), judge, world.clock.clone()).unwrap()
    }

    fn assertions(&self) -> Vec<String> {
        self.state.lock().unwrap().assertions.clone()
    }

    fn answer(&self, status: StatusCode, body: Value) {
        self.state.lock().unwrap().answer = Some((status, body));
    }
}

async fn token(State(state): State<Arc<Mutex<Asked>>>, body: bytes::Bytes) -> Response {
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    let mut asked = state.lock().unwrap();
    let of = |name: &str| form.get(name).map(String::as_str);
    let sound = of("grant_type") == Some("authorization_code")
        && of("code") == Some("a-code")
        && of("code_verifier") == Some(VERIFIER)
        && of("redirect_uri") == Some(CALLBACK)
        && of("client_secret").is_none()
        && of("client_assertion_type")
            == Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    let assertion = of("client_assertion").unwrap_or_default().to_owned();
    asked.forms.push(form);
    if !sound || assertion.is_empty() {
        return (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_request"})))
            .into_response();
    }
    asked.assertions.push(assertion);
    Json(json!({"token_type": "Bearer", "expires_in": 3600, "access_token": "a", "refresh_token": "r"}))
        .into_response()
}

async fn identity(
    State(state): State<Arc<Mutex<Asked>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let mut asked = state.lock().unwrap();
    asked.identities.push((query.unwrap_or_default(), headers));
    let (status, body) = asked.answer.clone().unwrap();
    (status, Json(body)).into_response()
}

/// A certificate with its key, made for the test, in these two files; gives its public key.
fn certificate(folder: &Path) -> (Certificate, Vec<u8>) {
    use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let der = rustls::pki_types::PrivatePkcs8KeyDer::from(der.as_ref().to_vec());
    let key = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256).unwrap();
    let made = CertificateParams::new(["osier.example".to_owned()]).unwrap();
    let made = made.self_signed(&key).unwrap();
    let files = Certificate { certificate: folder.join("crt.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.certificate, made.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    (files, key.der_bytes().to_vec())
}

fn verified(assertion: &str, public_key: &[u8]) -> Value {
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, public_key);
    key.verify(signed.as_bytes(), &signature).unwrap();
    let claims = BASE64URL_NOPAD.decode(signed.split_once('.').unwrap().1.as_bytes()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[tokio::test]
async fn a_certificate_redeems_a_code_and_its_successor_the_next() {
    let (world, desk) = (World::new().await, Desk::open().await);
    let folder = tempfile::tempdir().unwrap();
    let (files, public_key) = certificate(folder.path());
    let upstream = desk.upstream(&world, Credential::Certificate(files.clone()));
    upstream.redeem("a-code", VERIFIER).await.unwrap();
    let claims = verified(&desk.assertions()[0], &public_key);
    assert_eq!(claims["aud"], format!("{}/token", desk.base));
    let life = claims["exp"].as_u64().unwrap() - world.clock.unix_seconds();
    assert!(life <= 600, "{life}");
    // Renewed in place: no restart.
    let (_, next) = certificate(folder.path());
    upstream.redeem("a-code", VERIFIER).await.unwrap();
    let again = verified(&desk.assertions()[1], &next);
    assert_ne!(claims["jti"], again["jti"]);
    std::fs::remove_file(&files.key).unwrap();
    let gone = upstream.redeem("a-code", VERIFIER).await.unwrap_err();
    assert!(matches!(gone, EntraFault::Misconfigured(_)), "{gone}");
    assert_eq!(desk.assertions().len(), 2);
}

#[tokio::test]
async fn a_federated_file_redeems_a_code_and_is_read_each_time() {
    let (world, desk) = (World::new().await, Desk::open().await);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{FIRST}").unwrap();
    let credential = Credential::FederatedFile(file.path().to_owned());
    let upstream = desk.upstream(&world, credential);
    upstream.redeem("a-code", VERIFIER).await.unwrap();
    std::fs::write(file.path(), SECOND).unwrap();
    upstream.redeem("a-code", VERIFIER).await.unwrap();
    assert_eq!(desk.assertions(), [FIRST, SECOND]);
    for spoilt in ["", "not a token", "a.b"] {
        std::fs::write(file.path(), spoilt).unwrap();
        let said = upstream.redeem("a-code", VERIFIER).await.unwrap_err();
        assert!(matches!(said, EntraFault::Misconfigured(_)), "{said}");
    }
    drop(file);
    let said = upstream.redeem("a-code", VERIFIER).await.unwrap_err();
    assert!(matches!(said, EntraFault::Misconfigured(_)), "{said}");
    assert_eq!(desk.assertions().len(), 2);
}

fn managed(desk: &Desk, header: Option<&str>) -> Credential {
    Credential::ManagedIdentity(Box::new(ManagedIdentity {
        endpoint: format!("{}/identity", desk.base).parse().unwrap(),
        header: header.map(SecretString::from),
        client_id: Some("1f0c9e52-6d0f-4d0b-8d43-7f0b1c2d3e4f".to_owned()),
        audience: "api://AzureADTokenExchange".to_owned(),
    }))
}

#[tokio::test]
async fn a_managed_identity_redeems_a_code_and_is_asked_before_its_token_ends() {
    let (world, desk) = (World::new().await, Desk::open().await);
    let until = world.clock.unix_seconds() + 3600;
    desk.answer(
        StatusCode::OK,
        json!({"access_token": FIRST, "expires_on": until.to_string(), "token_type": "Bearer"}),
    );
    let upstream = desk.upstream(&world, managed(&desk, None));
    upstream.redeem("a-code", VERIFIER).await.unwrap();
    world.clock.advance(Duration::from_mins(54));
    upstream.redeem("a-code", VERIFIER).await.unwrap();
    {
        let asked = desk.state.lock().unwrap();
        let [(query, headers)] = asked.identities.as_slice() else { panic!("asked twice") };
        assert_eq!(
            query,
            "api-version=2018-02-01&resource=api%3A%2F%2FAzureADTokenExchange\
             &client_id=1f0c9e52-6d0f-4d0b-8d43-7f0b1c2d3e4f"
        );
        assert_eq!(headers["metadata"], "true");
    }
    let until = world.clock.unix_seconds() + 3600;
    desk.answer(StatusCode::OK, json!({"access_token": SECOND, "expires_on": until}));
    world.clock.advance(Duration::from_mins(2));
    upstream.redeem("a-code", VERIFIER).await.unwrap();
    assert_eq!(desk.assertions(), [FIRST, FIRST, SECOND]);
}

#[tokio::test]
async fn app_service_is_asked_in_its_own_way() {
    let (world, desk) = (World::new().await, Desk::open().await);
    let until = world.clock.unix_seconds() + 3600;
    desk.answer(StatusCode::OK, json!({"access_token": FIRST, "expires_on": until.to_string()}));
    let upstream = desk.upstream(&world, managed(&desk, Some("a-header")));
    upstream.redeem("a-code", VERIFIER).await.unwrap();
    let asked = desk.state.lock().unwrap();
    let (query, headers) = &asked.identities[0];
    assert!(query.starts_with("api-version=2019-08-01&resource="), "{query}");
    assert_eq!(headers["x-identity-header"], "a-header");
    assert!(!headers.contains_key("metadata"));
}

#[tokio::test]
async fn a_machine_without_that_identity_is_told_apart_from_one_that_is_not_ready() {
    let (world, desk) = (World::new().await, Desk::open().await);
    let upstream = desk.upstream(&world, managed(&desk, None));
    let refused = json!({"error": "invalid_request", "error_description": "Identity not found"});
    let until = world.clock.unix_seconds() + 3600;
    let answers = [
        (StatusCode::BAD_REQUEST, refused.clone(), true),
        (StatusCode::NOT_FOUND, refused.clone(), false),
        (StatusCode::TOO_MANY_REQUESTS, refused.clone(), false),
        (StatusCode::INTERNAL_SERVER_ERROR, refused, false),
        (StatusCode::OK, json!({"access_token": FIRST}), false),
        (StatusCode::OK, json!({"access_token": "not a token", "expires_on": until}), false),
    ];
    for (status, body, ours) in answers {
        desk.answer(status, body);
        let said = upstream.redeem("a-code", VERIFIER).await.unwrap_err();
        let told = matches!(said, EntraFault::Misconfigured(_));
        assert_eq!(told, ours, "{status}: {said}");
        assert!(!said.to_string().contains(FIRST));
    }
    assert!(desk.assertions().is_empty());
    // Nothing bad was kept.
    desk.answer(StatusCode::OK, json!({"access_token": SECOND, "expires_on": until}));
    let tokens = upstream.redeem("a-code", VERIFIER).await.unwrap();
    assert_eq!(tokens.access_token.expose_secret(), "a");
}

/// The look-alike judges assertions by itself, as Entra does.
#[tokio::test]
async fn the_look_alike_takes_a_certificate_that_is_registered() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let (files, _) = certificate(folder.path());
    let facade = Facade { credential: Credential::Certificate(files.clone()), ..facade() };
    let upstream = world.upstream(&facade);
    let code = world.code(&upstream).await;
    let unknown = upstream.redeem(&code, VERIFIER).await.unwrap_err();
    assert_eq!(unknown.said().aadsts, Some(700_027), "{unknown}");
    let pem = std::fs::read_to_string(&files.certificate).unwrap();
    world.around.entra().alter_app(API_CLIENT_ID, |app| app.certificates.push(pem));
    let tokens = upstream.redeem(&code, VERIFIER).await.unwrap();
    upstream.refresh(&tokens.refresh_token.unwrap()).await.unwrap();
    // Half an hour later the assertion is a new one.
    world.clock.advance(Duration::from_mins(30));
    upstream.probe_credential().await.unwrap();
}

/// A workload's token and a managed identity's, each signed by the issuer that the registration trusts.
#[tokio::test]
async fn the_look_alike_takes_tokens_of_an_issuer_that_is_trusted() {
    let (world, issuer, desk) = (World::new().await, World::new().await, Desk::open().await);
    let signer = issuer.around.entra();
    let now = world.clock.unix_seconds();
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": signer.kid()});
    let claims = |subject: &str| {
        json!({
            "iss": "https://cluster.example", "sub": subject, "iat": now, "nbf": now,
            "exp": now + 3600, "aud": "api://AzureADTokenExchange",
        })
    };
    let token = |subject| signer.sign(header.to_string(), claims(subject).to_string());
    let workload = token("system:serviceaccount:osier:osier");
    let machine = token("0f0e0d0c-0000-4000-8000-00000000000c");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &workload).unwrap();
    desk.answer(StatusCode::OK, json!({"access_token": machine, "expires_on": now + 3600}));
    let ways = [
        (Credential::FederatedFile(file.path().to_owned()), "system:serviceaccount:osier:osier"),
        (managed(&desk, None), "0f0e0d0c-0000-4000-8000-00000000000c"),
    ];
    for (credential, subject) in ways {
        let upstream = world.upstream(&Facade { credential, ..facade() });
        let code = world.code(&upstream).await;
        let unknown = upstream.redeem(&code, VERIFIER).await.unwrap_err();
        assert!(matches!(unknown, EntraFault::Misconfigured(_)), "{unknown}");
        let trusted = Federated::new("https://cluster.example", subject, signer.key_set());
        world.around.entra().alter_app(API_CLIENT_ID, |app| app.federated = vec![trusted]);
        upstream.redeem(&code, VERIFIER).await.unwrap();
    }
}
