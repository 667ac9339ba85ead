//! Words that stand for secrets, one for each input, pushed through the real program while it logs
//! all that it can: none of them may be on its way out to the log or among the audit records.

mod answers;
mod requests;
mod secrets;
mod words;

use osier::demo::{ANA, Options, Surroundings};
use osier::outbound::{self, Limits, Reach};

use crate::harness::{Client, Process, Version};
use words::Canaries;

/// The program under watch, and what is around it.
struct Watched {
    around: Surroundings,
    server: Process,
    http: reqwest::Client,
    /// What its callers speak.
    version: Version,
    canaries: Canaries,
}

impl Watched {
    async fn start(format: &str, version: Version) -> Self {
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
        let settings = settings.into_iter().chain(unguarded).collect();
        let mut server = Process::serve(&around, &settings);
        let limits = Limits::calls(std::time::Duration::from_mins(1), Reach::Private);
        let http = outbound::client(&limits).unwrap();
        server.ready(&http).await;
        Self { around, server, http, version, canaries: Canaries::default() }
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

async fn nothing_is_told(format: &str, version: Version) {
    let mut watched = Watched::start(format, version).await;
    requests::arguments(&watched).await;
    requests::names(&watched).await;
    requests::headers(&watched).await;
    requests::bodies(&watched).await;
    requests::tokens(&watched).await;
    answers::of_people(&watched).await;
    answers::of_services(&watched).await;
    answers::of_the_permission_service(&watched).await;
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
}

#[tokio::test]
async fn case_112_no_canary_is_told_of_what_is_said_in_sessions() {
    nothing_is_told("json", Version::V2025_11_25).await;
}

#[tokio::test]
async fn case_112_no_canary_is_told_of_what_is_said_without_sessions() {
    nothing_is_told("text", Version::V2026_07_28).await;
}
