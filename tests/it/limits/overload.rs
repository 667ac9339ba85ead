//! More than can be done (R15), and that the process's health is told meanwhile.

use std::time::{Duration, Instant};

use futures::future::join_all;
use osier::demo::Fault;
use serde_json::json;

use super::limits;
use crate::harness::{Client, TestApp};

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
    // Four at once, one in line, and the others at once.
    assert_eq!(replies.iter().filter(|(_, good, _)| *good).count(), 5, "{replies:?}");
    assert_eq!(replies.iter().filter(|(status, ..)| *status == 503).count(), 5, "{replies:?}");
}
