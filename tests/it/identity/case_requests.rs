//! security.md A, how a credential travels: cases 15 and 19-21.

use std::time::Duration;

use http::header::AUTHORIZATION;
use osier::identity::{Flaw, Rejection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::issuer::BEN;
use super::world::{Answer, World, assert_told};

#[tokio::test]
async fn case_015_token_in_the_wrong_place() {
    let world = World::new().await;
    let token = world.good();
    let missing = Rejection::NoCredentials;
    let asked = world.http.post(world.url(&format!("/mcp?access_token={token}"))).body("{}");
    assert_told("query", &Answer::of(asked.send().await.unwrap()).await, missing);
    let asked = world.http.post(world.url("/mcp")).form(&[("access_token", &token)]);
    assert_told("form", &Answer::of(asked.send().await.unwrap()).await, missing);
    let asked = world.http.post(world.url("/mcp")).header("cookie", format!("token={token}"));
    assert_told("cookie", &Answer::of(asked.send().await.unwrap()).await, missing);
    for other in ["Basic dXNlcjpwYXNz", "Token x", &token, "Negotiate", ""] {
        let asked = world.http.post(world.url("/mcp")).header(AUTHORIZATION, other);
        assert_told(other, &Answer::of(asked.send().await.unwrap()).await, missing);
    }
    for scheme in ["Bearer", "bearer", "BEARER", "Bearer  "] {
        let asked = world.http.post(world.url("/mcp"));
        let asked = asked.header(AUTHORIZATION, format!("{scheme} {token}"));
        assert_eq!(asked.send().await.unwrap().status(), 200, "{scheme}");
    }
    for empty in ["Bearer", "Bearer "] {
        let asked = world.http.post(world.url("/mcp")).header(AUTHORIZATION, empty);
        let answer = Answer::of(asked.send().await.unwrap()).await;
        assert_told("an empty one", &answer, Flaw::Form.into());
    }
    let bytes = http::HeaderValue::from_bytes(b"Bearer \xff\xfe").unwrap();
    let asked = world.http.post(world.url("/mcp")).header(AUTHORIZATION, bytes);
    assert_told("bytes", &Answer::of(asked.send().await.unwrap()).await, Flaw::Form.into());
}

#[tokio::test]
async fn case_015_two_credentials() {
    let world = World::new().await;
    let good = format!("Bearer {}", world.good());
    for pair in [[&*good, &*good], [&*good, "Bearer x"], ["Basic eA==", &*good], ["", &*good]] {
        let mut asked = world.http.post(world.url("/mcp"));
        for value in pair {
            asked = asked.header(AUTHORIZATION, value);
        }
        let answer = Answer::of(asked.send().await.unwrap()).await;
        assert_told("two headers", &answer, Rejection::SeveralCredentials);
    }
    for list in [format!("{good}, {good}"), format!("{good},"), format!("Basic eA==, {good}")] {
        let asked = world.http.post(world.url("/mcp")).header(AUTHORIZATION, &list);
        let answer = Answer::of(asked.send().await.unwrap()).await;
        assert_told("a list", &answer, Rejection::SeveralCredentials);
    }
}

/// Writes one request onto the connection and reads its answer's status and body.
async fn over(connection: &mut TcpStream, head: &str) -> (u16, String) {
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = async {
        loop {
            let text = String::from_utf8_lossy(&answer).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = head.to_ascii_lowercase();
                let length = head.split("content-length: ").nth(1).map_or(0, |rest| {
                    rest.split("\r\n").next().unwrap().trim().parse::<usize>().unwrap()
                });
                if body.len() >= length {
                    return (head, body.to_owned());
                }
            }
            let mut chunk = [0; 4096];
            let count = connection.read(&mut chunk).await.unwrap();
            assert!(count > 0, "the connection ended: {text}");
            answer.extend_from_slice(&chunk[..count]);
        }
    };
    let (head, body) = tokio::time::timeout(Duration::from_secs(10), read).await.unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

#[tokio::test]
async fn case_019_each_request_on_its_own() {
    let world = World::new().await;
    let ana = "a0000000-0000-4000-8000-000000000001";
    let (ben, ana_token) = (world.good(), world.claiming("oid", ana));
    let mut connection = TcpStream::connect(&world.address).await.unwrap();
    let request = |token: Option<&str>| {
        let credential = token.map_or(String::new(), |t| format!("Authorization: Bearer {t}\r\n"));
        format!("POST /mcp HTTP/1.1\r\nHost: osier\r\n{credential}Content-Length: 2\r\n\r\n{{}}")
    };
    for _ in 0..2 {
        let (status, body) = over(&mut connection, &request(Some(&ben))).await;
        assert!(status == 200 && body.contains(BEN), "{body}");
        assert_eq!(over(&mut connection, &request(None)).await.0, 401);
        let (status, body) = over(&mut connection, &request(Some(&ana_token))).await;
        assert!(status == 200 && body.contains(ana), "{body}");
        assert_eq!(over(&mut connection, &request(Some("x.y.z"))).await.0, 401);
    }
}

#[tokio::test]
async fn case_020_bypass_paths() {
    let world = World::new().await;
    let targets = [
        "/mcp",
        "/mcp/",
        "//mcp",
        "/MCP",
        "/Mcp",
        "/mcp%2f",
        "/mcp%2F",
        "/%6dcp",
        "/./mcp",
        "/x/../mcp",
        "/mcp;x=1",
        "/mcp/.",
        "/mcp//",
        "/mcp?x",
        "/.well-known/../mcp",
        "/.well-known/oauth-protected-resource/../../mcp",
        "http://osier.example/mcp",
        "http://localhost/mcp",
        "*",
    ];
    let methods = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW"];
    let vouching = "X-Original-URL: /livez\r\nX-Rewrite-URL: /livez\r\nX-Forwarded-User: ana\r\n\
                    X-HTTP-Method-Override: OPTIONS\r\nX-Original-Method: OPTIONS\r\n";
    for target in targets {
        for method in methods {
            for more in ["", vouching] {
                let mut connection = TcpStream::connect(&world.address).await.unwrap();
                let head = format!(
                    "{method} {target} HTTP/1.1\r\nHost: osier\r\nConnection: close\r\n{more}\r\n"
                );
                let mut answer = String::new();
                connection.write_all(head.as_bytes()).await.unwrap();
                connection.read_to_string(&mut answer).await.unwrap();
                let status = answer.split(' ').nth(1).unwrap();
                let known = ["400", "401", "404"].contains(&status);
                assert!(known, "{method} {target}: {status}");
                if target.ends_with("/mcp") && !target.contains("..") && target.len() < 5 {
                    assert_eq!(status, "401", "{method} {target}");
                }
            }
        }
    }
    assert!(world.seen.lock().unwrap().is_empty(), "the handler ran");
}

#[tokio::test]
async fn case_021_headers_that_vouch() {
    let world = World::new().await;
    let vouching = [
        "X-Forwarded-User",
        "X-Forwarded-Email",
        "X-Forwarded-Access-Token",
        "X-MS-CLIENT-PRINCIPAL",
        "X-MS-CLIENT-PRINCIPAL-ID",
        "X-MS-TOKEN-AAD-ACCESS-TOKEN",
        "X-Auth-Request-User",
        "X-Upstream-Authorization",
        "Proxy-Authorization",
        "mcp-init-host",
        "X-Original-URL",
        "X-Rewrite-URL",
        "X-Remote-User",
        "X-HTTP-Method-Override",
    ];
    let ask = || {
        let mut asked = world.http.post(world.url("/mcp")).header("X-Harmless", "kept").body("{}");
        for name in vouching {
            asked = asked.header(name, "ana").header(name, "ana again");
        }
        asked
    };
    let answer = Answer::of(ask().send().await.unwrap()).await;
    assert_told("without a token", &answer, Rejection::NoCredentials);
    let answer = Answer::of(ask().bearer_auth(world.good()).send().await.unwrap()).await;
    assert!(answer.status == 200 && answer.body.contains(BEN), "{answer:?}");
    let seen = world.seen.lock().unwrap();
    assert_eq!(seen.len(), 1);
    for name in vouching.into_iter().chain(["authorization"]) {
        assert!(!seen[0].contains_key(name), "{name} got through");
    }
    assert_eq!(seen[0]["x-harmless"], "kept");
}
