//! The program's life: it starts, says how to connect, serves, and ends when it is told to, with
//! nothing half done and nothing unrecorded.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::Output;
use std::time::Duration;

use http::Method;
use osier::demo::{Fault, Options, PEOPLE, SITE_60M, Surroundings};
use osier::outbound::{self, Limits, Reach};
use serde_json::{Value, json};

use crate::harness::{Answered, Client, Events, Process, Version, osier, three_free_ports};

fn http() -> reqwest::Client {
    outbound::client(&Limits::calls(Duration::from_mins(1), Reach::Private)).unwrap()
}

fn none() -> BTreeMap<String, String> {
    BTreeMap::new()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A person's token, as `osier token` prints it.
fn token(process: &Process, user: &str) -> String {
    let port = process.port.to_string();
    let output = osier(&["token", "--user", user, "--port", &port], &none()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let token = text.strip_suffix('\n').unwrap();
    // Bare, for `$(osier token …)`.
    assert!(token.split('.').count() == 3 && !token.contains(char::is_whitespace), "{text}");
    token.to_owned()
}

fn new_ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4})
}

#[tokio::test]
async fn the_demo_is_ready_within_five_seconds_and_says_how_to_connect() {
    let http = http();
    let mut demo = Process::demo(&none());
    let took = demo.ready(&http).await;
    assert!(took < Duration::from_secs(5), "a debug build promises 5 s, it took {took:?}");
    let banner = demo.err();
    let port = demo.port;
    let commands = [
        format!("MCP endpoint   {}/mcp", demo.url),
        format!("osier token --user ben --port {port}"),
        format!("claude mcp add --transport http osier {}/mcp", demo.url),
        ".vscode/mcp.json".to_owned(),
        "npx @modelcontextprotocol/inspector".to_owned(),
        "Stop with Ctrl-C".to_owned(),
    ];
    for command in commands {
        assert!(banner.contains(&command), "{command}: {banner}");
    }
    for person in PEOPLE {
        assert!(banner.contains(person.name) && banner.contains(person.may), "{banner}");
    }
    // What it says is true.
    let ben = Client::connect(&http, &demo.url, token(&demo, "ben"), Version::V2026_07_28).await;
    assert_eq!(ben.call("list_sites", json!({})).await.items().len(), 3);
    let made = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
    assert_eq!(made.item()["summary"], "Tap drips");
    demo.signal("INT");
    let (status, _) = demo.end().await;
    assert_eq!(status.code(), Some(0));
    // Standard output is for audit records alone: a read, a question, an intent and a write.
    let records = demo.records();
    let told: Vec<_> = records.iter().map(|one| one["status"].as_str().unwrap()).collect();
    assert_eq!(told, ["ok", "asked", "pending", "ok"]);
}

#[tokio::test]
async fn both_signals_end_the_demo_with_0_open_streams_included() {
    let http = http();
    for signal in ["INT", "TERM"] {
        let mut demo = Process::demo(&none());
        demo.ready(&http).await;
        let ben = token(&demo, "ben");
        let session = Client::connect(&http, &demo.url, ben.clone(), Version::V2025_11_25).await;
        // A session's stream, a question that nobody answers, and a subscription.
        let stream = http
            .get(format!("{}/mcp", demo.url))
            .bearer_auth(&ben)
            .header("accept", "text/event-stream")
            .header("mcp-protocol-version", session.version.name())
            .header("mcp-session-id", session.session.as_deref().unwrap())
            .send()
            .await
            .unwrap();
        assert_eq!(stream.status(), 200);
        let call = json!({"name": "create_ticket", "arguments": new_ticket()});
        let body = session.envelope("tools/call", call);
        let mut question = Events::of(session.post(&body, session.headers(&body)).await);
        assert_eq!(question.next().await.unwrap()["method"], "elicitation/create");
        let modern = Client::connect(&http, &demo.url, ben, Version::V2026_07_28).await;
        let wanted = json!({"notifications": {"toolsListChanged": true}});
        let body = modern.envelope("subscriptions/listen", wanted);
        let subscription = modern.post(&body, modern.headers(&body)).await;
        assert_eq!(subscription.status(), 200);
        assert_eq!(subscription.headers()["content-type"], "text/event-stream");
        demo.signal(signal);
        let (status, took) = demo.end().await;
        assert_eq!(status.code(), Some(0), "SIG{signal}: {}", demo.err());
        assert!(took < Duration::from_secs(5), "SIG{signal} took {took:?}");
        assert!(demo.records().iter().all(|record| record["status"] == "asked"));
    }
}

