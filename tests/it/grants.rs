//! The sources of permissions other than the demo's own service, each in front of the real server: who
//! sees what by them, and that an answer which can't be believed allows nothing.

mod authzen;
mod changes;
mod claims;
mod explain;
mod little;
mod names;
mod openfga;
mod same;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use crate::harness::{Client, Setup, TestApp};
use little::Little;

const UNAVAILABLE: &str =
    "Your permissions can't be read at the moment, so nothing is allowed. Try again in a minute.";

/// Settings over the demo's.
fn set(settings: &[(&str, &str)]) -> Setup {
    let settings =
        settings.iter().map(|(name, value)| (format!("OSIER_ACCESS__{name}"), (*value).to_owned()));
    let settings = settings.collect::<BTreeMap<_, _>>();
    Setup { settings, ..Setup::default() }
}

/// The demo with permissions from this little OpenFGA.
async fn by_openfga(little: &Little, more: &[(&str, &str)]) -> TestApp {
    let own = [
        ("ADAPTER", "openfga"),
        ("URL", little.url.as_str()),
        ("OPENFGA__STORE", "store-1"),
        ("OPENFGA__GLOBAL", "tenant:{tid}"),
        ("TOKEN", "sesame"),
    ];
    TestApp::with(set(&[&own, more].concat())).await
}

/// The demo with permissions from this little decision point.
async fn by_authzen(little: &Little, more: &[(&str, &str)]) -> TestApp {
    let own = [
        ("ADAPTER", "authzen"),
        ("URL", little.url.as_str()),
        ("AUTHZEN__GLOBAL", "tenant:{tid}"),
        ("TOKEN", "sesame"),
    ];
    TestApp::with(set(&[&own, more].concat())).await
}

/// Lists and calls end alike: nothing is allowed.
async fn nothing_is_allowed(client: &Client, what: &str) {
    let listed = client.request("tools/list", json!({})).await;
    assert_eq!((listed.code(), listed.text()), (Some(-32603), UNAVAILABLE.to_owned()), "{what}");
    for tool in ["list_tickets", "get_my_permissions"] {
        let called = client.call(tool, json!({})).await;
        assert_eq!(called.text(), UNAVAILABLE, "{what}: {tool}");
    }
}

/// Everybody sees through `app` what they see through the demo's own service.
async fn sees_the_same(app: &TestApp) {
    let usual = TestApp::new().await;
    for name in ["ana", "ben", "chloe", "finn"] {
        let (own, other) = (app.as_user(name).await, usual.as_user(name).await);
        assert_eq!(own.tools().await, other.tools().await, "{name}");
        let tickets = json!({"pageSize": 100});
        let (own, other) = (
            own.call("list_tickets", tickets.clone()).await,
            other.call("list_tickets", tickets).await,
        );
        let ids = |reply: &crate::harness::Reply| {
            let items = reply.message["result"]["structuredContent"]["items"].clone();
            let items = items.as_array().cloned().unwrap_or_default();
            items.iter().map(|item| item["sequenceNumber"].to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&own), ids(&other), "{name}");
        assert_eq!(own.is_error(), other.is_error(), "{name}");
    }
}

/// Longer than any list here takes.
const PATIENT: (&str, &str) = ("LIST_DEADLINE_MS", "20000");
/// A moment in which nothing should happen.
const QUIET: Duration = Duration::from_millis(300);
