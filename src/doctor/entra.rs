//! Entra itself: its discovery document, the clock that its answers show, and its signing keys.

use std::time::{Duration, SystemTime};

use http::header::DATE;
use serde_json::Value;

use super::Bench;
use super::report::{Report, shown};
use super::words::cause;
use crate::identity::{KeyFault, KeysStatus};
use crate::outbound::read_capped;

/// The longest document that is read, in bytes.
const CAP: usize = 256 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// Beyond the leeway that tokens are judged with, good ones are refused.
const TOO_FAR: u64 = 60;
/// What a machine that keeps its time isn't off by.
const ODD: u64 = 10;

pub(super) async fn examine(bench: &Bench<'_>, report: &mut Report) {
    let Some(document) = discovery(bench, report).await else {
        report.skipped("keys", "their place stands in the discovery document");
        return;
    };
    keys(bench, &document, report).await;
}

/// The discovery document, if there is one; looks at the clock by the way.
async fn discovery(bench: &Bench<'_>, report: &mut Report) -> Option<Value> {
    let identity = &bench.config.identity;
    let url = &identity.discovery_url;
    let mend = "check identity.discovery_url and identity.tenant_id, and that this machine may reach \
                it (DNS, firewall; Osier uses no proxy)";
    let before = bench.clock.now();
    let answer = match bench.http.get(url.clone()).send().await {
        Ok(answer) => answer,
        Err(error) => {
            report.fault("discovery", format!("{url} can't be reached: {}", cause(&error)), mend);
            return None;
        }
    };
    let status = answer.status();
    let date = answer.headers().get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let body = read_capped(answer, CAP, PATIENCE).await.ok();
    let document = body.and_then(|body| serde_json::from_slice::<Value>(&body).ok());
    let issuer = document.as_ref().and_then(|document| document.get("issuer")?.as_str());
    let Some(issuer) = issuer.filter(|_| status == http::StatusCode::OK) else {
        let what = format!("{url} answers {status} and no discovery document");
        report.fault("discovery", what, mend);
        return None;
    };
    let after = bench.clock.now();
    let what = format!("issuer {}", shown(issuer));
    if issuer.contains('{') {
        let mend = "identity.discovery_url must be that of your own tenant, with its id in it, not \
                    that of common, organizations or consumers";
        report.fault("discovery", format!("{what} stands for every tenant"), mend);
    } else if identity.issuer.as_ref().is_some_and(|expected| expected != issuer) {
        let mend = "set identity.issuer to that, byte for byte, or leave it out";
        report.fault("discovery", format!("{what} isn't identity.issuer"), mend);
    } else if !issuer.to_ascii_lowercase().contains(&identity.tenant_id) {
        let mend = "compare identity.tenant_id with identity.discovery_url";
        report.warning("discovery", format!("{what} doesn't name identity.tenant_id"), mend);
    } else {
        report.ok("discovery", what);
    }
    clock(date, before, after, report);
    document
}

/// `Date` has whole seconds and was written between `before` and `after`.
fn clock(date: Option<SystemTime>, before: SystemTime, after: SystemTime, report: &mut Report) {
    let Some(date) = date else {
        return report.skipped("clock", "Entra's answer has no Date");
    };
    let off = |earlier: SystemTime, later: SystemTime| {
        later.duration_since(earlier).map_or(0, |span| span.as_secs())
    };
    let (slow, fast) = (off(after, date), off(date + Duration::from_secs(1), before));
    let (by, word) = if slow > 0 { (slow, "behind") } else { (fast, "ahead of") };
    if by < ODD {
        return report.ok("clock", "agrees with Entra's");
    }
    let what = format!("this machine's is {} {word} Entra's", span(by));
    let mend = "set the clock by a time server: timedatectl set-ntp true, or that of the host of this \
                container";
    if by >= TOO_FAR {
        report.fault("clock", format!("{what}, so good tokens are refused"), mend);
    } else {
        report.warning("clock", what, mend);
    }
}

/// A time span in words.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7200 => format!("{} minutes", (seconds + 30) / 60),
        _ => format!("{} hours", (seconds + 1800) / 3600),
    }
}

async fn keys(bench: &Bench<'_>, document: &Value, report: &mut Report) {
    let place = document.get("jwks_uri").and_then(Value::as_str).unwrap_or("jwks_uri (absent)");
    let place = shown(place);
    // Asks for both documents, as the server does.
    let _issuer = bench.authenticator.issuer().await;
    let (what, mend) = match bench.authenticator.status() {
        KeysStatus::Ready | KeysStatus::Degraded(_) => {
            return report.ok("keys", format!("usable ones at {place}"));
        }
        KeysStatus::Missing(KeyFault::Moved) => (
            format!("{place} isn't at an origin that may hold them"),
            "name its origin in identity.authority_origins, if you know it to be Entra's",
        ),
        KeysStatus::Missing(KeyFault::Unreachable) => (
            format!("{place} can't be reached or fails; no token can be judged"),
            "let this machine reach it (DNS, firewall; Osier uses no proxy)",
        ),
        KeysStatus::Missing(_) => (
            format!("{place} holds no usable key; no token can be judged"),
            "check identity.discovery_url; keys must be RSA of 2048 bits or more, for RS256",
        ),
    };
    report.fault("keys", what, mend);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn the_clock_is_judged_by_what_tokens_stand() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let judged = |date: SystemTime| {
            let mut report = Report::default();
            clock(Some(date), now, now, &mut report);
            let finding = report.iter().next().cloned().unwrap();
            (finding.state, finding.what)
        };
        assert_eq!(judged(now).0, State::Ok);
        assert_eq!(judged(now + Duration::from_secs(9)).0, State::Ok);
        assert_eq!(judged(now - Duration::from_secs(10)).0, State::Ok);
        assert_eq!(judged(now + Duration::from_secs(30)).0, State::Warning);
        let (state, what) = judged(now + Duration::from_mins(10));
        assert_eq!(state, State::Fault);
        assert!(what.starts_with("this machine's is 10 minutes behind Entra's"), "{what}");
        let (state, what) = judged(now - Duration::from_hours(3));
        assert_eq!(state, State::Fault);
        assert!(what.starts_with("this machine's is 3 hours ahead of Entra's"), "{what}");
    }
}