#[tokio::test]
async fn a_write_that_is_on_its_way_is_awaited_and_recorded_at_the_end() {
    let http = http();
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let cases = [Version::V2026_07_28, Version::V2025_11_25].map(|v| [(v, true), (v, false)]);
    for (version, stays) in cases.into_iter().flatten() {
        let mut server = Process::serve(&around, &none());
        server.ready(&http).await;
        let token = around.entra().token(&osier::demo::BEN);
        let ben = Client::connect(&http, &server.url, token, version).await;
        let before = around.services().tickets_of(SITE_60M).len();
        around.services().wire().heal();
        around.services().wire().forget();
        let slow = Fault::slow(Duration::from_secs(2)).only(Method::POST).exactly();
        around.services().inject("/workflowcore/tickets", slow);
        let writing = ben.call_answering("create_ticket", new_ticket(), Answered::Yes);
        let told = async {
            while around.services().wire().writes().is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // The signal comes while the service thinks; the client waits for the answer, or is gone.
        let mut writing = Box::pin(writing);
        tokio::select! {
            reply = &mut writing => panic!("too fast: {reply:?}"),
            () = told => {}
        }
        server.signal("TERM");
        if stays {
            assert_eq!(writing.await.item()["summary"], "Tap drips");
        } else {
            drop(writing);
        }
        let (status, _) = server.end().await;
        assert_eq!(status.code(), Some(0), "{}", server.err());
        assert_eq!(around.services().tickets_of(SITE_60M).len(), before + 1);
        let records = server.records();
        let told: Vec<_> = records.iter().map(|one| one["status"].as_str().unwrap()).collect();
        assert_eq!(told, ["asked", "pending", "ok"], "{version:?} {stays}");
    }
}

#[tokio::test]
async fn a_write_that_does_not_end_in_time_is_recorded_as_unknown() {
    let http = http();
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let settings = [
        ("OSIER_BACKENDS__WORKFLOWCORE__DEADLINE_MS", "60000"),
        ("OSIER_SERVER__SHUTDOWN_GRACE", "1"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut server = Process::serve(&around, &BTreeMap::from(settings));
    server.ready(&http).await;
    let token = around.entra().token(&osier::demo::BEN);
    let ben = Client::connect(&http, &server.url, token, Version::V2026_07_28).await;
    let slow = Fault::slow(Duration::from_secs(50)).only(Method::POST).exactly();
    around.services().inject("/workflowcore/tickets", slow);
    let writing = ben.call_answering("create_ticket", new_ticket(), Answered::Yes);
    assert!(tokio::time::timeout(Duration::from_secs(2), writing).await.is_err());
    server.signal("TERM");
    let (status, took) = server.end().await;
    assert_eq!(status.code(), Some(0), "{}", server.err());
    assert!(took < Duration::from_secs(20), "{took:?}");
    let last = server.records().pop().unwrap();
    assert_eq!((&last["kind"], &last["status"]), (&json!("call"), &json!("unknown")), "{last}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_with_its_number() {
    for offset in 0..3 {
        let port = three_free_ports();
        let _held = TcpListener::bind(("127.0.0.1", port + offset)).unwrap();
        let demo = osier(&["demo", "--port", &port.to_string()], &none()).output().unwrap();
        assert_eq!(demo.status.code(), Some(1));
        let taken = port + offset;
        let words = format!("port {taken} is taken: choose others with --port: ");
        let said = said(&demo);
        let (log, last) = said.trim_end().rsplit_once('\n').unwrap_or(("", &said));
        assert!(last.starts_with(&words), "{said}");
        // The record of a process that never served has an end too.
        assert!(log.lines().count() <= 1, "{said}");
        let records = String::from_utf8(demo.stdout).unwrap();
        assert!(records.lines().count() <= 2 && !records.contains("configuration"), "{records}");
    }
    for odd in ["0", "65534", "65535"] {
        let demo = osier(&["demo", "--port", odd], &none()).output().unwrap();
        assert_eq!(demo.status.code(), Some(1));
        assert!(said(&demo).starts_with("--port must be 1 to 65533"), "{}", said(&demo));
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_had_is_said_in_words() {
    let http = http();
    let mut demo = Process::demo(&none());
    demo.ready(&http).await;
    let port = demo.port.to_string();
    let nobody = osier(&["token", "--user", "bob", "--port", &port], &none()).output().unwrap();
    assert_eq!((nobody.status.code(), nobody.stdout.len()), (Some(1), 0));
    let words = "there is no 'bob' in the demo; there are ana, ben, chloe, dan, erin, finn\n";
    assert_eq!(said(&nobody), words);
    for person in PEOPLE {
        token(&demo, person.name);
    }
    demo.signal("INT");
    demo.end().await;
    let gone = osier(&["token", "--user", "ben", "--port", &port], &none()).output().unwrap();
    assert_eq!((gone.status.code(), gone.stdout.len()), (Some(1), 0));
    assert!(said(&gone).starts_with("no demo answers at http://127.0.0.1:"), "{}", said(&gone));
}
