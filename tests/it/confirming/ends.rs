//! Once the yes is spent the write goes out to its end, and where that end can't be known both the
//! person and the record are told so.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use osier::demo::{Fault, SITE_3LW};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::{asked, new_ticket, tickets};
use crate::harness::{Answered, Client, Open, Setup, TestApp, Version};

/// Where tickets are created.
const TICKETS: &str = "/workflowcore/tickets";

/// Waits until something is so; it has to become so within five seconds.
pub async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    for _ in 0..100 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not within five seconds: {what}");
}

async fn last_record(app: &TestApp) -> Value {
    app.audit().await.last().cloned().unwrap_or_default()
}

fn impatient(deadline_ms: u32) -> Setup {
    let settings = BTreeMap::from([(
        "OSIER_BACKENDS__WORKFLOWCORE__DEADLINE_MS".to_owned(),
        deadline_ms.to_string(),
    )]);
    Setup { settings, ..Setup::default() }
}

#[tokio::test]
async fn a_client_that_leaves_after_its_yes_stops_nothing() {
    let app = TestApp::new().await;
    let (ben, before) = (app.as_user("ben").await, tickets(&app));
    let state = asked(&ben, "create_ticket", &new_ticket()).await;
    let slow = Fault::slow(Duration::from_millis(600)).only(Method::POST).exactly();
    app.around.services().inject(TICKETS, slow);
    let answer = ben.answer("create_ticket", new_ticket(), &state, &Answered::Yes);
    // The connection breaks while the service thinks about it.
    let cut = tokio::time::timeout(Duration::from_millis(300), answer).await;
    assert!(cut.is_err(), "{cut:?}");
    assert_eq!(tickets(&app), before);
    eventually("the ticket is made", async || tickets(&app) == before + 1).await;
    eventually("it is on record", async || last_record(&app).await["status"] == "ok").await;
    let last = last_record(&app).await;
    assert_eq!(last["confirmation"]["answered"], "yes", "{last}");
    assert_eq!(last["upstreamStatus"], 201, "{last}");
}

#[tokio::test]
async fn a_session_that_is_left_or_a_call_that_is_taken_back_after_the_yes_stops_nothing() {
    let app = TestApp::new().await;
    for version in [Version::V2025_06_18, Version::V2025_11_25] {
        for leaves in [true, false] {
            app.around.services().wire().heal();
            let (ben, before) = (app.speaking("ben", version).await, tickets(&app));
            let call = Open::call(&ben, "create_ticket", &new_ticket()).await;
            let slow = Fault::slow(Duration::from_millis(600)).only(Method::POST).exactly();
            app.around.services().inject(TICKETS, slow);
            app.around.services().wire().forget();
            assert_eq!(ben.answer_question(&call.id, &Answered::Yes).await, 202);
            let wire = app.around.services().wire();
            eventually("the service has it", async || wire.writes().len() == 1).await;
            if leaves {
                drop(call);
            } else {
                let params = json!({"requestId": call.call, "reason": "changed my mind"});
                let method = "notifications/cancelled";
                let body = json!({"jsonrpc": "2.0", "method": method, "params": params});
                ben.post(&body, HeaderMap::new()).await;
            }
            eventually("the ticket is made", async || tickets(&app) == before + 1).await;
            eventually("on record", async || last_record(&app).await["status"] == "ok").await;
        }
    }
}

#[tokio::test]
async fn a_session_that_is_ended_after_the_yes_stops_nothing() {
    let app = TestApp::new().await;
    let (ben, before) = (app.speaking("ben", Version::V2025_11_25).await, tickets(&app));
    let call = Open::call(&ben, "create_ticket", &new_ticket()).await;
    let slow = Fault::slow(Duration::from_millis(600)).only(Method::POST).exactly();
    app.around.services().inject(TICKETS, slow);
    ben.answer_question(&call.id, &Answered::Yes).await;
    let wire = app.around.services().wire();
    eventually("the service has it", async || wire.writes().len() == 1).await;
    let ended = app
        .http
        .delete(format!("{}/mcp", app.url))
        .bearer_auth(&ben.token)
        .header("mcp-protocol-version", ben.version.name())
        .header("mcp-session-id", ben.session.as_deref().unwrap())
        .send()
        .await
        .unwrap();
    assert!(ended.status().is_success());
    eventually("the ticket is made", async || tickets(&app) == before + 1).await;
    eventually("it is on record", async || last_record(&app).await["status"] == "ok").await;
}

