//! Every refusal as a caller reads it through the MCP front door: HTTP status, JSON-RPC code, words.
//! A new variant doesn't compile until it has its test here.

mod services;

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Write};
use std::time::Duration;

use osier::audit::{Sink, Terms};
use osier::call::{Limit, Refusal, Unreadable};
use osier::demo::{BEN, Fault, SITE_60M};
use osier::error;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::harness::{Answered, Client, Events, Reply, Setup, TestApp, Version};

/// The test that shows a refusal. Never called: that it compiles is what counts.
fn shown_by(refusal: &Refusal) -> fn() {
    match refusal {
        Refusal::UnknownTool(_) => unknown_tool,
        Refusal::InvalidArguments(_) => invalid_arguments,
        Refusal::InvalidCursor => invalid_cursor,
        Refusal::NotFound { .. } => not_found,
        Refusal::InvalidState => invalid_state,
        Refusal::InvalidAnswer => invalid_answer,
        Refusal::AlreadyUsed => already_used,
        Refusal::Changed => changed,
        Refusal::Declined => declined,
        Refusal::Cancelled => cancelled,
        Refusal::Withdrawn => withdrawn,
        Refusal::CannotAsk => cannot_ask,
        Refusal::ByLink { .. } => by_link,
        Refusal::PermissionsUnavailable => permissions_unavailable,
        Refusal::TooManyGroups => too_many_groups,
        Refusal::AuditUnavailable => audit_unavailable,
        Refusal::Service(trouble) => services::shown_by(&trouble.kind),
        Refusal::Unreadable { .. } => unreadable,
        Refusal::Limited { .. } => limited,
        Refusal::TimedOut => timed_out,
        Refusal::TooLarge => too_large,
        Refusal::Internal => internal,
    }
}

const _: fn(&Refusal) -> fn() = shown_by;

/// Status, code and words on one line. `isError` stands where there is no code.
fn told(reply: &Reply) -> String {
    let (status, code, text) = reply.refusal();
    let code = code.map_or_else(|| "isError".to_owned(), |code| code.to_string());
    // Whoever asks about a refusal names its decision, in either form.
    let error = &reply.message["error"]["data"]["osier/decisionId"];
    let decision = error.as_str().or(reply.message["result"]["_meta"]["osier/decisionId"].as_str());
    assert!(decision.is_some_and(|id| id.starts_with("dec_") && id.len() == 30), "{reply:?}");
    format!("{status} {code} {text}")
}

fn new_ticket() -> Value {
    json!({"siteId": SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4})
}

fn settings(name: &str, value: &str) -> Setup {
    let settings = BTreeMap::from([(name.to_owned(), value.to_owned())]);
    Setup { settings, ..Setup::default() }
}

async fn asked(ben: &Client) -> String {
    ben.call("create_ticket", new_ticket()).await.state().unwrap().to_owned()
}

#[tokio::test]
async fn unknown_tool() {
    let app = TestApp::new().await;
    let reply = app.as_user("ben").await.call("no_such_tool", json!({})).await;
    insta::assert_snapshot!(told(&reply), @"200 -32602 Unknown tool: no_such_tool");
    // As long as a name may be, and no longer.
    let older = app.speaking("ben", Version::V2025_11_25).await;
    let long = older.call(&"x".repeat(9_000), json!({})).await;
    assert_eq!(long.text().len(), "Unknown tool: ".len() + 128);
}

