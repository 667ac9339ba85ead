//! A statement's life: it is waited for with patience that ends, and it is cancelled at the service
//! when nobody waits any more.

use std::time::Duration;

use osier::demo::Fault;
use serde_json::json;

use super::{column, saved};
use crate::harness::{Setup, TestApp};

const COLUMNS: &str = "columns: [{name: site_id, type: string}, {name: day, type: date}, {name: kwh, type: number}]\n\
     scope_column: site_id\nmax_rows: 5000\n";
const SQL: &str = "SELECT site_id, day, kwh FROM energy_daily WHERE meter = 'main'";

async fn app(seconds: u32) -> TestApp {
    let more = format!("{COLUMNS}timeout_seconds: {seconds}\n");
    TestApp::with(Setup { files: vec![saved("own", SQL, &more)], ..Setup::default() }).await
}

/// Waits for what happens behind the call.
async fn soon(what: impl Fn() -> bool) {
    for _ in 0..100 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it doesn't happen");
}

#[tokio::test]
async fn trap_08_a_statement_that_never_ends_is_given_up_and_cancelled() {
    let app = app(2).await;
    let snowflake = app.around.services().snowflake().clone();
    snowflake.stall(true);
    let ana = app.as_user("ana").await;
    let started = std::time::Instant::now();
    let params = json!({
        "name": "run_dashboard_query",
        "arguments": {"queryId": "own"},
        "_meta": {"progressToken": "p"},
    });
    let reply = ana.request("tools/call", params).await;
    assert!(reply.text().contains("didn't answer in time"), "{reply:?}");
    assert!(started.elapsed() < Duration::from_secs(10));
    soon(|| snowflake.cancelled().len() == 1).await;
    let told: Vec<&str> = reply
        .before
        .iter()
        .filter(|message| message["method"] == "notifications/progress")
        .filter_map(|message| message["params"]["message"].as_str())
        .collect();
    assert!(told.contains(&"waiting for the query, 1 s"), "{:?}", reply.before);
    // One that ends is never cancelled.
    snowflake.stall(false);
    let reply = ana.call("run_dashboard_query", json!({"queryId": "own"})).await;
    assert_eq!(reply.items().len(), 25);
    assert_eq!(snowflake.cancelled().len(), 1);
}

#[tokio::test]
async fn a_client_that_goes_away_takes_its_statement_along() {
    let app = app(20).await;
    let snowflake = app.around.services().snowflake().clone();
    snowflake.stall(true);
    let ana = app.as_user("ana").await;
    let call = ana.call("run_dashboard_query", json!({"queryId": "own"}));
    assert!(tokio::time::timeout(Duration::from_secs(1), call).await.is_err());
    soon(|| snowflake.cancelled().len() == 1).await;
}

#[tokio::test]
async fn a_statement_is_cancelled_where_its_client_went_before_it_was_known() {
    let app = app(20).await;
    let services = app.around.services();
    let snowflake = services.snowflake().clone();
    snowflake.stall(true);
    services.inject("/snowflake/api/v2/statements", Fault::slow(Duration::from_secs(1)).exactly());
    let ana = app.as_user("ana").await;
    let call = ana.call("run_dashboard_query", json!({"queryId": "own"}));
    assert!(tokio::time::timeout(Duration::from_millis(300), call).await.is_err());
    soon(|| snowflake.cancelled().len() == 1).await;
}

