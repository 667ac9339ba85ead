//! Series are bounded, and tell what happened.

use std::collections::BTreeSet;

use osier::demo::CHLOE;
use osier::telemetry::{INSTRUMENTS, Kind};
use regex::Regex;
use serde_json::json;

use super::Told;
use crate::harness::{Answered, Client, Version};

/// The series' names with their labels, without their values and HTTP statuses: of these there are not
/// many, and a limit of a door's may come to be met.
fn series(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let names = lines.map(|line| line.rsplit_once(' ').unwrap().0);
    let status = Regex::new(r#"http_response_status_code="\d+""#).unwrap();
    names.map(|name| status.replace(name, "").into_owned()).collect()
}

/// An instrument's name as Prometheus has it.
fn in_prometheus(name: &str, unit: &str, kind: Kind) -> String {
    let mut name = name.replace('.', "_");
    match unit {
        "s" => name.push_str("_seconds"),
        "By" => name.push_str("_bytes"),
        _ => {}
    }
    if kind == Kind::Counter {
        name.push_str("_total");
    }
    name
}

#[tokio::test]
async fn what_happened_is_counted_once() {
    let mut told = Told::start([]).await;
    let ben = told.ben().await;
    for _ in 0..3 {
        assert!(!ben.call("list_sites", json!({})).await.is_error());
    }
    let ticket = json!({
        "siteId": osier::demo::SITE_60M, "summary": "Tap drips", "description": "x", "priority": 4,
    });
    ben.call_answering("create_ticket", ticket.clone(), Answered::Yes).await;
    ben.call_answering("create_ticket", ticket, Answered::No).await;
    let token = told.around.entra().token(&CHLOE);
    let chloe = Client::connect(&told.http, &told.server.url, token, Version::V2026_07_28).await;
    chloe.call("list_tickets", json!({})).await;
    chloe.call("no_such_tool", json!({})).await;
    let nobody = told.http.post(format!("{}/mcp", told.server.url)).bearer_auth("x").send().await;
    assert_eq!(nobody.unwrap().status(), 401);
    for (metric, words, wanted) in [
        ("osier_calls_total", &[r#""list_sites""#, r#""ok""#][..], 3.0),
        ("osier_calls_total", &[r#""create_ticket""#, r#""asked""#], 2.0),
        ("osier_calls_total", &[r#""create_ticket""#, r#""ok""#], 1.0),
        ("osier_calls_total", &[r#""create_ticket""#, r#""blocked""#], 1.0),
        ("osier_calls_total", &[r#""list_tickets""#, r#""denied""#], 1.0),
        ("osier_calls_total", &[r#"name="other""#, r#""denied""#], 1.0),
        ("osier_call_duration_seconds_count", &[r#""list_sites""#], 3.0),
        ("osier_refusals_total", &[r#""permission_missing""#], 1.0),
        ("osier_refusals_total", &[r#""unknown_tool""#], 1.0),
        ("osier_refusals_total", &[r#""declined""#], 1.0),
        ("osier_confirmations_total", &[r#""asked""#], 2.0),
        ("osier_confirmations_total", &[r#""yes""#], 1.0),
        ("osier_confirmations_total", &[r#""no""#], 1.0),
        ("osier_identity_rejections_total", &[r#""invalid""#], 1.0),
        ("osier_tokens_total", &[r#""miss""#], 2.0),
        ("osier_panics_total", &[], 0.0),
        ("osier_build_info", &[env!("CARGO_PKG_VERSION")], 1.0),
    ] {
        assert!((told.sum(metric, words).await - wanted).abs() < 0.1, "{metric} {words:?}");
    }
    assert!(
        told.sum("http_server_request_duration_seconds_count", &[r#""/mcp""#, r#""200""#]).await
            > 8.0
    );
    assert!(
        told.sum("http_client_request_duration_seconds_count", &[r#""workflowcore""#]).await >= 1.0
    );
    assert!(told.sum("process_memory_usage_bytes", &[]).await > 1e6);
    assert!(told.sum("osier_keys_last_fetch_seconds", &[]).await > 1.6e9);
    assert!(told.sum("osier_config_last_good_seconds", &[]).await > 1.6e9);
    assert!(told.sum("osier_tasks", &[]).await > 1.0);
    // Each instrument that has something to say has a series with its attributes and no other.
    let text = told.metrics().await;
    let silent = ["osier.audit.head"];
    for instrument in INSTRUMENTS.iter().filter(|one| !silent.contains(&one.name)) {
        let name = in_prometheus(instrument.name, instrument.unit, instrument.kind);
        let line = text.lines().find(|line| line.starts_with(&name) && !line.starts_with('#'));
        let line = line.unwrap_or_else(|| panic!("no series of {name}: {text}"));
        let labels = line.split_once('{').map_or("", |(_, labels)| labels);
        let labels =
            labels.split(',').filter_map(|label| label.split_once("=\"")).map(|(name, _)| name);
        let known: Vec<_> =
            instrument.attributes.iter().map(|name| name.replace('.', "_")).collect();
        for label in labels.filter(|label| *label != "le") {
            assert!(known.iter().any(|name| name == label), "{label} of {name}");
        }
    }
    // Nothing else is served there, and it isn't served elsewhere.
    let other = told.metrics.replace("/metrics", "/livez");
    assert_eq!(told.http.get(other).send().await.unwrap().status(), 404);
    assert_eq!(told.http.post(&told.metrics).send().await.unwrap().status(), 405);
    let elsewhere = told.http.get(format!("{}/metrics", told.server.url)).send().await.unwrap();
    assert_eq!(elsewhere.status(), 404);
    told.stop().await;
}

#[tokio::test]
async fn case_114_no_caller_can_make_series() {
    let settings = [
        ("OSIER_LIMITS__PERSON_PER_SECOND", "0"),
        ("OSIER_LIMITS__TOKENS_PER_MINUTE", "1000000"),
        ("OSIER_LIMITS__TOKENS_PER_MINUTE_OVERALL", "1000000"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let told = Told::start(settings).await;
    let ben = told.ben().await;
    let storm = async |from: u32, number: u32| {
        for at in from..from + number {
            ben.call(&format!("tool_{at}"), json!({(format!("argument_{at}")): at})).await;
            ben.request(&format!("method/{at}"), json!({})).await;
            let url = format!("{}/path_{at}?query_{at}", told.server.url);
            let verb = reqwest::Method::from_bytes(format!("VERB{at}").as_bytes()).unwrap();
            told.http.request(verb, url).bearer_auth(format!("token_{at}")).send().await.unwrap();
            told.http.get(format!("{}/confirm/id_{at}", told.server.url)).send().await.unwrap();
        }
    };
    storm(0, 3).await;
    let before = series(&told.metrics().await);
    storm(1_000, 250).await;
    let text = told.metrics().await;
    let after = series(&text);
    // The head of the chain has its hash for a label; there is one of it at a time.
    let new = after.difference(&before).filter(|series| !series.starts_with("osier_audit_head"));
    let new: Vec<_> = new.collect();
    assert!(new.is_empty(), "{new:#?}");
    for word in ["tool_1", "method/", "path_1", "query_1", "VERB1", "token_1", "id_1", "argument_1"]
    {
        assert!(!text.contains(word), "{word}");
    }
    assert!(told.sum("osier_calls_total", &[r#"name="other""#, r#""denied""#]).await > 250.0);
    assert!(text.contains(r#"http_request_method="_OTHER""#));
}
