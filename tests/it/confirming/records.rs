//! What is on record of a confirmed write, and what happens where nothing can be recorded.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use http::{HeaderMap, Method};
use osier::audit::{Record, Sink, Terms};
use osier::call;
use osier::clock::Clock;
use osier::config::ReadsWithoutAudit;
use osier::demo::{BEN, Fault, TENANT_ID};
use serde_json::{Value, json};

use super::ends::eventually;
use super::{a_ticket, new_ticket, nothing_was_written, tickets};
use crate::harness::{Answered, Client, Setup, TestApp, Version};

/// `(kind, status, asked, answered)` of a record.
fn said(record: &Value) -> (&str, &str, Option<bool>, Option<&str>) {
    let confirmation = &record["confirmation"];
    (
        record["kind"].as_str().unwrap(),
        record["status"].as_str().unwrap(),
        confirmation["asked"].as_bool(),
        confirmation["answered"].as_str(),
    )
}

#[tokio::test]
async fn case_115_a_confirmed_write_is_two_runs_and_an_intent_under_one_id() {
    for version in [Version::V2025_06_18, Version::V2025_11_25, Version::V2026_07_28] {
        let app = TestApp::new().await;
        let ben = app.speaking("ben", version).await;
        let made = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
        let records = app.audit().await;
        let told: Vec<_> = records.iter().map(said).collect();
        assert_eq!(
            told,
            [
                ("call", "asked", Some(true), None),
                ("intent", "pending", Some(false), Some("yes")),
                ("call", "ok", Some(false), Some("yes")),
            ],
            "{version:?}"
        );
        let same = |pointer: &str| {
            let first = records[0].pointer(pointer).unwrap();
            assert!(records.iter().all(|one| one.pointer(pointer) == Some(first)), "{pointer}");
            first.as_str().unwrap().to_owned()
        };
        assert!(same("/confirmation/id").starts_with("cnf_"));
        assert_eq!(same("/argsHash").len(), 64);
        assert_eq!(same("/user/oid"), BEN.oid);
        assert_eq!(same("/user/email"), "b***@willow-demo.example");
        assert_eq!(same("/tenant"), TENANT_ID);
        assert_eq!(
            (same("/server"), same("/tool")),
            ("workflowcore".into(), "create_ticket".into())
        );
        assert_eq!(same("/client/name"), "osier-test");
        assert_eq!(same("/client/protocol"), version.name());
        // Two runs, two decisions; the intent is of the second, whose id the person sees.
        let id = |at: usize| records[at]["id"].as_str().unwrap();
        assert!(id(0) != id(1) && id(1) == id(2));
        assert_eq!(made.result()["_meta"]["osier/decisionId"], id(2));
        assert_eq!(records[2]["upstreamStatus"], 201);
    }
}

#[tokio::test]
async fn case_115_every_end_is_on_record() {
    let app = TestApp::new().await;
    let (ben, chloe) = (app.as_user("ben").await, app.as_user("chloe").await);
    let mut seen = 0;
    let mut last = async |what: &str| {
        let records = app.audit().await;
        assert!(records.len() > seen, "{what} left no record");
        seen = records.len();
        let last = records[seen - 1].clone();
        let reason = last["denyReason"].as_str().unwrap_or_default().to_owned();
        let answered = last["confirmation"]["answered"].as_str().unwrap_or_default().to_owned();
        (last["status"].as_str().unwrap().to_owned(), reason, answered)
    };
    let three = |status: &str, reason: &str, answered: &str| {
        (status.to_owned(), reason.to_owned(), answered.to_owned())
    };
    ben.call("list_sites", json!({})).await;
    assert_eq!(last("a read").await, three("ok", "", ""));
    chloe.call("list_tickets", json!({})).await;
    assert_eq!(last("a denial").await, three("denied", "permission_missing", ""));
    ben.call("no_such_tool", json!({})).await;
    assert_eq!(last("an unknown tool").await, three("denied", "unknown_tool", ""));
    ben.call("get_site", json!({"siteId": 7})).await;
    assert_eq!(last("bad arguments").await, three("blocked", "invalid_arguments", ""));
    for (answer, status, reason, answered) in [
        (Answered::No, "blocked", "declined", "no"),
        (Answered::Closed, "blocked", "cancelled", "closed"),
        (Answered::Content(json!({"confirm": 1})), "blocked", "invalid_answer", "invalid"),
        (Answered::Yes, "ok", "", "yes"),
    ] {
        ben.call_answering("create_ticket", new_ticket(), answer).await;
        assert_eq!(last("an answer").await, three(status, reason, answered));
    }
    app.around.services().inject("/workflowcore", Fault::answer(500, ""));
    ben.call("list_tickets", json!({})).await;
    assert_eq!(last("trouble").await, three("toolError", "service_bad_answer", ""));
    app.around.authz().inject(Fault::answer(500, ""));
    ben.call("create_ticket", new_ticket()).await;
    // The snapshot of a moment ago may still serve: the answer asks afresh.
    let asked = last("a write without permissions").await;
    assert!(["asked", "error"].contains(&asked.0.as_str()), "{asked:?}");
}

