//! Words that stand for secrets, one for each input, pushed through the real program while it logs
//! all that it can: none of them may be on its way out to the log, among the audit records, or in what
//! a collector and Prometheus are told.

mod answers;
mod requests;
mod secrets;
mod words;

use osier::demo::{ANA, Options, Surroundings};
use osier::outbound::{self, Limits, Reach};

use crate::harness::{Client, Collector, Process, Version, three_free_ports};
use words::Canaries;

/// The program under watch, and what is around it.
struct Watched {
    around: Surroundings,
    server: Process,
    collector: Collector,
    /// Where Prometheus would read.
    metrics: String,
    http: reqwest::Client,
    /// What its callers speak.
    version: Version,
    canaries: Canaries,
}

impl Watched {
    async fn start(format: &str, version: Version, protocol: &str) -> Self {
        let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
        let settings = [
            ("OSIER_LOG__FILTER", "trace"),
            ("OSIER_LOG__FORMAT", format),
            // So that every call asks the permission service.
            ("OSIER_ACCESS__MAX_AGE_READ", "0"),
            ("OSIER_ACCESS__MAX_AGE_WRITE", "0"),
            ("OSIER_ACCESS__TIMEOUT", "5"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        // Every answer is heard, however many bad ones came before it.
        let unguarded = around.services().base_urls().map(|(service, _)| {
            let section = format!("OSIER_BACKENDS__{}", service.to_uppercase());
            (format!("{section}__FAILURES_TO_OPEN"), "0".to_owned())
        });
        let collector = Collector::start().await;
        let address = format!("127.0.0.1:{}", three_free_ports());
        let listen = ("OSIER_TELEMETRY__PROMETHEUS_LISTEN".to_owned(), address.clone());
        let settings = settings.into_iter().chain(unguarded).chain([listen]);
        let settings = settings.chain(collector.settings(protocol)).collect();
        let metrics = format!("http://{address}/metrics");
        let mut server = Process::serve(&around, &settings);
        let limits = Limits::calls(std::time::Duration::from_mins(1), Reach::Private);
        let http = outbound::client(&limits).unwrap();
        server.ready(&http).await;
        let canaries = Canaries::default();
        Self { around, server, collector, metrics, http, version, canaries }
    }

    /// ana, who sees every tool, with a token that is full of canaries.
    async fn ana(&self) -> Client {
        self.ana_speaking(self.version).await
    }

    async fn ana_speaking(&self, version: Version) -> Client {
        let token = self.around.entra().mint_with(&ANA, |header, claims| {
            header.insert("canary".into(), self.word("a header parameter of a good token").into());
            for claim in ["canary", "name", "sub", "uti", "aio", "rh", "upn", "given_name"] {
                let word = self.word(&format!("the claim {claim} of a good token"));
                claims.insert(claim.into(), word.into());
            }
            let local = self.word("the e-mail address of a good token");
            claims.insert("preferred_username".into(), format!("x{local}@a.example").into());
            let nested = serde_json::json!({"deep": [self.word("a nested claim")]});
            claims.insert("xms_canary".into(), nested);
        });
        self.canaries.token(&token);
        Client::connect(&self.http, &self.server.url, token, version).await
    }

    /// A word of its own for one input.
    fn word(&self, input: &str) -> String {
        self.canaries.word(input)
    }
}

async fn nothing_is_told(format: &str, version: Version, protocol: &str) {
    let mut watched = Watched::start(format, version, protocol).await;
    requests::arguments(&watched).await;
    requests::names(&watched).await;
    requests::headers(&watched).await;
    requests::bodies(&watched).await;
    requests::tokens(&watched).await;
    answers::of_people(&watched).await;
    answers::of_services(&watched).await;
    answers::of_the_permission_service(&watched).await;
    let metrics = watched.http.get(&watched.metrics).send().await.unwrap().text().await.unwrap();
    watched.server.signal("TERM");
    let (status, _) = watched.server.end().await;
    assert_eq!(status.code(), Some(0));
    let (records, log) = (watched.server.records(), watched.server.err());
    // It was watched: everything that has something to say said it.
    assert!(records.len() > 150, "{} records", records.len());
    for said in [
        "serving",
        "not let in",
        "refused",
        "doesn't fit the output schema",
        "the permission service gave no usable answer",
        "the issuer's keys couldn't be fetched",
        "DEBUG",
    ] {
        assert!(log.contains(said), "{said} isn't in the log: {log}");
    }
    assert!(!log.contains("panicked"), "{log}");
    let found = watched.canaries.found_in(&log);
    assert!(found.is_empty(), "in the log: {found:#?}");
    let found = watched.canaries.found_in(&watched.server.out());
    assert!(found.is_empty(), "in the audit records: {found:#?}");
    assert!(metrics.contains("osier_calls_total"), "{metrics}");
    let found = watched.canaries.found_in(&metrics);
    assert!(found.is_empty(), "in the metrics for Prometheus: {found:#?}");
    for (signal, said) in [
        ("traces", "tools/call create_ticket"),
        ("metrics", "http.server.request.duration"),
        ("logs", "doesn't fit the output schema"),
    ] {
        let told = watched.collector.text(signal);
        assert!(told.contains(said), "{said} isn't in the {signal}");
        let found = watched.canaries.found_in(&told);
        assert!(found.is_empty(), "in the collector's {signal}: {found:#?}");
    }
}

#[tokio::test]
async fn case_112_no_canary_is_told_of_what_is_said_in_sessions() {
    nothing_is_told("json", Version::V2025_11_25, "grpc").await;
}

#[tokio::test]
async fn case_112_no_canary_is_told_of_what_is_said_without_sessions() {
    nothing_is_told("text", Version::V2026_07_28, "http").await;
}
