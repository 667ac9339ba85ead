//! Storms: calls that are dropped as soon as they are made (case 74), people without end (case 120),
//! keys that would collide (case 121).

use std::time::{Duration, Instant};

use osier::demo::Fault;
use serde_json::{Map, Value, json};

use super::limits;
use crate::harness::TestApp;

#[tokio::test]
async fn case_074_calls_that_are_dropped_give_everything_back() {
    const CALLS: usize = 400;
    let app = TestApp::with(limits([
        ("IN_FLIGHT_PER_PERSON", "16"),
        ("PERSON_PER_SECOND", "0"),
        ("TOOL_PER_SECOND", "0"),
    ]))
    .await;
    let ana = app.as_user("ana").await;
    app.around.services().inject("/sitecore", Fault::slow(Duration::from_secs(5)));
    let storm = Instant::now();
    for _ in 0..CALLS / 8 {
        let calls = (0..8).map(|_| ana.call("list_sites", json!({})));
        let dropped =
            tokio::time::timeout(Duration::from_millis(20), futures::future::join_all(calls));
        let _ = dropped.await;
    }
    eprintln!("case 74: {CALLS} calls made and dropped in {:?}", storm.elapsed());
    // Long before the service would have answered.
    let begun = Instant::now();
    while app.pipeline.admission.running() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(4), "{}", app.pipeline.admission.running());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    app.around.services().wire().heal();
    assert!(!ana.call("list_sites", json!({})).await.is_error());
    let records = app.audit().await;
    let cancelled = records.iter().filter(|one| one["status"] == "cancelled").count();
    assert!(cancelled > 0 && records.iter().all(|one| one["status"] != "pending"));
}

#[tokio::test]
async fn case_120_calls_of_many_people_leave_nothing_taken() {
    let app = TestApp::new().await;
    for at in 0..100 {
        let oid = format!("00000000-0000-4000-9000-{at:012}");
        let person = osier::demo::Person { oid: oid.leak(), ..osier::demo::BEN };
        let token = app.around.entra().token(&person);
        let asked = app.http.get(format!("{}/mcp", app.url)).bearer_auth(token).send().await;
        assert_ne!(asked.unwrap().status(), 200);
    }
    assert_eq!(app.pipeline.admission.running(), 0);
    assert!(!app.as_user("ana").await.tools().await.is_empty());
}

#[tokio::test]
async fn case_121_keys_that_would_collide_cost_no_more_than_others() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    // Alike under hashes that multiply and fold without a secret (FNV, Fx): keys that
    // differ in their last bits only.
    let alike = |at: usize| format!("{}{at:05}", "a".repeat(3));
    let other = |at: usize| format!("{:08x}", at.wrapping_mul(0x9e37_79b9) & 0xffff_ffff);
    let took = async |key: &dyn Fn(usize) -> String| {
        let keys: Map<String, Value> = (0..50_000).map(|at| (key(at), json!(0))).collect();
        let body = ana.envelope("tools/list", json!({"x": keys}));
        let begun = Instant::now();
        assert_eq!(ana.post(&body, ana.headers(&body)).await.status(), 200);
        begun.elapsed()
    };
    let (usual, alike) = (took(&other).await, took(&alike).await);
    eprintln!("case 121: {alike:?} against {usual:?}");
    assert!(alike < usual * 10 + Duration::from_secs(1), "{alike:?} against {usual:?}");
}