#[tokio::test]
async fn case_111_what_a_client_calls_itself_cannot_forge_a_record() {
    let app = TestApp::new().await;
    let names = [
        "evil\n{\"kind\":\"call\",\"status\":\"ok\"}",
        "evil\r\n",
        "\u{1b}[31mred",
        "line\u{2028}separator",
        "quote\"},{\"",
        "somebody@example.org",
        "\u{202e}evil",
    ];
    let long = "a".repeat(100_000);
    for name in names.iter().copied().chain([long.as_str()]) {
        let ben = app.as_user("ben").await;
        let mut body = ben.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
        for field in ["name", "version"] {
            body["params"]["_meta"]["io.modelcontextprotocol/clientInfo"][field] = name.into();
        }
        let mut headers = ben.headers(&body);
        headers.insert("user-agent", "x".repeat(10_000).parse().unwrap());
        assert_eq!(ben.post(&body, headers).await.status(), 200);
    }
    // Every line is one record (`audit` reads line by line), and none has such a name.
    let records = app.audit().await;
    assert_eq!(records.len(), names.len() + 1);
    for record in records {
        assert!(record["client"].get("name").is_none(), "{record}");
        assert!(record["client"].get("version").is_none(), "{record}");
        assert!(record.to_string().len() < 1_000, "{record}");
    }
}

#[tokio::test]
async fn a_read_that_is_given_up_is_on_record_as_cancelled() {
    let app = TestApp::new().await;
    for version in [Version::V2025_11_25, Version::V2026_07_28] {
        let ben = app.speaking("ben", version).await;
        let seen = app.audit().await.len();
        app.around.services().inject("/workflowcore", Fault::slow(Duration::from_secs(4)));
        let mut body = ben.envelope("tools/call", json!({"name": "list_tickets", "arguments": {}}));
        body["id"] = json!(77);
        let call = async {
            let response = ben.post(&body, ben.headers(&body)).await;
            response.bytes().await.unwrap();
        };
        let cut = tokio::time::timeout(Duration::from_millis(400), call).await;
        assert!(cut.is_err(), "{version:?}");
        if !version.is_stateless() {
            // A session outlives a broken stream; its client says that it doesn't wait any more.
            let params = json!({"requestId": 77});
            let method = "notifications/cancelled";
            let body = json!({"jsonrpc": "2.0", "method": method, "params": params});
            ben.post(&body, HeaderMap::new()).await;
        }
        eventually("the record", async || app.audit().await.len() == seen + 1).await;
        let last = app.audit().await.pop().unwrap();
        assert_eq!(last["status"], "cancelled", "{version:?}: {last}");
        assert_eq!(last["tool"], "list_tickets");
        app.around.services().wire().heal();
    }
}

