//! When what somebody may do changes: their clients are told, and nobody else's; by the feed at once, by
//! a fresh answer when there is one; and an answer holds no longer than it says.

use std::time::Duration;

use osier::clock::Clock;
use osier::demo::{ASSIGNMENTS, BEN, Fault};
use serde_json::{Value, json};

use super::{QUIET, set};
use crate::harness::{Client, Events, Setup, TestApp, Version};

const CHANGED: &str = "notifications/tools/list_changed";

/// The assignments without ben's.
fn without_ben() -> String {
    ASSIGNMENTS.replace("groups: [facilities]", "groups: []")
}

/// A session's own stream.
async fn stream(app: &TestApp, client: &Client) -> Events {
    let request = app
        .http
        .get(format!("{}/mcp", app.url))
        .bearer_auth(&client.token)
        .header("accept", "text/event-stream")
        .header("mcp-protocol-version", client.version.name())
        .header("mcp-session-id", client.session.as_ref().unwrap());
    Events::of(request.send().await.unwrap())
}

/// A subscription of 2026-07-28.
async fn subscription(client: &Client) -> Events {
    let wanted = json!({"notifications": {"toolsListChanged": true}});
    let body = client.envelope("subscriptions/listen", wanted);
    Events::of(client.post(&body, client.headers(&body)).await)
}

/// Waits until this is told of, passing over what isn't it.
async fn told(events: &mut Events) -> Value {
    let wait = async {
        loop {
            let message = events.next().await.unwrap();
            if message["method"] == CHANGED {
                return message;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait).await.unwrap()
}

async fn is_quiet(events: &mut Events) {
    let told = tokio::time::timeout(QUIET, told(events)).await;
    assert!(told.is_err(), "{told:?}");
}

async fn followed(app: &TestApp) {
    while app.around.authz().feed_hits() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
}

#[tokio::test]
async fn what_the_feed_tells_counts_at_once_and_tells_the_persons_clients() {
    let clock = Clock::manual();
    let setup = Setup { clock, follow: true, ..Setup::default() };
    let app = TestApp::with(setup).await;
    followed(&app).await;
    let old = app.speaking("ben", Version::V2025_11_25).await;
    let new = app.as_user("ben").await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let (mut olds, mut news) = (stream(&app, &old).await, subscription(&new).await);
    let mut anas = stream(&app, &ana).await;
    assert!(old.tools().await.len() > 1);

    app.around.authz().replace(&without_ben()).unwrap();
    told(&mut olds).await;
    told(&mut news).await;
    // No time has passed by the server's clock.
    assert!(!old.tools().await.contains(&"list_tickets".to_owned()));
    assert!(!new.tools().await.contains(&"list_tickets".to_owned()));
    is_quiet(&mut anas).await;
    // The fresh answer differs from the one before, and that was told already.
    is_quiet(&mut olds).await;

    app.around.authz().replace(ASSIGNMENTS).unwrap();
    told(&mut olds).await;
    assert!(old.tools().await.contains(&"list_tickets".to_owned()));
}

#[tokio::test]
async fn a_feed_that_is_ill_leaves_the_ages_as_they_are() {
    let clock = Clock::manual();
    let setup = Setup { clock: clock.clone(), follow: true, ..Setup::default() };
    let app = TestApp::with(setup).await;
    followed(&app).await;
    let ben = app.as_user("ben").await;
    let before = ben.tools().await;
    // Whoever forgot our place may have missed anything.
    app.around.services().inject("/authz/v1/changes", Fault::answer(410, ""));
    app.around.authz().replace(&without_ben()).unwrap();
    let mut after = ben.tools().await;
    for _ in 0..200 {
        if after != before {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        after = ben.tools().await;
    }
    assert_ne!(before, after);
    clock.advance(Duration::from_secs(61));
    assert_eq!(ben.tools().await, after);
}

#[tokio::test]
async fn a_fresh_answer_that_shows_other_tools_tells_the_persons_clients() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let ben = app.speaking("ben", Version::V2025_11_25).await;
    let ana = app.speaking("ana", Version::V2025_11_25).await;
    let (mut bens, mut anas) = (stream(&app, &ben).await, stream(&app, &ana).await);
    let (_, _) = (ben.tools().await, ana.tools().await);
    // Other people's assignments make a new version, and nothing else to ben.
    let finn = format!(
        "{ASSIGNMENTS}  - {{user: {}, role: level-viewer, at: global}}\n",
        osier::demo::FINN.oid
    );
    app.around.authz().replace(&finn).unwrap();
    clock.advance(Duration::from_secs(61));
    let before = ben.tools().await;
    is_quiet(&mut bens).await;
    app.around.authz().replace(&without_ben()).unwrap();
    clock.advance(Duration::from_secs(61));
    // Any request that needs a fresh answer: here a call.
    ben.call("list_sites", json!({})).await;
    told(&mut bens).await;
    assert_ne!(ben.tools().await, before);
    ana.tools().await;
    is_quiet(&mut anas).await;
}

#[tokio::test]
async fn an_answer_holds_no_longer_than_it_says() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let ends = |seconds: i64| {
        let now = clock.unix_seconds();
        app.around.authz().spoil(move |answer| {
            answer["expiresAt"] = json!(now.saturating_add_signed(seconds));
        });
    };
    ends(10);
    let ben = app.as_user("ben").await;
    let before = ben.tools().await;
    app.around.authz().replace(&without_ben()).unwrap();
    clock.advance(Duration::from_secs(9));
    assert_eq!(ben.tools().await, before);
    ends(10);
    clock.advance(Duration::from_secs(1));
    assert_ne!(ben.tools().await, before);
    // One that has ended when it comes, or whose end can't be read, is none.
    ends(-5);
    clock.advance(Duration::from_secs(20));
    super::nothing_is_allowed(&ben, "ended").await;
    app.around.authz().spoil(|answer| answer["expiresAt"] = json!("tomorrow"));
    super::nothing_is_allowed(&ben, "unread").await;
    app.around.authz().heal();
    assert!(!ben.tools().await.is_empty());
}

/// The feed is asked with its own token alone, and never with a person's.
#[tokio::test]
async fn no_persons_token_goes_to_the_feed() {
    let app = TestApp::with(Setup { follow: true, ..set(&[]) }).await;
    followed(&app).await;
    app.as_user("ben").await.tools().await;
    for request in app.around.services().wire().requests_to("/authz/v1/changes") {
        assert_eq!(request.header("authorization"), Some("Bearer demo-changes"));
    }
    assert!(!BEN.oid.is_empty());
}
