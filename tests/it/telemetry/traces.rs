//! Traces: what a call leaves, where it hangs, and that what a caller says of a trace is only that.

use osier::demo::Recorded;
use reqwest::header::HeaderValue;
use serde_json::json;

use super::Told;
use crate::harness::Collector;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OTHER: &str = "0af7651916cd43dd8448eb211c80319c";
const OTHER_PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn hex(text: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

/// What came to the sample services on a caller's behalf since they forgot. The feed of permission
/// changes is nobody's.
fn asked(told: &Told) -> Vec<Recorded> {
    let requests = told.around.services().wire().requests();
    requests.into_iter().filter(|request| !request.path.contains("/changes")).collect()
}

/// `traceparent` of each of them.
fn traceparents(told: &Told) -> Vec<String> {
    let parent = |request: &Recorded| request.header("traceparent").unwrap_or("none").to_owned();
    asked(told).iter().map(parent).collect()
}

#[tokio::test]
async fn a_call_is_one_trace_from_the_caller_to_the_services() {
    for protocol in ["http", "grpc"] {
        let collector = Collector::start().await;
        let mut told = Told::start(collector.settings(protocol)).await;
        let ben = told.ben().await;
        told.around.services().wire().forget();
        let body = ben.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
        let mut headers = ben.headers(&body);
        headers.insert("traceparent", HeaderValue::from_static(PARENT));
        headers.insert("tracestate", HeaderValue::from_static("vendor=told"));
        headers.insert("baggage", HeaderValue::from_static("user=ana"));
        assert_eq!(ben.post(&body, headers).await.status(), 200);
        let sent = traceparents(&told);
        assert!(!sent.is_empty() && sent.iter().all(|parent| parent.contains(TRACE)), "{sent:?}");
        for request in asked(&told) {
            assert_eq!(request.header("tracestate"), Some("vendor=told"), "{}", request.path);
            assert_eq!(request.header("baggage"), None, "{}", request.path);
        }
        told.stop().await;
        let spans = collector.text("traces");
        for said in [
            "POST /mcp",
            "tools/call list_sites",
            "mcp.method.name",
            "gen_ai.tool.name",
            "execute_tool",
            "osier.decision_id",
            "stage access",
            "stage backend",
            "stage response",
            "osier.backend",
            "sitecore",
            "permissions",
            "http.response.status_code",
        ] {
            assert!(spans.contains(said), "{protocol}: no {said}");
        }
        assert!(!spans.contains("vendor=told"), "{protocol}: a caller's tracestate is exported");
        let bytes = collector.bytes("traces");
        assert!(bytes.windows(16).any(|part| part == hex(TRACE)), "{protocol}");
        assert!(collector.text("metrics").contains("osier.calls"), "{protocol}");
        assert!(collector.text("logs").contains("serving"), "{protocol}");
    }
}

#[tokio::test]
async fn the_message_says_more_than_its_transport() {
    let collector = Collector::start().await;
    let mut told = Told::start(collector.settings("http")).await;
    let ben = told.ben().await;
    told.around.services().wire().forget();
    let mut body = ben.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
    body["params"]["_meta"]["traceparent"] = json!(OTHER_PARENT);
    let mut headers = ben.headers(&body);
    headers.insert("traceparent", HeaderValue::from_static(PARENT));
    assert_eq!(ben.post(&body, headers).await.status(), 200);
    let sent = traceparents(&told);
    assert!(!sent.is_empty() && sent.iter().all(|parent| parent.contains(OTHER)), "{sent:?}");
    told.stop().await;
    // The HTTP request's own span stays where its header says.
    for trace in [TRACE, OTHER] {
        let bytes = collector.bytes("traces");
        assert!(bytes.windows(16).any(|part| part == hex(trace)), "{trace}");
    }
}

#[tokio::test]
async fn case_116_what_a_caller_says_of_a_trace_is_capped_and_identifies_nobody() {
    let collector = Collector::start().await;
    let mut told = Told::start(collector.settings("http")).await;
    let ben = told.ben().await;
    let long = format!("{PARENT}-{}", "a".repeat(4_000));
    let state = format!("vendor={}", "b".repeat(600));
    let odd = [
        ("traceparent", long.as_str()),
        ("traceparent", "00-00000000000000000000000000000000-0000000000000000-01"),
        ("traceparent", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
        ("traceparent", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("traceparent", "user=ana"),
        ("tracestate", &state),
        ("baggage", "oid=00000000-0000-4000-8000-000000000001,user=ana"),
    ];
    for (name, value) in odd {
        for in_meta in [false, true] {
            told.around.services().wire().forget();
            let mut body =
                ben.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
            let mut headers = ben.headers(&body);
            if in_meta {
                body["params"]["_meta"][name] = json!(value);
            } else {
                headers.insert(name, HeaderValue::try_from(value).unwrap());
            }
            assert_eq!(ben.post(&body, headers).await.status(), 200, "{name}");
            let sent = traceparents(&told);
            let own = sent.iter().all(|parent| parent.len() == 55 && !parent.contains(TRACE));
            assert!(!sent.is_empty() && own, "{name} {in_meta}: {sent:?}");
            for request in asked(&told) {
                assert!(
                    request.header("baggage").is_none() && request.header("tracestate").is_none()
                );
            }
        }
    }
    told.stop().await;
    let records = told.server.records();
    let calls: Vec<_> = records.iter().filter(|record| record["kind"] == "call").collect();
    assert!(calls.len() >= 14, "{}", calls.len());
    for call in calls {
        assert_eq!(call["user"]["oid"], osier::demo::BEN.oid, "{call}");
    }
    for signal in ["traces", "logs", "metrics"] {
        let text = collector.text(signal);
        assert!(!text.contains("vendor=b") && !text.contains("user=ana"), "{signal}");
    }
}

#[tokio::test]
async fn case_113_no_url_is_told_with_its_query_or_its_ids() {
    let collector = Collector::start().await;
    let settings = [("OSIER_LOG__FILTER".to_owned(), "trace".to_owned())];
    let settings = collector.settings("http").into_iter().chain(settings);
    let mut told = Told::start(settings).await;
    let ben = told.ben().await;
    let url = &told.server.url;
    for path in [
        "/mcp?access_token=hushhush",
        "/oauth/callback?code=hushhush&state=hushhush",
        "/authorize?client_id=hushhush&code_challenge=hushhush",
        "/confirm/hushhush?x=hushhush",
        "/hushhush",
    ] {
        let answer = told.http.get(format!("{url}{path}")).send().await.unwrap();
        let html = answer
            .headers()
            .get("content-type")
            .is_some_and(|kind| kind == "text/html; charset=utf-8");
        if html {
            let policy = answer.headers()["referrer-policy"].to_str().unwrap();
            // Of these the second is for pages whose form is checked by where it comes from.
            assert!(["no-referrer", "same-origin"].contains(&policy), "{path}: {policy}");
        }
    }
    // In the query to a service that answers, and to one that isn't there any more.
    assert!(!ben.call("list_tickets", json!({"q": "hushhush"})).await.is_error());
    told.around.services().inject("/workflowcore", osier::demo::Fault::reset());
    assert!(ben.call("list_tickets", json!({"q": "hushhush"})).await.is_error());
    let metrics = told.metrics().await;
    told.stop().await;
    let (log, records) = (told.server.err(), told.server.out());
    let spans = ["traces", "logs", "metrics"].map(|signal| collector.text(signal)).concat();
    assert!(spans.contains("/confirm/{id}") && metrics.contains("/confirm/{id}"));
    for (sink, text) in
        [("log", &log), ("audit", &records), ("collector", &spans), ("metrics", &metrics)]
    {
        for word in ["hushhush", "access_token=", "url.full", "url.query"] {
            assert!(!text.contains(word), "{word} in the {sink}");
        }
    }
}