#[tokio::test]
async fn a_lost_answer_to_the_start_does_not_start_it_twice() {
    let app = app(20).await;
    let services = app.around.services();
    let lost = Fault::answer(504, "").after_handling().exactly().times(1);
    services.inject("/snowflake/api/v2/statements", lost);
    let ana = app.as_user("ana").await;
    let reply = ana.call("run_dashboard_query", json!({"queryId": "own"})).await;
    assert_eq!(reply.items().len(), 25, "{reply:?}");
    assert_eq!(services.snowflake().statements().len(), 1);
    let starts: Vec<_> = services
        .wire()
        .requests_to("/snowflake")
        .into_iter()
        .filter(|request| request.path.ends_with("/statements"))
        .collect();
    let id = |query: &str| query.split('&').next().unwrap().to_owned();
    assert_eq!(starts.len(), 2);
    assert_eq!(id(&starts[0].query), id(&starts[1].query));
    assert!(starts[0].query.contains("retry=false") && starts[1].query.contains("retry=true"));
    assert_eq!(starts[0].header("x-snowflake-authorization-token-type"), Some("OAUTH"));
    assert!(starts[0].header("user-agent").unwrap().starts_with("osier/"));
    let body = starts[0].json();
    assert_eq!([&body["database"], &body["warehouse"]], ["WILLOW", "DASHBOARDS"]);
}

#[tokio::test]
async fn trap_09_further_partitions_come_packed_and_are_read_in_pages() {
    let app = app(20).await;
    let services = app.around.services();
    services.snowflake().partition(70);
    let ana = app.as_user("ana").await;
    let rows = ana.all_rows("run_dashboard_query", json!({"queryId": "own", "pageSize": 50})).await;
    assert_eq!(rows.len(), 480);
    let all: std::collections::BTreeSet<String> = rows.iter().map(ToString::to_string).collect();
    assert_eq!(all.len(), 480, "none twice");
    // It ran once: the cursors lead to the result that the service keeps.
    assert_eq!(services.snowflake().statements().len(), 1);
    let packed = services.wire().requests_to("/snowflake");
    assert!(packed.iter().any(|request| request.query == "partition=6"), "{packed:?}");
    let first = ana.call("run_dashboard_query", json!({"queryId": "own", "pageSize": 1})).await;
    let day = column(&first, "day")[0].as_str().unwrap().to_owned();
    assert_eq!(day.len(), 10, "{day}");
}

#[tokio::test]
async fn a_partition_that_is_too_long_once_unpacked_is_refused() {
    use std::io::Write;
    let app = app(20).await;
    let services = app.around.services();
    services.snowflake().partition(70);
    let ana = app.as_user("ana").await;
    let asked = json!({"queryId": "own", "pageSize": 100});
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![b' '; 30_000_000]).unwrap();
    let bomb = Fault::answer(200, packer.finish().unwrap()).header("content-encoding", "gzip");
    let first = ana.call("run_dashboard_query", asked.clone()).await;
    let mut next = asked;
    next["cursor"] = first.next_cursor().unwrap().into();
    services.inject("/snowflake", bomb);
    let reply = ana.call("run_dashboard_query", next).await;
    assert!(reply.text().contains("can't be used"), "{reply:?}");
}

#[tokio::test]
async fn what_the_service_says_of_a_failure_stays_behind() {
    let files = vec![saved(
        "broken",
        "SELECT site_id, day, kwh FROM velvastone_secrets",
        &format!("{COLUMNS}timeout_seconds: 5\n"),
    )];
    let app = TestApp::with(Setup { files, ..Setup::default() }).await;
    let ana = app.as_user("ana").await;
    let reply = ana.call("run_dashboard_query", json!({"queryId": "broken"})).await;
    assert!(reply.text().starts_with("snowflake couldn't run this query"), "{reply:?}");
    assert!(!reply.text().contains("velvastone"));
    for (status, says) in [
        (408, "didn't answer in time"),
        (429, "is busy"),
        (401, "doesn't accept your sign-in"),
        (403, "doesn't allow you"),
        (500, "can't be used"),
    ] {
        let services = app.around.services();
        services.inject("/snowflake", Fault::answer(status, "{\"message\":\"velvastone\"}"));
        let reply = ana.call("run_dashboard_query", json!({"queryId": "energy_daily"})).await;
        assert!(reply.text().contains(says) && !reply.text().contains("velvastone"), "{reply:?}");
        services.wire().heal();
    }
}
