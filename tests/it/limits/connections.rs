//! Slow clients and too many of them, byte by byte (cases 67, 117 and 118; R18 and R20).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use osier::demo::{Options, Surroundings};
use osier::outbound::{self, Limits, Reach};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::limits;
use crate::harness::{Client, Events, Process, TestApp, Version};

fn address(url: &str) -> &str {
    url.trim_start_matches("http://")
}

async fn open(url: &str) -> TcpStream {
    TcpStream::connect(address(url)).await.unwrap()
}

/// What a connection is answered to these bytes, up to its end.
async fn told(url: &str, bytes: &str) -> String {
    let mut stream = open(url).await;
    // It may be closed under what is still being sent.
    let _ = stream.write_all(bytes.as_bytes()).await;
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    let _ = tokio::time::timeout(Duration::from_secs(20), read).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

/// How long a connection lives that sends these bytes, and then one more every 100 ms.
async fn drips(url: &str, first: &str) -> (Duration, String) {
    let mut stream = open(url).await;
    stream.write_all(first.as_bytes()).await.unwrap();
    let (begun, mut answer, mut chunk) = (Instant::now(), Vec::new(), [0; 1024]);
    while begun.elapsed() < Duration::from_secs(30) {
        let pause = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut chunk));
        match pause.await {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(read)) => answer.extend_from_slice(&chunk[..read]),
            Err(_) => {
                let _ = stream.write_all(b"a").await;
            }
        }
    }
    (begun.elapsed(), String::from_utf8_lossy(&answer).into_owned())
}