/// Makes a ticket while the service behaves like this; gives what the person is told.
async fn told(app: &TestApp, ben: &Client, fault: Fault) -> (String, Value) {
    app.around.services().wire().heal();
    app.around.services().wire().forget();
    app.around.services().inject(TICKETS, fault.only(Method::POST).exactly());
    let reply = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
    assert!(reply.is_error(), "{reply:?}");
    // Once: a write isn't tried again by itself.
    assert_eq!(app.around.services().wire().writes().len(), 1);
    (reply.text(), last_record(app).await)
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_may_have_been_carried_out() {
    let app = TestApp::with(impatient(700)).await;
    let elsewhere = app.around.services().tickets_of(SITE_3LW)[0].clone();
    let mut long = elsewhere.clone();
    long["siteId"] = new_ticket()["siteId"].clone();
    long["locationIds"] = json!([long["siteId"]]);
    long["summary"] = json!("x".repeat(60_000));
    let lost = [
        ("hangs", Fault::slow(Duration::from_secs(3))),
        ("500", Fault::answer(500, "{}")),
        ("502", Fault::answer(502, "")),
        ("504", Fault::answer(504, "")),
        ("302", Fault::answer(302, "").header("location", "http://127.0.0.1:9/")),
        ("not JSON", Fault::answer(201, "<html>")),
        ("too long", Fault::oversize(20_000_000)),
        ("nothing", Fault::answer(204, "")),
        ("another form", Fault::json(&json!({"id": 7}))),
        ("of a site that isn't ben's", Fault::json(&elsewhere)),
        ("longer than an answer may be", Fault::json(&long)),
    ];
    for version in [Version::V2025_11_25, Version::V2026_07_28] {
        let ben = app.speaking("ben", version).await;
        for (name, fault) in &lost {
            let before = tickets(&app);
            let (text, record) = told(&app, &ben, fault.clone().after_handling()).await;
            assert!(text.contains("may have been carried out"), "{version:?} {name}: {text}");
            assert_eq!(record["status"], "unknown", "{version:?} {name}: {record}");
            assert_eq!(record["denyReason"], "service_end_unknown", "{name}: {record}");
            assert_eq!(tickets(&app), before + 1, "{name}");
        }
    }
}

#[tokio::test]
async fn a_write_that_the_service_refused_was_not_carried_out_and_nobody_says_so() {
    let settings = [("OSIER_BACKENDS__WORKFLOWCORE__RETRIES".to_owned(), "0".to_owned())];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    let ben = app.as_user("ben").await;
    let before = tickets(&app);
    for status in [400, 401, 403, 404, 409, 410, 412, 422, 429, 503] {
        let (text, record) = told(&app, &ben, Fault::answer(status, "{}")).await;
        assert!(!text.contains("may have been"), "{status}: {text}");
        assert_eq!(record["status"], "toolError", "{status}: {record}");
        assert_eq!(record["upstreamStatus"], status, "{record}");
    }
    assert_eq!(tickets(&app), before);
}

#[tokio::test]
async fn a_service_that_cannot_be_reached_got_nothing() {
    let settings = [(
        "OSIER_BACKENDS__WORKFLOWCORE__BASE_URL".to_owned(),
        // Nothing listens there.
        "http://127.0.0.1:9/workflowcore".to_owned(),
    )];
    let app = TestApp::with(Setup { settings: settings.into(), ..Setup::default() }).await;
    let ben = app.as_user("ben").await;
    let reply = ben.call_answering("create_ticket", new_ticket(), Answered::Yes).await;
    assert_eq!(reply.text(), "workflowcore doesn't answer at the moment. Try again in a minute.");
    assert_eq!(last_record(&app).await["status"], "toolError");
}
