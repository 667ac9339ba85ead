//! What the real program says of itself to a collector and to Prometheus: what is in it, what never is,
//! and that nobody waits for it.

mod collector_away;
mod labels;
mod lines;
mod records;
mod traces;

use std::collections::BTreeMap;
use std::time::Duration;

use osier::demo::{BEN, Options, Surroundings};
use osier::outbound::{self, Limits, Reach};

use crate::harness::{Client, Process, Version, three_free_ports};

/// The program, and where its metrics are read.
struct Told {
    around: Surroundings,
    server: Process,
    http: reqwest::Client,
    metrics: String,
}

impl Told {
    /// `osier serve` with these settings besides.
    async fn start(settings: impl IntoIterator<Item = (String, String)>) -> Self {
        let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
        let address = format!("127.0.0.1:{}", three_free_ports());
        let listen = ("OSIER_TELEMETRY__PROMETHEUS_LISTEN".to_owned(), address.clone());
        let settings: BTreeMap<_, _> = settings.into_iter().chain([listen]).collect();
        let mut server = Process::serve(&around, &settings);
        let limits = Limits::calls(Duration::from_mins(1), Reach::Private);
        let http = outbound::client(&limits).unwrap();
        server.ready(&http).await;
        Self { around, server, http, metrics: format!("http://{address}/metrics") }
    }

    async fn ben(&self) -> Client {
        let token = self.around.entra().token(&BEN);
        Client::connect(&self.http, &self.server.url, token, Version::V2026_07_28).await
    }

    /// What Prometheus would read.
    async fn metrics(&self) -> String {
        let answer = self.http.get(&self.metrics).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let kind = answer.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
        answer.text().await.unwrap()
    }

    /// The sum of a metric's series whose labels hold these words.
    async fn sum(&self, metric: &str, words: &[&str]) -> f64 {
        let text = self.metrics().await;
        let series = text.lines().filter(|line| {
            let rest = line.strip_prefix(metric);
            rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
                && words.iter().all(|word| line.contains(word))
        });
        series.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
    }

    async fn stop(&mut self) -> Duration {
        self.server.signal("TERM");
        let (status, took) = self.server.end().await;
        assert_eq!(status.code(), Some(0), "{}", self.server.err());
        took
    }
}
