//! Cases 37 and 38: where browsers may be sent to, through `/register` and at each authorize.

use osier::config::{Config, Environment};
use osier::oauth::redirect::{RedirectFault, RedirectUri};
use serde_json::json;

use super::payloads::{LOOPBACK_LOOK_ALIKES, OPEN_REDIRECTS};
use super::world::World;

const GOOD: &str = "https://claude.ai/api/mcp/auth_callback";

#[tokio::test]
async fn case_037_no_trick_gets_registered() {
    for tricks in OPEN_REDIRECTS.chunks(20).chain(LOOPBACK_LOOK_ALIKES.chunks(20)) {
        let world = World::new().await;
        for trick in tricks {
            let metadata = json!({"client_name": "x", "redirect_uris": [GOOD, trick]});
            let (status, body) = world.register(&metadata).await;
            assert_eq!(status, 400, "{trick:?}: {body}");
            assert_eq!(body["error"], "invalid_redirect_uri", "{trick:?}: {body}");
            let says = body["error_description"].as_str().unwrap();
            assert!(says.starts_with("redirect_uris[1] "), "{trick:?}: {says}");
            assert!(says.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{trick:?}: {says}");
        }
    }
}

#[tokio::test]
async fn case_037_no_trick_passes_for_what_is_registered() {
    let world = World::new().await;
    let id = world.registered(&[GOOD, "http://127.0.0.1/callback"]).await;
    let client = world.find(&id).await.unwrap();
    let rules = world.clients.rules();
    assert_eq!(client.redirect(GOOD, rules).unwrap().as_str(), GOOD);
    for trick in OPEN_REDIRECTS.iter().chain(&LOOPBACK_LOOK_ALIKES) {
        assert!(client.redirect(trick, rules).is_err(), "{trick:?}");
    }
    // Another's good address is not this client's, and a long one is nobody's.
    let other = "https://chatgpt.com/connector_platform_oauth_redirect";
    assert_eq!(client.redirect(other, rules), Err(RedirectFault::NotRegistered));
    let long = format!("{GOOD}?{}", "x".repeat(256));
    assert_eq!(client.redirect(&long, rules), Err(RedirectFault::TooLong));
}

#[tokio::test]
async fn case_037_an_address_that_left_the_list_is_refused_from_then_on() {
    let keys = || osier::seal::KeyRing::new(&[7; 32], None).unwrap();
    let setup = || super::world::Setup { keys: keys(), ..super::world::Setup::default() };
    let id = World::with(setup()).await.registered(&[GOOD]).await;
    let mut narrowed = setup();
    narrowed
        .settings
        .push(("OSIER_CLIENTS__REDIRECT_URIS", "http://127.0.0.1/callback".to_owned()));
    let world = World::with(narrowed).await;
    let client = world.find(&id).await.unwrap();
    assert_eq!(client.redirect(GOOD, world.clients.rules()), Err(RedirectFault::NotAllowed));
}

#[test]
fn case_037_an_unsafe_line_in_the_configuration_is_a_problem() {
    let text = include_str!("../../../config/demo.toml");
    let key = data_encoding::BASE64.encode(&osier::seal::random_bytes::<32>().unwrap());
    let environment = Environment::default().with("OSIER_KEYS__CURRENT", key);
    let unsafe_lines = [
        "http://evil.example/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://claude.ai/*x",
        "https://*.claude.ai/callback",
        "https://claude.ai/{id}/callback",
        "https://{id}.claude.ai/callback",
        "https://ana@claude.ai/callback",
        "https://claude.ai/callback#x",
        "https://claude.ai/x/../callback",
        "*",
        "",
    ];
    for line in unsafe_lines {
        let text = format!("{text}\n[clients]\nredirect_uris = [\"{GOOD}\", \"{line}\"]\n");
        let problems = Config::parse("osier.toml", &text, &environment).err();
        let said = problems.unwrap_or_else(|| panic!("{line}")).to_string();
        assert!(said.contains("clients.redirect_uris.1: "), "{said}");
    }
}

#[tokio::test]
async fn case_038_the_port_of_a_loopback_address_is_free() {
    let world = World::new().await;
    let pairs = [
        ("http://127.0.0.1/callback", "http://127.0.0.1:51234/callback"),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1:4000/callback"),
        ("http://127.0.0.1:3000/callback", "http://127.0.0.1/callback"),
        ("http://[::1]:3000/callback", "http://[::1]:4000/callback"),
        ("http://localhost:3118/callback", "http://localhost:3119/callback"),
        ("http://127.0.0.1:33418/", "http://127.0.0.1:50000/"),
        ("http://127.0.0.1:33418", "http://127.0.0.1:50000"),
    ];
    for (registered, asked) in pairs {
        let id = world.registered(&[registered]).await;
        let client = world.find(&id).await.unwrap();
        let redirect = client.redirect(asked, world.clients.rules()).unwrap();
        // The browser is sent to the port that was asked for, and people are told so.
        assert_eq!(redirect.as_str(), asked);
        assert!(redirect.is_loopback());
        assert_eq!(
            asked.strip_prefix("http://").unwrap().split('/').next().unwrap(),
            redirect.shown_host()
        );
    }
    let strangers = [
        ("http://127.0.0.1/callback", "http://localhost/callback"),
        ("http://localhost/callback", "http://127.0.0.1/callback"),
        ("http://127.0.0.1/callback", "http://[::1]/callback"),
        ("http://127.0.0.1/callback", "http://127.0.0.1/oauth/callback"),
        ("http://127.0.0.1:33418/", "http://127.0.0.1:33418"),
        (GOOD, "https://claude.ai:8443/api/mcp/auth_callback"),
    ];
    for (registered, asked) in strangers {
        let id = world.registered(&[registered]).await;
        let client = world.find(&id).await.unwrap();
        assert!(client.redirect(asked, world.clients.rules()).is_err(), "{registered} {asked}");
    }
}

#[tokio::test]
async fn case_038_localhost_is_allowed_only_where_it_is_listed() {
    let world =
        World::set("OSIER_CLIENTS__REDIRECT_URIS", "http://127.0.0.1/callback,http://[::1]/x")
            .await;
    let metadata = |uri: &str| json!({"redirect_uris": [uri]});
    for uri in ["http://127.0.0.1:5/callback", "http://[::1]:5/x"] {
        assert_eq!(world.register(&metadata(uri)).await.0, 201, "{uri}");
    }
    for uri in ["http://localhost:5/callback", "http://[::1]:5/callback"] {
        let (status, body) = world.register(&metadata(uri)).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_redirect_uri")), "{uri}");
    }
}

#[test]
fn case_038_people_are_told_of_loopback() {
    for (uri, loopback) in [
        ("http://localhost:3118/callback", true),
        ("http://127.0.0.1:3118/callback", true),
        ("http://[::1]:3118/callback", true),
        (GOOD, false),
        ("cursor://anysphere.cursor-mcp/oauth/callback", false),
    ] {
        assert_eq!(RedirectUri::parse(uri).unwrap().is_loopback(), loopback, "{uri}");
    }
}
