//! Case 49: floods of registrations, and odd ones.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::world::World;

const GOOD: &str = "http://127.0.0.1:3000/callback";

#[tokio::test]
async fn case_049_a_flood_of_registrations_is_turned_away() {
    let world = World::new().await;
    let (mut made, mut refused) = (0, 0);
    for _ in 0..10_000 {
        let request = world.http.post(format!("{}/register", world.url));
        let request = request.json(&json!({"redirect_uris": [GOOD]}));
        let response = request.send().await.unwrap();
        match response.status().as_u16() {
            201 => made += 1,
            429 => {
                let wait = response.headers()["retry-after"].to_str().unwrap();
                assert!((1..=60).contains(&wait.parse::<u64>().unwrap()), "{wait}");
                let body: Value = response.json().await.unwrap();
                assert_eq!(body["error"], "temporarily_unavailable");
                refused += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert_eq!((made, refused), (30, 9970));
    // Somebody else isn't concerned, and it passes.
    assert_eq!(register_from("127.0.0.2", &world).await, 201);
    world.clock.advance(Duration::from_secs(2));
    assert_eq!(world.register(&json!({"redirect_uris": [GOOD]})).await.0, 201);
}

#[tokio::test]
async fn case_049_all_together_get_no_more_than_their_budget() {
    let world = World::new().await;
    let mut made = 0;
    for at in 0..400 {
        let from = format!("127.0.{}.{}", 1 + at / 20, 1 + at % 20);
        made += u32::from(register_from(&from, &world).await == 201);
    }
    assert_eq!(made, 300);
}

/// Registers from another loopback address.
async fn register_from(from: &str, world: &World) -> u16 {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
    let address = world.url.strip_prefix("http://").unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let body = json!({"redirect_uris": [GOOD]}).to_string();
    let head = format!(
        "POST /register HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         x-forwarded-for: 192.0.2.1\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn case_049_odd_metadata_is_refused() {
    let many = |length: usize| vec![GOOD; length];
    let odd: Vec<(&str, Vec<u8>)> = [
        ("no redirects", json!({"client_name": "x"})),
        ("an empty list", json!({"redirect_uris": []})),
        ("null", json!({"redirect_uris": null})),
        ("a text", json!({"redirect_uris": GOOD})),
        ("numbers", json!({"redirect_uris": [1, 2]})),
        ("eleven", json!({"redirect_uris": many(11)})),
        ("a hundred", json!({"redirect_uris": many(100)})),
        ("a thousand", json!({"redirect_uris": many(1000)})),
        ("long in all", json!({"redirect_uris": vec![format!("https://chatgpt.com/connector/oauth/{}", "x".repeat(64)); 10], "client_name": "\u{1f3d7}".repeat(64)})),
        ("a number for a name", json!({"redirect_uris": [GOOD], "client_name": 7})),
        ("an empty name", json!({"redirect_uris": [GOOD], "client_name": ""})),
        ("an invisible name", json!({"redirect_uris": [GOOD], "client_name": "\u{202e}\u{200b}"})),
        ("no known grant", json!({"redirect_uris": [GOOD], "grant_types": ["implicit"]})),
        ("no grant", json!({"redirect_uris": [GOOD], "grant_types": []})),
        ("grants as a text", json!({"redirect_uris": [GOOD], "grant_types": "authorization_code"})),
        ("another response", json!({"redirect_uris": [GOOD], "response_types": ["token"]})),
        ("no response", json!({"redirect_uris": [GOOD], "response_types": []})),
        ("a number for a type", json!({"redirect_uris": [GOOD], "application_type": 1})),
        ("an array", json!([{"redirect_uris": [GOOD]}])),
        ("a text instead", json!("x")),
        ("huge", json!({"redirect_uris": [GOOD], "x": "x".repeat(8 * 1024)})),
    ]
    .into_iter()
    .map(|(name, value)| (name, value.to_string().into_bytes()))
    .chain([
        ("nothing", Vec::new()),
        ("a member twice", format!("{{\"redirect_uris\":[\"{GOOD}\"],\"redirect_uris\":[\"{GOOD}\"]}}").into_bytes()),
        ("deep", format!("{{\"x\":{}{}}}", "[".repeat(3000), "]".repeat(3000)).into_bytes()),
        ("cut off", format!("{{\"redirect_uris\":[\"{GOOD}\"]").into_bytes()),
        ("not UTF-8", b"{\"client_name\":\"\xff\"}".to_vec()),
        ("a megabyte", vec![b' '; 1 << 20]),
    ])
    .collect();
    let world = World::new().await;
    for (name, body) in odd {
        let (status, body) = world.register_bytes(body).await;
        assert_eq!((status, &body["error"]), (400, &json!("invalid_client_metadata")), "{name}");
        assert!(body["error_description"].as_str().is_some_and(|says| says.len() < 300), "{name}");
    }
}

#[tokio::test]
async fn case_049_only_json_is_read() {
    let world = World::new().await;
    let url = format!("{}/register", world.url);
    let body = json!({"redirect_uris": [GOOD]}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let request = world.http.post(&url).header("content-type", kind).body(body.clone());
        assert_eq!(request.send().await.unwrap().status(), 415, "{kind}");
    }
    assert_eq!(world.http.post(&url).body(body.clone()).send().await.unwrap().status(), 415);
    let twice = world.http.post(&url).header("content-type", "application/json");
    let twice = twice.header("content-type", "text/plain").body(body.clone());
    assert_eq!(twice.send().await.unwrap().status(), 415);
    let charset = world.http.post(&url).header("content-type", "application/json; charset=UTF-8");
    assert_eq!(charset.body(body).send().await.unwrap().status(), 201);
    assert_eq!(world.http.get(&url).send().await.unwrap().status(), 405);
}

#[tokio::test]
async fn case_049_a_long_registration_that_fits_makes_a_short_id() {
    let world = World::new().await;
    let uris: Vec<String> = (0..10)
        .map(|at| format!("https://chatgpt.com/connector/oauth/{at}{}", "x".repeat(50)))
        .collect();
    let metadata = json!({"client_name": "x".repeat(500), "redirect_uris": uris});
    let (status, body) = world.register(&metadata).await;
    assert_eq!(status, 201, "{body}");
    let id = body["client_id"].as_str().unwrap();
    assert!((1000..=1536).contains(&id.len()), "{}", id.len());
    assert_eq!(body["client_name"].as_str().unwrap().len(), 64);
    assert_eq!(world.find(id).await.unwrap().redirects().len(), 10);
}

#[tokio::test]
async fn what_is_registered_is_told_and_kept_in_the_id() {
    let world = World::new().await;
    let metadata = json!({
        "client_name": " Ben's \u{202e}Client ",
        "redirect_uris": [GOOD, "https://claude.ai/api/mcp/auth_callback"],
        "grant_types": ["refresh_token", "implicit", "authorization_code"],
        "response_types": ["code", "token"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "everything",
        "logo_uri": "http://169.254.169.254/logo.png",
        "software_statement": "ignored",
        "client_id": "mine",
        "client_secret": "mine",
    });
    let request = world.http.post(format!("{}/register", world.url)).json(&metadata);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
    let mut body: Value = response.json().await.unwrap();
    let id = body["client_id"].take();
    let id = id.as_str().unwrap();
    assert!(id.starts_with("dcr1."), "{id}");
    let expected = json!({
        "client_id": null,
        "client_id_issued_at": world.clock.unix_seconds(),
        "client_name": "Ben's Client",
        "redirect_uris": [GOOD, "https://claude.ai/api/mcp/auth_callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    assert_eq!(body, expected);
    let client = world.find(id).await.unwrap();
    assert_eq!((client.id.as_str(), client.name.as_str()), (id, "Ben's Client"));
    assert_eq!(client.host, None, "nothing of it is verified");
    // The same again is another client, with a consent of its own.
    let again = world.register(&metadata).await.1;
    let again = world.find(again["client_id"].as_str().unwrap()).await.unwrap();
    assert_ne!(again.digest, client.digest);
}

#[tokio::test]
async fn pages_of_any_origin_may_register() {
    let world = World::new().await;
    let url = format!("{}/register", world.url);
    let preflight = world
        .http
        .request(http::Method::OPTIONS, &url)
        .header("origin", "https://inspector.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,mcp-protocol-version")
        .send()
        .await
        .unwrap();
    assert_eq!(preflight.status(), 200);
    let headers = preflight.headers();
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["access-control-max-age"], "600");
    assert!(!headers.contains_key("access-control-allow-credentials"));
    let allowed = headers["access-control-allow-headers"].to_str().unwrap();
    for name in ["content-type", "authorization", "mcp-protocol-version"] {
        assert!(allowed.contains(name), "{allowed}");
    }
    // A page must be able to read refusals too.
    for body in [json!({"redirect_uris": [GOOD]}), json!({})] {
        let request = world.http.post(&url).header("origin", "null").json(&body);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
    }
}

#[tokio::test]
async fn registration_can_be_switched_off() {
    let world = World::set("OSIER_CLIENTS__REGISTRATION", "false").await;
    assert!(!world.clients.take_registrations());
    let (status, body) = world.register(&json!({"redirect_uris": [GOOD]})).await;
    assert_eq!((status, &body["error"]), (403, &json!("access_denied")));
}