#[tokio::test]
async fn limited() {
    let app = TestApp::with(settings("OSIER_LIMITS__IN_FLIGHT_PER_PERSON", "1")).await;
    app.around.services().inject("/sitecore", Fault::slow(Duration::from_secs(4)));
    // Requests of a session are answered as streams, so that only calls count.
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    // One after the other, or the request itself would be one too many.
    let calls = (0..2_u64).map(async |at| {
        tokio::time::sleep(Duration::from_secs(at)).await;
        ben.call("list_sites", json!({})).await
    });
    let replies = futures::future::join_all(calls).await;
    let limited = replies.iter().find(|reply| reply.is_error()).unwrap();
    insta::assert_snapshot!(told(limited), @"200 isError As many of your calls are running as may run at once, so this one wasn't begun. Try again in 1 second.");
    for (limit, text) in [
        (
            Limit::Tool,
            "This tool is called more often than it may be, so this one wasn't begun. Try again in 3 seconds.",
        ),
        (
            Limit::Overall,
            "Osier has as many calls to carry out as it can, so this one wasn't begun. Try again in 3 seconds.",
        ),
    ] {
        let retry_after = Duration::from_secs(3);
        let rendered = error::mcp(&Refusal::Limited { limit, retry_after });
        assert_eq!(rendered, error::Rendered::Tool { text: text.to_owned() });
    }
}

#[tokio::test]
async fn invalid_arguments() {
    let app = TestApp::new().await;
    let arguments = json!({"siteId": 7, "wings": true});
    let reply = app.as_user("ben").await.call("get_site", arguments).await;
    insta::assert_snapshot!(told(&reply), @r#"200 -32602 Invalid arguments: siteId: the value is not of type "string"; Additional properties are not allowed ('wings' was unexpected)"#);
    assert_eq!(reply.message["error"]["data"]["problems"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn invalid_cursor() {
    let app = TestApp::new().await;
    let reply = app.as_user("ben").await.call("list_tickets", json!({"cursor": "x"})).await;
    insta::assert_snapshot!(told(&reply), @"200 -32602 The cursor isn't valid here any more. Ask for the first page again.");
}

#[tokio::test]
async fn not_found() {
    let app = TestApp::new().await;
    let reply = app.as_user("ben").await.call("get_ticket", json!({"ticketId": "60M-T-0"})).await;
    insta::assert_snapshot!(told(&reply), @"200 isError Nothing was found for 'ticketId' that you may use here. Check the id, or look it up again.");
}

#[tokio::test]
async fn invalid_state() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let reply = ben.answer("create_ticket", new_ticket(), "x", &Answered::Yes).await;
    insta::assert_snapshot!(told(&reply), @"200 -32602 The requestState isn't valid for this call, or is too old. Make the call again without it.");
}

#[tokio::test]
async fn invalid_answer() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let odd = Answered::Content(json!({"confirm": "yes"}));
    let reply = ben.answer("create_ticket", new_ticket(), &asked(&ben).await, &odd).await;
    insta::assert_snapshot!(told(&reply), @"200 -32602 The answer doesn't have the form that was asked for, so nothing was changed. Make the call again.");
}

#[tokio::test]
async fn already_used() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let state = asked(&ben).await;
    ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    let reply = ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    insta::assert_snapshot!(told(&reply), @"200 isError This confirmation was already used, so nothing was changed now. Look the record up to see how it stands.");
}

#[tokio::test]
async fn changed() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let id = app.around.services().tickets_of(SITE_60M)[0]["id"].as_str().unwrap().to_owned();
    let change = json!({"ticketId": id, "priority": 1});
    let asked = ben.call("update_ticket", change.clone()).await;
    app.around.services().edit_ticket(&id, |ticket| ticket["notes"] = json!("x"));
    let state = asked.state().unwrap();
    let reply = ben.answer("update_ticket", change, state, &Answered::Yes).await;
    insta::assert_snapshot!(told(&reply), @"200 isError The record changed after the question was asked, so nothing was written. Look at it as it is now, and try again.");
}

#[tokio::test]
async fn declined() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let reply = ben.call_answering("create_ticket", new_ticket(), Answered::No).await;
    insta::assert_snapshot!(told(&reply), @"200 isError The person said no. Nothing was changed.");
}

#[tokio::test]
async fn cancelled() {
    let app = TestApp::new().await;
    let ben = app.as_user("ben").await;
    let reply = ben.call_answering("create_ticket", new_ticket(), Answered::Closed).await;
    insta::assert_snapshot!(told(&reply), @"200 isError The question was closed without an answer. Nothing was changed.");
}

