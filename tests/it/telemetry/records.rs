//! Copies of audit records at the collector, where the operator wants them.

use serde_json::json;

use super::Told;
use crate::harness::Collector;

#[tokio::test]
async fn records_reach_the_collector_as_they_were_written() {
    for protocol in ["http", "grpc"] {
        let collector = Collector::start().await;
        let mut settings = collector.settings(protocol);
        settings.push(("OSIER_TELEMETRY__SIGNALS".to_owned(), "audit".to_owned()));
        let mut told = Told::start(settings).await;
        let ben = told.ben().await;
        for _ in 0..50 {
            assert!(!ben.call("list_sites", json!({})).await.is_error());
        }
        told.stop().await;
        let (written, copied) = (told.server.out(), collector.text("logs"));
        assert!(written.lines().count() > 50, "{written}");
        for line in written.lines() {
            assert!(copied.contains(line), "{protocol}: no {line}");
        }
        assert!(copied.contains("osier.audit"), "{protocol}");
        assert!(!copied.contains("serving"), "{protocol}: only what is wanted");
    }
}

#[tokio::test]
async fn records_stay_here_unless_they_are_wanted_there() {
    let collector = Collector::start().await;
    let mut told = Told::start(collector.settings("http")).await;
    assert!(!told.ben().await.call("list_sites", json!({})).await.is_error());
    told.stop().await;
    let logs = collector.text("logs");
    assert!(logs.contains("serving") && !logs.contains("\"chain\""), "{logs}");
}
