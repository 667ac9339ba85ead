//! What else a doctor says: other faults of a token, services that are away, and how it is asked.

use std::collections::BTreeMap;

use osier::demo::{API_CLIENT_ID, BEN, Endpoint, Fault, Obstacle, TWINS_AUDIENCE};
use serde_json::{Map, Value, json};
use sqlx::Executor as _;

use super::world::{Visit, World};
use crate::harness::Postgres;

#[tokio::test]
async fn other_flaws_of_a_token_are_told() {
    let mut world = World::new().await;
    let entra = world.around.entra();
    let set = |name: &'static str, value: Value| {
        move |claims: &mut Map<String, Value>| drop(claims.insert(name.to_owned(), value))
    };
    let parts = entra.token(&BEN);
    let (signed, _) = parts.rsplit_once('.').unwrap();
    let (header, payload) = signed.split_once('.').unwrap();
    let decoded = |part: &str| data_encoding::BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
    let forged = entra.sign_with_a_foreign_key(decoded(header), decoded(payload)).unwrap();
    let graph = entra.mint_with(&BEN, |header, _| drop(header.insert("nonce".into(), "x".into())));
    let old = entra.mint(&BEN, |claims| {
        for (name, at) in [("iat", 0), ("nbf", 0), ("exp", 3600)] {
            claims.insert(name.to_owned(), json!(1_700_000_000 + at));
        }
    });
    let told = [
        (old, "it expired"),
        (forged, "bad signature"),
        (graph, "it is for Microsoft Graph, which alone can verify it"),
        (entra.mint(&BEN, set("nonce", json!("x"))), "it is an ID token"),
        (entra.mint(&BEN, |claims| drop(claims.remove("scp"))), "it is an application's own"),
        (entra.mint(&BEN, set("iss", json!("https://login.example\u{1b}[31m"))), "its issuer"),
        ("not.a.token".to_owned(), "no signed token"),
        ("hello".to_owned(), "no signed token"),
        (r#"{"id_token":"a.b.c"}"#.to_owned(), "an ID token and no access token"),
    ];
    for (token, says) in told {
        let visit = world.one_fault(Some(&token), "token", &[says]).await;
        assert!(!visit.said.contains('\u{1b}'), "{}", visit.said);
    }
    // Osier's own registration alone.
    let client = API_CLIENT_ID;
    world.set("IDENTITY__ALLOWED_CLIENTS", client);
    let says = ["isn't in identity.allowed_clients", "add \"c6e5e890"];
    world.one_fault(Some(&world.token()), "token", &says).await;
}

#[tokio::test]
async fn a_token_in_a_persons_name_is_tried() {
    let mut world = World::new().await;
    world.set("BACKENDS__SITECORE__TOKEN", "on_behalf_of");
    world.set("BACKENDS__SITECORE__SCOPE", &format!("{TWINS_AUDIENCE}/.default"));
    let check = "token for sitecore";
    let visit = world.visit(None).await;
    assert!(visit.said.contains(&format!("skipped  {check}: ")), "{}", visit.said);
    let visit = world.visit(Some(&world.token())).await;
    assert!(visit.said.contains(&format!("ok       {check}: ")), "{}", visit.said);
    world.around.entra().set_obstacle(&BEN, Some(Obstacle::SecondFactor));
    let visit = world.visit(Some(&world.token())).await;
    assert!(visit.said.contains(&format!("warning  {check}: A second factor")), "{}", visit.said);
    assert!(visit.said.contains("AADSTS50076"), "{}", visit.said);
}

/// A token that isn't good goes nowhere.
#[tokio::test]
async fn only_a_good_token_is_sent_on() {
    let world = World::new().await;
    let wire = world.around.services().wire();
    world.around.entra().set_token_audience(Some("other"));
    world.visit(Some(&world.token())).await;
    assert!(wire.requests().iter().all(|asked| asked.header("authorization").is_none()));
    world.around.entra().restore();
    world.visit(Some(&world.token())).await;
    let told: Vec<_> = wire
        .requests()
        .into_iter()
        .filter(|asked| asked.header("authorization").is_some())
        .map(|asked| asked.path)
        .collect();
    assert!(!told.is_empty() && told.iter().all(|path| path.starts_with("/authz/")), "{told:?}");
}

