//! The protected resource's metadata (RFC 9728).

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