/// Whoever takes a call back isn't told anything any more (MCP `notifications/cancelled`).
#[tokio::test]
async fn withdrawn() {
    let app = TestApp::new().await;
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    app.around.services().inject("/workflowcore", Fault::slow(Duration::from_secs(3)));
    let body = ben.envelope("tools/call", json!({"name": "list_tickets", "arguments": {}}));
    let mut events = Events::of(ben.post(&body, HeaderMap::new()).await);
    let params = json!({"requestId": body["id"]});
    let taken = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
    ben.post(&taken, HeaderMap::new()).await;
    let answer = tokio::time::timeout(Duration::from_secs(1), events.next()).await;
    assert!(matches!(answer, Err(_) | Ok(None)), "{answer:?}");
    let record = app.audit().await.pop().unwrap();
    assert_eq!(
        (&record["status"], &record["denyReason"]),
        (&json!("cancelled"), &json!("withdrawn"))
    );
}

#[tokio::test]
async fn cannot_ask() {
    let app = TestApp::with(settings("OSIER_CONFIRMATION__FALLBACK", "refuse")).await;
    let told_to = async |version| {
        let (http, url) = (&app.http, &app.url);
        let ben = Client::connect_with(http, url, app.token("ben"), version, json!({})).await;
        told(&ben.call("create_ticket", new_ticket()).await)
    };
    // 2026-07-28 has an error of its own for it.
    insta::assert_snapshot!(told_to(Version::V2026_07_28).await, @"400 -32021 This needs an answer from a person, and the client doesn't say that it can ask for one");
    insta::assert_snapshot!(told_to(Version::V2025_11_25).await, @"200 isError This needs an answer from a person, and this client can't show the question. Nothing was changed. Use a client that supports form elicitation.");
}

#[tokio::test]
async fn by_link() {
    let app = TestApp::new().await;
    let (http, url, version) = (&app.http, &app.url, Version::V2025_11_25);
    let ben = Client::connect_with(http, url, app.token("ben"), version, json!({})).await;
    let told = told(&ben.call("create_ticket", new_ticket()).await);
    // The id and the time are of this run.
    let (before, after) = told.split_once("/confirm/").unwrap();
    let (id, after) = after.split_once(", ").unwrap();
    assert_eq!(id.len(), 26, "{told}");
    let (meanwhile, after) = after.split_once("until ").unwrap();
    let told = format!("{before}/confirm/ID, {meanwhile}until HH:MM{}", &after[5..]);
    insta::assert_snapshot!(told.replace(url, "https://osier.example.com"), @"200 isError This needs your yes. Open https://osier.example.com/confirm/ID, sign in, and answer there; then ask me to do it again. The link works until HH:MM UTC. Nothing was changed yet. The question is:

Create a ticket at Quillmarrow House?
- Summary: Tap drips
- Description: x
- Priority: low");
}

#[tokio::test]
async fn permissions_unavailable() {
    let app = TestApp::new().await;
    app.around.authz().inject(Fault::answer(503, "secret"));
    let ben = app.as_user("ben").await;
    insta::assert_snapshot!(told(&ben.call("list_sites", json!({})).await), @"200 isError Your permissions can't be read at the moment, so nothing is allowed. Try again in a minute.");
    // A list has no result to put words in.
    let list = ben.request("tools/list", json!({})).await;
    assert_eq!(list.code(), Some(-32603), "{list:?}");
}

#[tokio::test]
async fn too_many_groups() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let text = "roles: {r: [X]}\nassignments: [{group: g, role: r, at: global}]\n";
    file.write_all(text.as_bytes()).unwrap();
    let mut setup = settings("OSIER_ACCESS__ADAPTER", "claims");
    let path = file.path().to_str().unwrap().to_owned();
    setup.settings.insert("OSIER_ACCESS__FILE".to_owned(), path);
    let app = TestApp::with(setup).await;
    let token = app.around.entra().mint(&BEN, |claims| {
        claims.insert("hasgroups".into(), json!(true));
    });
    let ben = Client::connect(&app.http, &app.url, token, Version::V2026_07_28).await;
    insta::assert_snapshot!(told(&ben.call("list_sites", json!({})).await), @"200 isError You are in more groups than your sign-in can name, so your permissions can't be read and nothing is allowed. Ask your administrator: the groups that Osier's sign-in names must be limited to those assigned to it.");
}