#[tokio::test]
async fn what_is_away_is_named_with_its_cause() {
    let mut world = World::new().await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    world.set("BACKENDS__SITECORE__BASE_URL", &closed);
    let says = ["can't be reached: Connection refused", "[backends.sitecore]"];
    world.one_fault(None, "backend sitecore", &says).await;
    let sitecore = world.around.services().sitecore_url();
    world.set("BACKENDS__SITECORE__BASE_URL", &sitecore);
    world.set("ACCESS__URL", &closed);
    world.one_fault(None, "permissions", &["Connection refused", "[access]"]).await;
    let authz = world.around.services().authz_url();
    world.set("ACCESS__URL", &authz);
    world.set("IDENTITY__DISCOVERY_URL", &format!("{closed}/openid-configuration"));
    let visit = world.visit(None).await;
    assert!(visit.line("discovery").contains("Connection refused"), "{}", visit.said);
    assert!(visit.line("keys").starts_with("skipped"), "{}", visit.said);
    assert_eq!(visit.code, Some(1));
}

#[tokio::test]
async fn the_permission_service_is_told_apart_by_its_answer() {
    let world = World::new().await;
    let token = world.token();
    let wire = world.around.services().wire();
    let answers = [
        (Fault::answer(401, ""), "it doesn't take the token that Osier takes"),
        (Fault::answer(404, ""), "access.url and access.path"),
        (Fault::answer(503, ""), "nobody may do anything"),
        (Fault::json(&json!({"subject": "somebody else", "permissions": []})), "access.fields"),
    ];
    for (answer, says) in answers {
        wire.inject("/authz", answer);
        world.one_fault(Some(&token), "permissions", &[says]).await;
        wire.heal();
    }
}

#[tokio::test]
async fn discovery_that_is_another_tenants_is_told() {
    let mut world = World::new().await;
    let entra = world.around.entra();
    let common = "https://login.microsoftonline.com/{tenantid}/v2.0";
    entra.alter_discovery("issuer", json!(common));
    let visit = world.visit(None).await;
    assert!(visit.line("discovery").contains("stands for every tenant"), "{}", visit.said);
    entra.alter_discovery("issuer", json!("https://login.example/other/v2.0"));
    let visit = world.visit(None).await;
    let line = visit.line("discovery");
    assert!(line.starts_with("warning") && line.contains("identity.tenant_id"), "{}", visit.said);
    assert_eq!(visit.code, Some(0), "{}", visit.said);
    entra.alter_discovery("jwks_uri", json!("https://keys.example/keys"));
    let visit = world.visit(None).await;
    assert!(visit.line("keys").contains("isn't at an origin"), "{}", visit.said);
    entra.restore_discovery();
    world.set("IDENTITY__ISSUER", "https://login.example/v2.0");
    let visit = world.visit(None).await;
    assert!(visit.line("discovery").contains("isn't identity.issuer"), "{}", visit.said);
}

/// Entra doesn't let an application in that nobody assigned; its credential is good all the same.
#[tokio::test]
async fn an_application_without_a_role_has_a_good_credential() {
    let world = World::new().await;
    world.around.entra().set_assignment_required(Some(&[&BEN]));
    let visit = world.visit(None).await;
    assert!(visit.line("credential").starts_with("ok"), "{}", visit.said);
    assert_eq!(visit.code, Some(0), "{}", visit.said);
}

#[tokio::test]
async fn an_outage_of_sign_in_is_told_apart_from_a_bad_registration() {
    let world = World::new().await;
    world.around.entra().inject(Endpoint::Token, Fault::answer(503, ""));
    world.one_fault(None, "credential", &["a server error", "reach Entra's endpoints"]).await;
    world.around.entra().wire().heal();
    let page = Fault::answer(200, "<form>Sign in</form>").header("content-type", "text/html");
    world.around.entra().inject(Endpoint::Authorize, page);
    let visit = world.visit(None).await;
    assert!(visit.line("redirect").starts_with("skipped"), "{}", visit.said);
    assert_eq!(visit.code, Some(0), "{}", visit.said);
}

/// Read at the authorize page: the scope isn't the API's.
#[tokio::test]
async fn a_scope_that_the_api_does_not_have_is_told() {
    let mut world = World::new().await;
    world.set("AUTH__UPSTREAM_SCOPE", &format!("api://{API_CLIENT_ID}/Mcp.Other"));
    let says = ["The API has no scope of that name", "AADSTS650053", "Expose an API"];
    world.one_fault(None, "redirect", &says).await;
}

