//! Clocks that jump: what was learned in what is now the future isn't believed, and what is old is old.

use std::time::Duration;

use osier::clock::Clock;
use osier::demo::BEN;
use serde_json::json;

use crate::harness::{Setup, TestApp};

/// Within the skew that a token may have.
const BACK: Duration = Duration::from_secs(50);

#[tokio::test]
async fn r12_a_clock_that_jumps_makes_no_permission_younger() {
    for is_back in [true, false] {
        let clock = Clock::manual();
        let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
        // It would see for itself that the rights have ended.
        app.around.services().set_strict(false);
        let ben = app.as_user("ben").await;
        assert!(!ben.call("list_tickets", json!({})).await.is_error());
        let nothing = format!("roles: {{}}\nusers:\n  - {{id: {}}}\nassignments: []\n", BEN.oid);
        app.around.authz().replace(&nothing).unwrap();
        // As long as the clock goes as it should, an answer is believed for a minute.
        assert!(!ben.call("list_tickets", json!({})).await.is_error());
        if is_back {
            clock.set_back(BACK);
        } else {
            clock.advance(Duration::from_secs(61));
        }
        let ended = ben.call("list_tickets", json!({})).await;
        assert!(ended.is_unknown_tool(), "back {is_back}: {ended:?}");
    }
}

#[tokio::test]
async fn r12_a_token_from_what_is_now_the_future_is_taken_for_a_minute_only() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let ben = app.as_user("ben").await;
    clock.set_back(Duration::from_mins(1));
    assert!(!ben.call("list_sites", json!({})).await.is_error());
    // Entra dates tokens back by some minutes; `case_010_…` looks at each second.
    clock.set_back(Duration::from_mins(9));
    let body = ben.envelope("tools/call", json!({"name": "list_sites", "arguments": {}}));
    assert_eq!(ben.post(&body, ben.headers(&body)).await.status(), 401);
    clock.advance(Duration::from_mins(9));
    assert!(!ben.call("list_sites", json!({})).await.is_error());
}