#[tokio::test]
async fn case_117_heads_and_bodies_that_drip_in_are_given_up() {
    let app = TestApp::with(limits([
        ("CONNECTIONS__HEADER_DEADLINE", "1"),
        ("BODY_DEADLINE", "1"),
        ("CONNECTIONS__IDLE", "3"),
    ]))
    .await;
    let token = app.token("ana");
    let host = address(&app.url);
    let body = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         Content-Length: 1000\r\n\r\n"
    );
    let late = format!("GET /livez HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let ben = app.as_user("ben").await;
    let others = async {
        for _ in 0..10 {
            assert!(!ben.tools().await.is_empty());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let (nothing, head, second, idle, body, ()) = tokio::join!(
        drips(&app.url, ""),
        drips(&app.url, "GET /livez HTTP/1.1\r\nX-Slow: "),
        // Between two requests a connection may rest; a head that has begun may not.
        drips(&app.url, &late),
        told(&app.url, &late),
        drips(&app.url, &body),
        others,
    );
    eprintln!("case 117: cut after {:?}, {:?}, {:?}, {:?}", nothing.0, head.0, second.0, body.0);
    for (took, _) in [&nothing, &head, &second, &body] {
        assert!(*took < Duration::from_secs(10), "{took:?}");
    }
    assert!(second.1.starts_with("HTTP/1.1 200"), "{}", second.1);
    assert!(idle.starts_with("HTTP/1.1 200"), "{idle}");
    assert!(body.1.starts_with("HTTP/1.1 408"), "{}", body.1);
}

#[tokio::test]
async fn case_118_beyond_all_connections_health_is_told_and_the_house_empties_by_itself() {
    let app =
        TestApp::with(limits([("CONNECTIONS__MOST", "10"), ("CONNECTIONS__HEADER_DEADLINE", "2")]))
            .await;
    let mut idle = Vec::new();
    for _ in 0..120 {
        idle.push(open(&app.url).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    for path in ["/livez", "/readyz"] {
        let health = told(&app.url, &get(path)).await;
        assert!(health.starts_with("HTTP/1.1 200"), "{path}: {health}");
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let full = told(&app.url, &get("/mcp")).await;
    assert!(full.starts_with("HTTP/1.1 503") && full.contains("retry-after: 5"), "{full}");
    // Those who ask nothing are gone after the deadline, though they never left.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let served = told(&app.url, &get("/mcp")).await;
    assert!(served.starts_with("HTTP/1.1 401"), "{served}");
    drop(idle);
}

/// Opens a session's own stream; the HTTP status where there is none.
async fn stream(app: &TestApp, client: &Client) -> Result<Events, (u16, bool)> {
    let request = app
        .http
        .get(format!("{}/mcp", app.url))
        .bearer_auth(&client.token)
        .header("accept", "text/event-stream")
        .header("mcp-protocol-version", client.version.name())
        .header("mcp-session-id", client.session.as_deref().unwrap_or_default());
    let response = request.send().await.unwrap();
    if response.status() == 200 {
        return Ok(Events::of(response));
    }
    Err((response.status().as_u16(), response.headers().contains_key("retry-after")))
}

#[tokio::test]
async fn case_067_streams_are_counted_for_each_person_and_for_all() {
    let app = TestApp::with(limits([("STREAMS_PER_PERSON", "2"), ("STREAMS", "3")])).await;
    let mut sessions = Vec::new();
    for name in ["ana", "ana", "ana", "ben", "ben", "chloe"] {
        sessions.push(app.speaking(name, Version::V2025_11_25).await);
    }
    let first = stream(&app, &sessions[0]).await.ok();
    let second = stream(&app, &sessions[1]).await.ok();
    assert!(first.is_some() && second.is_some());
    assert_eq!(stream(&app, &sessions[2]).await.err(), Some((429, true)));
    // A request in a session is answered as a stream: there is no room for that either.
    let list = sessions[2].request("tools/list", json!({})).await;
    assert_eq!(list.status, 429, "{list:?}");
    let bens = stream(&app, &sessions[3]).await.ok();
    assert!(bens.is_some());
    assert_eq!(stream(&app, &sessions[5]).await.err(), Some((503, true)));
    // One that ends makes room.
    drop(second);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(stream(&app, &sessions[2]).await.is_ok());
    // The newest version has no stream of its own to open.
    let ana = app.as_user("ana").await;
    let without = app
        .http
        .get(format!("{}/mcp", app.url))
        .bearer_auth(&ana.token)
        .header("accept", "text/event-stream");
    let without = without.header("mcp-protocol-version", ana.version.name());
    assert!(matches!(without.send().await.unwrap().status().as_u16(), 400 | 405));
}

#[tokio::test]
async fn r20_a_client_that_does_not_read_is_cut() {
    let app = TestApp::with(limits([
        ("CONNECTIONS__READER_DEADLINE", "1"),
        ("PERSON_PER_SECOND", "0"),
        ("OVERALL_PER_SECOND", "0"),
    ]))
    .await;
    let ana = app.as_user("ana").await;
    let body = ana.envelope("tools/list", json!({}));
    let one = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nMcp-Method: tools/list\r\n\
         Mcp-Protocol-Version: {}\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
        address(&app.url),
        ana.token,
        ana.version.name(),
        body.to_string().len(),
    );
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address(&app.url).parse().unwrap()).await.unwrap();
    // Far more answers than the system's buffers hold, and nobody reads them.
    let begun = Instant::now();
    let mut cut = false;
    while begun.elapsed() < Duration::from_secs(20) && !cut {
        let sent =
            tokio::time::timeout(Duration::from_millis(200), stream.write_all(one.as_bytes()));
        cut = matches!(sent.await, Ok(Err(_)));
    }
    eprintln!("R20: cut after {:?}", begun.elapsed());
    assert!(cut, "it is still served");
    assert!(!ana.tools().await.is_empty());
}

#[tokio::test]
async fn r18_a_process_with_few_files_sheds_and_recovers() {
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let mut server = Process::serve_within(256, &around, &BTreeMap::new());
    let http = outbound::client(&Limits::calls(Duration::from_secs(30), Reach::Private)).unwrap();
    server.ready(&http).await;
    let token = around.entra().token(&osier::demo::BEN);
    let ben = Client::connect(&http, &server.url, token, Version::V2026_07_28).await;
    assert!(!ben.tools().await.is_empty());
    for _ in 0..2 {
        let mut idle = Vec::new();
        for _ in 0..350 {
            idle.push(open(&server.url).await);
        }
        let health = told(&server.url, &get("/livez")).await;
        assert!(health.starts_with("HTTP/1.1 200"), "{health}: {}", server.err());
        let full = told(&server.url, &get("/mcp")).await;
        assert!(full.starts_with("HTTP/1.1 503"), "{full}: {}", server.err());
        assert!(server.is_running(), "{}", server.err());
        drop(idle);
        let begun = Instant::now();
        while told(&server.url, &get("/mcp")).await.starts_with("HTTP/1.1 503") {
            assert!(begun.elapsed() < Duration::from_secs(30), "{}", server.err());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        eprintln!("R18: served again {:?} after the flood", begun.elapsed());
        // The client's own connection may have gone to the flood, and a new one is made.
        let reply = ben.call("list_sites", json!({})).await;
        assert!(!reply.is_error(), "{reply:?}");
    }
    server.signal("TERM");
    assert_eq!(server.end().await.0.code(), Some(0), "{}", server.err());
}