#[tokio::test]
async fn audit_unavailable() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(Error::from(ErrorKind::StorageFull))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let audit = Some(Sink::to(Full, Terms::default()).0);
    let app = TestApp::with(Setup { audit, ..Setup::default() }).await;
    let ben = app.as_user("ben").await;
    let reply = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
    insta::assert_snapshot!(told(&reply), @"200 isError This can't be recorded at the moment, so nothing was done. Try again in a minute.");
}

#[tokio::test]
async fn timed_out() {
    let app = TestApp::with(settings("OSIER_LIMITS__CALL_DEADLINE", "1")).await;
    app.around.services().inject("/workflowcore", Fault::slow(Duration::from_secs(4)));
    let reply = app.as_user("ben").await.call("list_tickets", json!({})).await;
    insta::assert_snapshot!(told(&reply), @"200 isError This took too long and was stopped. Ask for less, or try again.");
}

#[tokio::test]
async fn too_large() {
    let app = TestApp::with(settings("OSIER_LIMITS__MAX_RESULT_CHARS", "2000")).await;
    let id = app.around.services().tickets_of(SITE_60M)[0]["id"].as_str().unwrap().to_owned();
    let long = json!("x".repeat(3_000));
    app.around.services().edit_ticket(&id, |ticket| ticket["description"] = long);
    let reply = app.as_user("ben").await.call("get_ticket", json!({"ticketId": id})).await;
    insta::assert_snapshot!(told(&reply), @"200 isError The answer is too long. Ask for fewer fields or a narrower filter.");
}

#[tokio::test]
async fn internal() {
    // A tool that looks its argument up at a backend which sends no requests. `check` tells of it.
    let service = "
backend: caller
resolve: {thing: {get: [things, {by: id}], record: \"\", scope: {none: for a test}}}
";
    let tool = "
name: get_thing
title: Get thing
description: Looks a thing up at a service that isn't there.
permission: {signed_in: for a test}
effect: read
input: {properties: {id: {resolve: ghost.thing}}, required: [id]}
request: {get: [tickets, {found: id, at: /id}]}
answer: {record: \"\", row: ticket_row}
scope: {none: for a test}
";
    let files =
        [("tools/ghost/_service.yaml", service), ("tools/workflowcore/get_thing.yaml", tool)];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned())).into();
    let app = TestApp::with(Setup { files, ..Setup::default() }).await;
    let reply = app.as_user("ben").await.call("get_thing", json!({"id": "x"})).await;
    insta::assert_snapshot!(told(&reply), @"200 isError Something went wrong here. It was recorded under this answer's decision id.");
}

/// `tests/it/documents` shows each of these from a service; here are the words.
#[test]
fn unreadable() {
    let words = |why: Unreadable| {
        let otherwise = Some("Read its text with read_document.".to_owned());
        match error::mcp(&Refusal::Unreadable { why, otherwise }) {
            error::Rendered::Tool { text } => text,
            error::Rendered::Protocol { .. } => panic!("not a text"),
        }
    };
    insta::assert_snapshot!(words(Unreadable::Type("image/png".into())), @"This file is image/png and can't be shown as text. Read its text with read_document.");
    insta::assert_snapshot!(words(Unreadable::Nothing), @"There is no text of this file. Read its text with read_document.");
    insta::assert_snapshot!(words(Unreadable::ByLink), @"The service hands this file out by a link, which isn't followed. Read its text with read_document.");
}