#[tokio::test]
async fn a_call_that_panics_is_on_record() {
    let app = TestApp::new().await;
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {}", app.token("ben")).parse().unwrap());
    let ben = app.authenticator.authenticate(&headers).await.unwrap();
    let (sink, kept) = Sink::memory();
    let client = call::Client::default();
    for intended in [false, true] {
        let mut record = Record::open(&sink, &Clock::System, &ben, &client).await.unwrap();
        if intended {
            record.intend().await.unwrap();
        }
        let panicked = catch_unwind(AssertUnwindSafe(move || {
            let _record = record;
            panic!("canary in a panic");
        }));
        assert!(panicked.is_err());
    }
    let lines = async || String::from_utf8(kept.lock().unwrap().clone()).unwrap();
    // The chain's first line, and those of the calls.
    eventually("four lines", async || lines().await.lines().count() == 4).await;
    let records: Vec<Value> =
        lines().await.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<[&str; 3]> = records
        .iter()
        .map(|one| ["kind", "status", "denyReason"].map(|key| one[key].as_str().unwrap_or("-")))
        .collect();
    assert_eq!(
        told,
        [
            ["call", "error", "panicked"],
            ["intent", "pending", "-"],
            ["call", "unknown", "panicked"]
        ]
    );
    assert!(!lines().await.contains("canary"));
}

/// A place for records that takes none.
enum Broken {
    Fails,
    Panics,
    Hangs,
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Fails => Err(Error::from(ErrorKind::StorageFull)),
            Self::Panics => panic!("the place for records is gone"),
            Self::Hangs => {
                std::thread::sleep(Duration::from_hours(1));
                Ok(0)
            }
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn recording_to(broken: Broken, reads: ReadsWithoutAudit) -> (TestApp, Client) {
    let settings = [("OSIER_LIMITS__CALL_DEADLINE".to_owned(), "2".to_owned())];
    let terms = Terms { reads, ..Terms::default() };
    let audit = Some(Sink::to(broken, terms).0);
    let settings = BTreeMap::from(settings);
    let app = TestApp::with(Setup { settings, audit, ..Setup::default() }).await;
    let ben = app.as_user("ben").await;
    (app, ben)
}

#[tokio::test]
async fn no_write_goes_out_that_cannot_be_recorded_and_reads_go_on_where_that_is_set() {
    for reads in [ReadsWithoutAudit::Serve, ReadsWithoutAudit::Refuse] {
        for broken in [Broken::Fails, Broken::Hangs] {
            let (app, ben) = recording_to(broken, reads).await;
            let before = tickets(&app);
            for _ in 0..2 {
                let reply = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
                assert!(reply.text().starts_with("This can't be recorded"), "{reply:?}");
            }
            nothing_was_written(&app);
            assert_eq!(tickets(&app), before);
            let read = ben.call("list_sites", json!({})).await;
            match reads {
                ReadsWithoutAudit::Serve => assert_eq!(read.items().len(), 3),
                ReadsWithoutAudit::Refuse => assert!(read.is_error(), "{read:?}"),
            }
        }
    }
}

#[tokio::test]
async fn without_a_place_for_records_nothing_begins() {
    let (app, ben) = recording_to(Broken::Panics, ReadsWithoutAudit::Serve).await;
    // The first record ends the writing thread.
    ben.call("list_sites", json!({})).await;
    eventually("the thread is gone", async || ben.call("list_sites", json!({})).await.is_error())
        .await;
    for (tool, arguments) in [
        ("list_sites", json!({})),
        ("create_ticket", new_ticket()),
        ("no_such_tool", json!({})),
        ("update_ticket", json!({"ticketId": a_ticket(&app)["id"], "priority": 1})),
    ] {
        app.around.services().wire().forget();
        let reply = ben.call(tool, arguments).await;
        assert!(reply.text().starts_with("This can't be recorded"), "{tool}: {reply:?}");
        let decision = reply.result()["_meta"]["osier/decisionId"].as_str().unwrap();
        assert!(decision.starts_with("dec_"), "{reply:?}");
        assert!(app.around.services().wire().requests().is_empty(), "{tool}");
    }
    let posts = |wire: &osier::demo::Recorded| wire.method == Method::POST;
    assert!(!app.around.services().wire().requests().iter().any(posts));
}
