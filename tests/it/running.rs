//! What an operator does to a process that serves: new settings, a new certificate, an end; and what
//! happens to it: an issuer that is away.

mod drain;
mod issuer;
mod reload;
mod tls;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use osier::outbound::{self, Limits, Reach};
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Client, Version};

fn http() -> reqwest::Client {
    outbound::client(&Limits::calls(Duration::from_mins(1), Reach::Private)).unwrap()
}

fn settings<const N: usize>(of: [(&str, &str); N]) -> BTreeMap<String, String> {
    of.map(|(name, value)| (format!("OSIER_{name}"), value.to_owned())).into()
}

/// For one person who calls as often as many.
const UNLIMITED: [(&str, &str); 4] = [
    ("LIMITS__PERSON_PER_SECOND", "0"),
    ("LIMITS__TOOL_PER_SECOND", "0"),
    ("LIMITS__TOKENS_PER_MINUTE", "1000000"),
    ("LIMITS__TOKENS_PER_MINUTE_OVERALL", "1000000"),
];

/// Somebody's calls, one after the other, from several clients, until they are stopped. A call that
/// fails ends the test.
struct Calls {
    callers: JoinSet<()>,
    stopped: Arc<AtomicBool>,
    made: Arc<AtomicU64>,
}

impl Calls {
    /// Calls of this person's to whatever server `url` names at the moment.
    fn of(token: &str, url: impl Fn() -> String + Clone + Send + Sync + 'static) -> Self {
        let (stopped, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut callers = JoinSet::new();
        let http = http();
        for _ in 0..4 {
            let (http, token, url) = (http.clone(), token.to_owned(), url.clone());
            let (stopped, made) = (Arc::clone(&stopped), Arc::clone(&made));
            callers.spawn(async move {
                while !stopped.load(Ordering::Relaxed) {
                    let client =
                        Client::connect(&http, &url(), token.clone(), Version::V2026_07_28).await;
                    let sites = client.call("list_sites", json!({})).await;
                    assert!(!sites.items().is_empty());
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { callers, stopped, made }
    }

    fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Ends them; gives how many there were.
    async fn end(mut self) -> u64 {
        self.stopped.store(true, Ordering::Relaxed);
        while let Some(ended) = self.callers.join_next().await {
            ended.unwrap();
        }
        self.made()
    }
}
