//! What is written while people are let in and turned away: never a token, never a full e-mail.

use super::issuer::KEYS;
use super::world::{Answer, World};
use crate::harness::Written;

#[tokio::test]
async fn logs_hold_no_token() {
    let pages = Written::default();
    let _reading = pages.read_everything();
    let world = World::new().await;
    let canary = |world: &World, change: fn(&mut serde_json::Value)| {
        world.token(|header, claims| {
            header["canary"] = "canary-header".into();
            claims["preferred_username"] = "canary-person@contoso.example".into();
            claims["canary"] = "canary-claim".into();
            change(claims);
        })
    };
    let good = canary(&world, |_| ());
    let wrong = canary(&world, |claims| claims["aud"] = "canary-audience".into());
    let scopeless = canary(&world, |claims| claims["scp"] = "canary-scope".into());
    let unknown = world.token_by(&KEYS[1], |header, _| header["kid"] = "canary-kid".into());
    for token in [&good, &wrong, &scopeless, &unknown] {
        world.call(token).await;
        let asked = world.http.post(world.url(&format!("/mcp?access_token={token}")));
        Answer::of(asked.bearer_auth(token).send().await.unwrap()).await;
    }
    let text = pages.text();
    assert!(text.contains("another audience"), "nothing was written: {text}");
    assert!(text.contains("unknown kid") && text.contains("lacks the scope"), "{text}");
    assert!(!text.contains("canary"), "{text}");
    for token in [&good, &wrong, &scopeless, &unknown] {
        for part in token.split('.') {
            assert!(!text.contains(part), "a token's part was written");
        }
    }
}
