//! Kinds of tenant that differ by their discovery document and their claims: national clouds, External
//! ID and B2C; and v1 tokens, by switch only.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use osier::demo::{API_CLIENT_ID, BEN, TENANT_ID};
use osier::identity::{Flaw, Identity, Rejection, Settings, V1};
use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::world::World;

async fn judged(
    world: &World,
    settings: Settings,
    change: impl FnOnce(&mut Map<String, Value>),
) -> Result<Arc<Identity>, Rejection> {
    let token = world.around.entra().mint(&BEN, change);
    let bearer = format!("Bearer {token}").parse().unwrap();
    world
        .authenticator(settings)
        .authenticate(&HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
        .await
}

fn set(claims: &mut Map<String, Value>, name: &str, value: impl Into<Value>) {
    claims.insert(name.to_owned(), value.into());
}

/// The issuer is what the document says, byte for byte, whatever its host.
#[tokio::test]
async fn other_clouds_are_known_by_their_discovery_document() {
    let issuers = [
        format!("https://login.microsoftonline.us/{TENANT_ID}/v2.0"),
        format!("https://login.partner.microsoftonline.cn/{TENANT_ID}/v2.0"),
        format!("https://{TENANT_ID}.ciamlogin.com/{TENANT_ID}/v2.0"),
    ];
    for issuer in issuers {
        let world = World::new().await;
        world.around.entra().alter_discovery("issuer", json!(issuer));
        let settings = world.settings();
        let ours = judged(&world, settings.clone(), |claims| set(claims, "iss", issuer.as_str()));
        assert_eq!(ours.await.unwrap().subject(), BEN.oid, "{issuer}");
        let refused = judged(&world, settings.clone(), |_| ()).await.unwrap_err();
        assert_eq!(refused, Rejection::Token(Flaw::Issuer));
        let slash = format!("{issuer}/");
        let refused =
            judged(&world, settings, |claims| set(claims, "iss", slash)).await.unwrap_err();
        assert_eq!(refused, Rejection::Token(Flaw::Issuer));
    }
}

#[tokio::test]
async fn the_issuer_can_be_set() {
    let world = World::new().await;
    let mut settings = world.settings();
    settings.expected_issuer = Some(world.around.entra().issuer());
    assert!(judged(&world, settings.clone(), |_| ()).await.is_ok());
    settings.expected_issuer = Some("https://login.example/v2.0".to_owned());
    assert!(matches!(judged(&world, settings, |_| ()).await, Err(Rejection::KeysUnavailable(_))));
}

/// A user flow's token: no `tid`, no `oid`, `tfp` or `acr`, and an issuer that ends in a slash.
#[tokio::test]
async fn a_user_flow_binds_tenant_and_policy() {
    let world = World::new().await;
    let issuer = format!("https://contoso.b2clogin.com/{TENANT_ID}/v2.0/");
    world.around.entra().alter_discovery("issuer", json!(issuer));
    let mut b2c = world.settings();
    b2c.policies = ["b2c_1_sign_in".to_owned()].into();
    let flow = |claim: &'static str, policy: &'static str| {
        let issuer = issuer.clone();
        move |claims: &mut Map<String, Value>| {
            for absent in ["tid", "oid", "ver", "preferred_username"] {
                claims.remove(absent);
            }
            set(claims, "iss", issuer);
            set(claims, "sub", "5c1b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41");
            set(claims, claim, policy);
        }
    };
    for (claim, policy) in [("tfp", "B2C_1_sign_in"), ("acr", "b2c_1_sign_in")] {
        let identity = judged(&world, b2c.clone(), flow(claim, policy)).await.unwrap();
        assert_eq!(identity.tenant(), TENANT_ID);
        assert_eq!(identity.subject(), "5c1b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41");
    }
    let refused = |settings: Settings, change: fn(&mut Map<String, Value>)| {
        let base = flow("tfp", "B2C_1_sign_in");
        let changed = move |claims: &mut Map<String, Value>| {
            base(claims);
            change(claims);
        };
        let world = &world;
        async move { judged(world, settings, changed).await.unwrap_err() }
    };
    let policy = Rejection::Token(Flaw::Policy);
    let other = |claims: &mut Map<String, Value>| set(claims, "tfp", "B2C_1_edit_profile");
    assert_eq!(refused(b2c.clone(), other).await, policy);
    let none = |claims: &mut Map<String, Value>| drop(claims.remove("tfp"));
    assert_eq!(refused(b2c.clone(), none).await, policy);
    // `tfp` decides where both stand.
    let both = |claims: &mut Map<String, Value>| {
        set(claims, "tfp", "B2C_1_edit_profile");
        set(claims, "acr", "B2C_1_sign_in");
    };
    assert_eq!(refused(b2c.clone(), both).await, policy);
    let tenant = |claims: &mut Map<String, Value>| set(claims, "tid", API_CLIENT_ID);
    assert_eq!(refused(b2c.clone(), tenant).await, Rejection::Token(Flaw::Tenant));
    let nobody = |claims: &mut Map<String, Value>| drop(claims.remove("sub"));
    assert_eq!(refused(b2c, nobody).await, Rejection::Token(Flaw::Payload));
    // Without policies the claims of an Entra tenant are asked for.
    assert_eq!(refused(world.settings(), |_| ()).await, Rejection::Token(Flaw::Payload));
}

#[tokio::test]
async fn v1_tokens_are_let_in_by_the_switch_only() {
    let world = World::new().await;
    let v1_issuer = world.around.entra().v1_issuer();
    let v1 = |audience: String| {
        let issuer = v1_issuer.clone();
        move |claims: &mut Map<String, Value>| {
            let client = claims.remove("azp").unwrap();
            claims.remove("azpacr");
            set(claims, "appid", client);
            set(claims, "iss", issuer);
            set(claims, "aud", audience);
            set(claims, "ver", "1.0");
        }
    };
    let uri = format!("api://{API_CLIENT_ID}");
    let off = judged(&world, world.settings(), v1(uri.clone())).await.unwrap_err();
    assert_eq!(off, Rejection::Token(Flaw::Issuer));
    let mut on = world.settings();
    on.v1 = Some(V1 { issuer: v1_issuer.clone(), audiences: vec![uri.clone()] });
    for audience in [uri.as_str(), API_CLIENT_ID] {
        let identity = judged(&world, on.clone(), v1(audience.to_owned())).await.unwrap();
        assert_eq!(identity.subject(), BEN.oid);
    }
    let other = judged(&world, on.clone(), v1("api://other".to_owned())).await.unwrap_err();
    assert_eq!(other, Rejection::Token(Flaw::Audience));
    // The URI is v1's alone.
    let mixed = judged(&world, on, |claims| set(claims, "aud", uri)).await.unwrap_err();
    assert_eq!(mixed, Rejection::Token(Flaw::Audience));
}
