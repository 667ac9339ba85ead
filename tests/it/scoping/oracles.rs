//! What could be learned without being told (cases 81 to 83): by filters on hidden fields, by the
//! time that a refusal takes, and from what is kept for another person.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use osier::demo::{SITE_3LW, SITE_60M};
use serde_json::{Value, json};

use super::ben::NOBODYS;
use super::matrix::{alike, text};
use crate::harness::{Client, Setup, TestApp, Version};

#[tokio::test]
async fn case_081_no_argument_filters_or_sorts_by_a_field_of_its_own() {
    let app = TestApp::with(Setup { strict: false, ..Setup::default() }).await;
    let ana = app.as_user("ana").await;
    let tools = ana.tools().await;
    assert_eq!(tools.len(), 60);
    for tool in &tools {
        for (name, value) in [
            ("filter", json!("costEstimate gt 100")),
            ("$filter", json!("customProperties/salary gt 100")),
            ("where", json!({"customProperties": {"salary": 100}})),
            ("orderBy", json!("customProperties.salary")),
            ("$orderby", json!("salary")),
            ("sortBy", json!("salary")),
            ("$expand", json!("creator")),
            ("include", json!(["customProperties"])),
            ("customProperties.salary", json!(100)),
        ] {
            let mut arguments = serde_json::Map::new();
            arguments.insert(name.to_owned(), value);
            app.around.services().wire().forget();
            let answered = ana.call(tool, Value::Object(arguments)).await;
            assert_eq!(answered.code(), Some(-32602), "{tool} {name}: {answered:?}");
            assert!(answered.text().contains(name), "{tool} {name}: {}", answered.text());
            let asked = app.around.services().wire().requests();
            let asked: Vec<_> = asked.iter().filter(|one| !one.path.contains("/authz")).collect();
            assert!(asked.is_empty(), "{tool} {name}: {asked:?}");
        }
    }
}

/// The middle of the times that calls took.
fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// A ticket of another site and one that there is none of: answered alike, and how long that takes.
async fn ask_in_turn(rounds: usize) -> (Duration, Duration) {
    // The services fence nothing: the difference would be Osier's own.
    let app = TestApp::with(Setup { strict: false, ..Setup::default() }).await;
    let ben = app.as_user("ben").await;
    let theirs = app.around.services().tickets_of(SITE_3LW).remove(0);
    let (theirs, nobodys) = (text(&theirs, "id"), NOBODYS);
    let ask = async |id: &str| {
        let started = Instant::now();
        let answered = ben.call("get_ticket", json!({"ticketId": id})).await;
        (started.elapsed(), answered)
    };
    let (mut hidden, mut missing) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        // In turn, and each as often the first.
        let (one, other) = if round % 2 == 0 {
            (ask(theirs).await, ask(nobodys).await)
        } else {
            let other = ask(nobodys).await;
            (ask(theirs).await, other)
        };
        alike(&one.1, &other.1, "hidden and missing");
        hidden.push(one.0);
        missing.push(other.0);
    }
    (median(hidden), median(missing))
}

#[tokio::test]
async fn case_082_hidden_and_missing_records_are_answered_alike_and_about_as_soon() {
    let (hidden, missing) = ask_in_turn(40).await;
    assert!(hidden < missing * 10 && missing < hidden * 10, "{hidden:?} {missing:?}");
}

#[tokio::test]
#[ignore = "long: 2,000 pairs of calls; it reports, and holds no more than the short one"]
async fn case_082_long_the_times_of_hidden_and_missing_records() {
    let (hidden, missing) = ask_in_turn(2_000).await;
    println!("case 82: median {hidden:?} for a hidden ticket, {missing:?} for a missing one");
    assert!(hidden < missing * 10 && missing < hidden * 10, "{hidden:?} {missing:?}");
}

/// What is asked by everybody with the same words.
fn questions() -> Vec<(&'static str, Value)> {
    let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    vec![
        ("tools/list", json!({})),
        ("prompts/list", json!({})),
        ("tools/call", call("list_sites", json!({}))),
        ("tools/call", call("get_site", json!({"siteId": SITE_3LW}))),
        ("tools/call", call("get_site", json!({"siteId": SITE_60M}))),
        ("tools/call", call("get_my_permissions", json!({}))),
        ("tools/call", call("list_ticket_statuses", json!({}))),
        ("prompts/get", json!({"name": "overdue_tickets", "arguments": {"priority": "high"}})),
    ]
}

/// A stream of numbers that is the same in each run (Knuth's multiplier).
fn scattered(number: usize) -> usize {
    number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33
}

async fn interleave(asked: usize) {
    let app = TestApp::with(Setup { strict: false, ..Setup::default() }).await;
    let mut clients: Vec<Client> = Vec::new();
    for name in ["ana", "ben", "chloe"] {
        for version in [Version::V2026_07_28, Version::V2025_11_25] {
            clients.push(app.speaking(name, version).await);
        }
    }
    let questions = questions();
    let mut own = BTreeMap::new();
    for (who, client) in clients.iter().enumerate() {
        for (what, (method, params)) in questions.iter().enumerate() {
            own.insert((who, what), client.request(method, params.clone()).await.bare());
        }
    }
    // People differ; else nothing would show.
    for (what, other) in [(0, 2), (1, 4), (2, 2), (3, 2), (5, 2)] {
        assert!(own[&(0, what)] != own[&(other, what)], "{:?}", questions[what]);
    }
    let (clients, questions, own) = (&clients, &questions, &own);
    stream::iter(0..asked)
        .for_each_concurrent(8, async |number| {
            let (who, what) =
                (scattered(number) % clients.len(), scattered(number * 7 + 3) % questions.len());
            let (method, params) = &questions[what];
            let answered = clients[who].request(method, params.clone()).await;
            assert!(answered.bare() == own[&(who, what)], "{who}: {method} {params}: {answered:?}");
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_083_nothing_that_is_kept_for_one_person_reaches_another() {
    interleave(600).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "long: 10,000 calls"]
async fn case_083_long_nothing_that_is_kept_for_one_person_reaches_another() {
    interleave(10_000).await;
}
