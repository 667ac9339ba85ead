//! More than can be done (R15), and that the process's health is told meanwhile.

use std::time::{Duration, Instant};

use futures::future::join_all;
use osier::demo::Fault;
use serde_json::json;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::limits;
use crate::harness::{Client, Setup, TestApp};

/// What is answered to these pieces, sent with a pause between them on a connection of their own.
async fn told(app: &TestApp, pieces: &[&[u8]]) -> String {
    let address = app.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    for piece in pieces {
        stream.write_all(piece).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut answer)).await;
    answer.truncate(read.unwrap().unwrap());
    String::from_utf8(answer).unwrap()
}

fn head(app: &TestApp, token: &str, length: usize) -> Vec<u8> {
    let host = app.url.trim_start_matches("http://");
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
         Content-Length: {length}\r\n\r\n"
    );
    head.into_bytes()
}

/// One call: its status, whether it went well, and how long it took.
async fn one(client: &Client) -> (u16, bool, Duration) {
    let begun = Instant::now();
    let reply = client.call("list_sites", json!({})).await;
    (reply.status, !reply.is_error(), begun.elapsed())
}

/// So many clients, each one call after the other, for a while.
async fn load(app: &TestApp, clients: usize, lasting: Duration) -> Vec<(u16, bool, Duration)> {
    let clients = (0..clients).map(|_| async {
        let (ana, end) = (app.as_user("ana").await, Instant::now() + lasting);
        let mut ended = Vec::new();
        while Instant::now() < end {
            ended.push(one(&ana).await);
            if ended.last().is_some_and(|(status, ..)| *status == 503) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        ended
    });
    join_all(clients).await.concat()
}

/// The slowest but one in a hundred.
fn p99(mut took: Vec<Duration>) -> Duration {
    took.sort();
    took.get(took.len() * 99 / 100).copied().unwrap_or_default()
}

#[tokio::test]
async fn r15_overload_is_shed_at_once_and_what_is_let_in_keeps_its_pace() {
    let setup = limits([
        ("IN_FLIGHT", "8"),
        ("MAX_WAIT_MS", "20"),
        ("PERSON_PER_SECOND", "0"),
        ("TOOL_PER_SECOND", "0"),
        ("OVERALL_PER_SECOND", "0"),
    ]);
    let app = TestApp::with(setup).await;
    // Saturation is a matter of the places here, not of the machine's pace.
    app.around.services().inject("/sitecore", Fault::slow(Duration::from_millis(100)));
    let lasting = Duration::from_secs(3);
    let peak = load(&app, 8, lasting).await;
    let (health, heavy) = tokio::join!(
        async {
            let mut slowest = Duration::ZERO;
            for at in 0..20 {
                let begun = Instant::now();
                let path = if at % 2 == 0 { "livez" } else { "readyz" };
                let health = app.http.get(format!("{}/{path}", app.url)).send().await.unwrap();
                assert_eq!(health.status(), 200, "{path}");
                slowest = slowest.max(begun.elapsed());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            slowest
        },
        load(&app, 24, lasting),
    );
    let good = |all: &[(u16, bool, Duration)]| -> Vec<Duration> {
        all.iter().filter(|(_, good, _)| *good).map(|(.., took)| *took).collect()
    };
    let shed: Vec<_> = heavy.iter().filter(|(_, good, _)| !good).collect();
    assert!(!shed.is_empty() && shed.iter().all(|(status, ..)| *status == 503), "{shed:?}");
    let (at_peak, at_three) = (good(&peak), good(&heavy));
    let shed: Vec<Duration> = shed.iter().map(|(.., took)| *took).collect();
    eprintln!(
        "R15: goodput at 3 times saturation {} % of the peak, admitted p99 {:?} against {:?}, \
         shed p99 {:?} of {}, health at most {health:?}",
        at_three.len() * 100 / at_peak.len(),
        p99(at_three.clone()),
        p99(at_peak.clone()),
        p99(shed.clone()),
        shed.len(),
    );
    assert!(at_three.len() * 2 >= at_peak.len(), "goodput fell");
    assert!(p99(at_three) < p99(at_peak) * 10);
    assert!(p99(shed) < Duration::from_millis(500));
    assert!(health < Duration::from_millis(500), "{health:?}");
    assert_eq!(app.pipeline.admission.running(), 0);
}

#[tokio::test]
async fn a_request_waits_for_a_moment_before_it_is_shed() {
    let app = TestApp::with(limits([("IN_FLIGHT", "4"), ("MAX_WAIT_MS", "5000")])).await;
    app.around.services().inject("/sitecore", Fault::slow(Duration::from_millis(1500)));
    let ana = app.as_user("ana").await;
    let replies = join_all((0..10).map(|_| one(&ana))).await;
    // Four at once, two in line, and the others at once.
    assert_eq!(replies.iter().filter(|(_, good, _)| *good).count(), 6, "{replies:?}");
    assert_eq!(replies.iter().filter(|(status, ..)| *status == 503).count(), 4, "{replies:?}");
}

#[tokio::test]
async fn who_finds_no_place_is_told_so_before_anybody_asks_who_it_is() {
    let app = TestApp::with(limits([("IN_FLIGHT", "1"), ("MAX_WAIT_MS", "5000")])).await;
    app.around.services().inject("/sitecore", Fault::slow(Duration::from_millis(1500)));
    let ana = app.as_user("ana").await;
    let strangers = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        // One is at work and one stands in line. The body comes after the head: whoever sends it still
        // reads the answer.
        let shed = told(&app, &[&head(&app, "nonsense", 9), b"{\"a\":", b"1}\n"]).await;
        assert!(shed.starts_with("HTTP/1.1 503 ") && shed.contains("retry-after: 1\r\n"), "{shed}");
        assert!(shed.contains("nosniff") && shed.contains("\"code\":-32603"), "{shed}");
        let health = app.http.get(format!("{}/livez", app.url)).send().await.unwrap();
        assert_eq!(health.status(), 200);
    };
    let (first, second, ()) = tokio::join!(one(&ana), one(&ana), strangers);
    assert!(first.1 && second.1, "{first:?} {second:?}");
    let refused = told(&app, &[&head(&app, "nonsense", 2), b"{}"]).await;
    assert!(refused.starts_with("HTTP/1.1 401 "), "{refused}");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_answered_and_not_cut_off() {
    let app = TestApp::with(Setup::default()).await;
    let body = vec![b' '; 3 * 1024 * 1024];
    let told = told(&app, &[&head(&app, &app.token("ana"), body.len()), &body]).await;
    assert!(told.starts_with("HTTP/1.1 413 "), "{told}");
}

#[tokio::test]
async fn who_waits_for_leave_to_send_a_body_is_refused_without_it() {
    let app = TestApp::with(Setup::default()).await;
    let head = String::from_utf8(head(&app, "nonsense", 100)).unwrap();
    let head = head.replace("Accept:", "Expect: 100-continue\r\nAccept:");
    let told = told(&app, &[head.as_bytes()]).await;
    assert!(told.starts_with("HTTP/1.1 401 ") && told.contains("connection: close\r\n"), "{told}");
}
