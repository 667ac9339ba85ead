//! The rule of the door: scopes, roles and apps; and the sign on it, the protected resource's
//! metadata (RFC 9728).

use osier::identity::{Flaw, Principal, Rejection, Require};
use serde_json::{Value, json};

use super::issuer::ISSUER;
use super::world::{Answer, World};

#[tokio::test]
async fn metadata_is_the_same_for_everybody() {
    let world = World::new().await;
    for path in ["", "/mcp"] {
        let url = world.url(&format!("/.well-known/oauth-protected-resource{path}"));
        let asks = [
            world.http.get(&url),
            world.http.get(&url).header("host", "evil.example"),
            world.http.get(&url).header("x-forwarded-host", "evil.example"),
            world.http.get(&url).header("x-forwarded-proto", "http"),
            world.http.get(&url).bearer_auth("nonsense"),
        ];
        for ask in asks {
            let answer = Answer::of(ask.send().await.unwrap()).await;
            assert_eq!(answer.status, 200);
            assert_eq!(answer.headers["content-type"], "application/json");
            let metadata: Value = serde_json::from_str(&answer.body).unwrap();
            let expected = json!({
                "resource": "https://osier.example/mcp",
                "authorization_servers": [ISSUER],
                "scopes_supported": ["Mcp.Access"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Osier",
            });
            assert_eq!(metadata, expected);
        }
    }
}

#[tokio::test]
async fn the_door_asks_for_what_it_is_told() {
    use Rejection::{RoleMissing, ScopeMissing};
    // With neither, with the scope, with the role, with both.
    let rule = [
        (Require::Either, [Some(ScopeMissing), None, None, None]),
        (Require::Scope, [Some(ScopeMissing), None, Some(ScopeMissing), None]),
        (Require::Role, [Some(RoleMissing), Some(RoleMissing), None, None]),
        (Require::Both, [Some(ScopeMissing), Some(RoleMissing), Some(ScopeMissing), None]),
    ];
    for (require, endings) in rule {
        let change = move |settings: &mut osier::identity::Settings| {
            settings.require = require;
            settings.role = "Osier.User".to_owned();
        };
        let world = World::with(change).await;
        let grants = [(false, false), (true, false), (false, true), (true, true)];
        for ((scope, role), ending) in grants.into_iter().zip(endings) {
            let name = format!("{require:?} with scope {scope}, role {role}");
            let token = world.token(|_, claims| {
                claims["scp"] = if scope { "Mcp.Access" } else { "Other" }.into();
                claims["roles"] = if role { json!(["A", "Osier.User"]) } else { json!(["osier"]) };
            });
            match ending {
                None => world.accepts(&name, &token).await,
                Some(rejection) => world.refuses(&name, &token, rejection).await,
            }
        }
        let text = world.claiming("roles", "Osier.User");
        world.bad("roles as a string", &text, Flaw::Payload).await;
    }
}

#[tokio::test]
async fn apps_on_their_own_are_let_in_where_switched_on() {
    let app = |claims: &mut Value| {
        claims.as_object_mut().unwrap().remove("scp");
        claims["roles"] = json!(["Mcp.Access"]);
    };
    let forms: [fn(&mut Value); 4] = [
        |claims| drop(claims.as_object_mut().unwrap().remove("idtyp")),
        |claims| claims["idtyp"] = "app".into(),
        // Entra's agents carry an empty scope, or this.
        |claims| claims["scp"] = "/".into(),
        |claims| claims["scp"] = "".into(),
    ];
    let closed = World::new().await;
    let open = World::with(|settings| settings.allow_app_only = true).await;
    for (number, form) in forms.into_iter().enumerate() {
        let name = format!("form {number}");
        let token = |world: &World| {
            world.token(|_, claims| {
                claims["idtyp"] = "x".into();
                app(claims);
                claims.as_object_mut().unwrap().remove("idtyp");
                form(claims);
            })
        };
        closed.refuses(&name, &token(&closed), Rejection::AppOnly).await;
        open.accepts(&name, &token(&open)).await;
        let identity = open.judge(&token(&open)).await.unwrap();
        assert_eq!(identity.principal(), Principal::App);
    }
    let scoped = open.claiming("idtyp", "app");
    let identity = open.judge(&scoped).await.unwrap();
    assert_eq!(identity.principal(), Principal::App, "idtyp outweighs a scope");
    closed.refuses("an app with a scope", &scoped, Rejection::AppOnly).await;
    closed.bad("another kind", &closed.claiming("idtyp", "device"), Flaw::Identifier).await;
    closed.accepts("said to be a person", &closed.claiming("idtyp", "user")).await;
}
