//! A collector that is away, slow or hangs costs nobody anything.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;

use super::Told;

/// A port that nobody listens on.
fn closed() -> String {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}")
}

fn settings(url: &str, protocol: &str) -> Vec<(String, String)> {
    let settings = [
        ("OTLP_ENDPOINT", url),
        ("OTLP_PROTOCOL", protocol),
        ("ALLOW_PRIVATE_NETWORK", "true"),
        ("INTERVAL", "1"),
    ];
    let named =
        |(name, value): (&str, &str)| (format!("OSIER_TELEMETRY__{name}"), value.to_owned());
    settings.map(named).into()
}

/// How long the middle one and the slowest hundredth of some calls took.
async fn calls(told: &Told, number: usize) -> (Duration, Duration) {
    let ben = told.ben().await;
    let mut took = Vec::with_capacity(number);
    for _ in 0..number {
        let began = Instant::now();
        assert!(!ben.call("list_sites", json!({})).await.is_error());
        took.push(began.elapsed());
    }
    took.sort();
    (took[number / 2], took[number * 99 / 100])
}

/// A server that accepts and says nothing.
fn mute() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn r14_a_collector_that_is_away_or_hangs_costs_no_call_anything() {
    let mut plain = Told::start([]).await;
    let (usual, slowest) = calls(&plain, 200).await;
    plain.stop().await;
    let (_held, hangs) = mute();
    for (url, protocol) in
        [(closed(), "http"), (hangs.clone(), "http"), (closed(), "grpc"), (hangs, "grpc")]
    {
        let mut told = Told::start(settings(&url, protocol)).await;
        let (middle, worst) = calls(&told, 200).await;
        let margin = Duration::from_millis(20);
        assert!(middle < usual * 10 + margin, "{protocol} {url}: {middle:?}, usually {usual:?}");
        assert!(worst < slowest * 10 + margin, "{protocol} {url}: {worst:?}, usually {slowest:?}");
        let took = told.stop().await;
        // Five seconds for what isn't out, and the drain of what was open.
        assert!(took < Duration::from_secs(15), "{protocol} {url}: the end took {took:?}");
        let records = told.server.records();
        assert_eq!(records.iter().filter(|record| record["kind"] == "call").count(), 200);
    }
}

#[tokio::test]
async fn r14_what_finds_no_place_is_dropped_and_counted() {
    let (_held, hangs) = mute();
    let mut told = Told::start(settings(&hangs, "http")).await;
    let before = told.sum("process_memory_usage_bytes", &[]).await;
    let url = format!("{}/livez", told.server.url);
    for _ in 0..4_000 {
        assert_eq!(told.http.get(&url).send().await.unwrap().status(), 200);
    }
    let dropped = told.sum("osier_telemetry_dropped_total", &[r#""traces""#]).await;
    assert!(dropped > 1_000.0, "{dropped}");
    let more = told.sum("process_memory_usage_bytes", &[]).await - before;
    assert!(more < 40e6, "{more} bytes more");
    told.stop().await;
    assert!(told.server.err().contains("the collector didn't take all that was left"));
}