#[tokio::test]
async fn direct_mode_has_no_registration_to_look_at() {
    let mut world = World::new().await;
    world.set("AUTH__MODE", "direct");
    // Nor anything to ask for other tokens with.
    for service in ["ADT", "SNOWFLAKE"] {
        world.set(&format!("BACKENDS__{service}__TOKEN"), "forward");
        world.set(&format!("BACKENDS__{service}__AUDIENCE"), API_CLIENT_ID);
    }
    let visit = world.visit(Some(&world.token())).await;
    assert_eq!(visit.code, Some(0), "{}", visit.said);
    assert!(visit.line("credential").starts_with("skipped"), "{}", visit.said);
    assert_eq!(world.around.entra().hits(Endpoint::Token), 0);
}

/// Nothing is made and nothing is changed there.
#[tokio::test]
async fn the_store_is_reached_and_left_as_it_is() {
    let mut world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("osier.db");
    world.set("STORE__URL", &format!("sqlite://{}", file.display()));
    let visit = world.visit(None).await;
    assert!(visit.line("store").starts_with("ok"), "{}", visit.said);
    assert!(!file.exists());
    world.set("STORE__URL", "sqlite:///nonexistent/osier.db");
    world.one_fault(None, "store", &["No such file", "docs/STORE.md"]).await;
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let url = format!("postgres://osier:hunter2@{closed}/osier?sslmode=disable");
    world.set("STORE__URL", &url);
    let visit = world.one_fault(None, "store", &["Connection refused", "firewall"]).await;
    assert!(!visit.said.contains("hunter2"), "{}", visit.said);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_answers_is_told_from_one_that_refuses() {
    let postgres = Postgres::start().await;
    let url = postgres.database("osier").await;
    let mut world = World::new().await;
    world.set("STORE__URL", &url);
    let visit = world.visit(None).await;
    assert_eq!(visit.line("store"), "ok       store: the database answers", "{}", visit.said);
    let mut connection = postgres.connect("osier").await.unwrap();
    let tables = "SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'";
    assert!(connection.fetch_all(tables).await.unwrap().is_empty());
    world.set("STORE__URL", &url.replace("hunter2", "hunter3"));
    let visit = world.one_fault(None, "store", &["password authentication failed"]).await;
    assert!(!visit.said.contains("hunter"), "{}", visit.said);
}

#[tokio::test]
async fn a_certificate_that_is_not_there_is_told() {
    let mut world = World::new().await;
    world.set("AUTH__CREDENTIAL", "certificate");
    world.set("AUTH__CERTIFICATE_FILE", "/nonexistent/entra.pem");
    world.one_fault(None, "credential", &["auth.certificate_file", "can't be read"]).await;
}

#[tokio::test]
async fn bad_configuration_and_bad_files_end_with_64() {
    let none = BTreeMap::new();
    let config = ["doctor", "--config", "tests/fixtures/bad/osier.toml"];
    let visit = Visit::of(&config, &none).await;
    assert_eq!((visit.code, visit.said.as_str()), (Some(64), ""));
    assert!(visit.err.contains("auth.prompt: can't be \"consent\""), "{}", visit.err);
    let world = World::new().await;
    let token = ["doctor", "--config", "config/demo.toml", "--token", "/nonexistent/token"];
    let visit = Visit::of(&token, &world.settings).await;
    assert_eq!(visit.code, Some(64), "{visit:?}");
    assert!(visit.err.starts_with("/nonexistent/token:1: can't be read"), "{}", visit.err);
    let both = ["doctor", "--explain", "50105", "--token", "x"];
    assert_eq!(Visit::of(&both, &none).await.code, Some(64));
}

#[tokio::test]
async fn a_code_is_explained_without_any_configuration() {
    let none = BTreeMap::new();
    let visit = Visit::of(&["doctor", "--explain", "AADSTS50105"], &none).await;
    assert_eq!((visit.code, visit.err.as_str()), (Some(0), ""));
    assert!(visit.said.starts_with("AADSTS50105: The person isn't assigned"), "{}", visit.said);
    assert!(visit.said.contains("Mended by an administrator of the tenant."), "{}", visit.said);
    let visit = Visit::of(&["doctor", "--explain", "12345678"], &none).await;
    assert_eq!((visit.code, visit.said.as_str()), (Some(1), ""));
}
