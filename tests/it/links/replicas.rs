//! Several replicas with one key and one PostgreSQL, and a restart in between.

use osier::confirm::LinkAnswer;
use osier::demo::SITE_60M;
use serde_json::json;

use super::{all_at_once, link, mute, new_ticket, person, say, writes};
use crate::harness::{Answered, Postgres, TestApp, Version};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_072_a_link_that_is_answered_at_one_replica_is_used_once_at_any() {
    let mut postgres = Postgres::start().await;
    let url = postgres.database("osier").await;
    let app = TestApp::new().await;
    let (a, b) = (app.replica(&url).await, app.replica(&url).await);
    let tickets = || app.around.services().tickets_of(SITE_60M).len();
    let before = tickets();

    // Asked at A, answered at A, called again at B.
    let ben = mute(&a, "ben", Version::V2025_11_25).await;
    let id = link(&ben.call("create_ticket", new_ticket()).await);
    let at_b = mute(&b, "ben", Version::V2026_07_28).await;
    assert_eq!(link(&at_b.call("create_ticket", new_ticket()).await), id);
    assert_eq!(say(&a, &id, "ben", true).await, LinkAnswer::Taken);
    assert_eq!(say(&b, &id, "ben", false).await, LinkAnswer::Before(true));
    assert!(!at_b.call("create_ticket", new_ticket()).await.is_error());
    let again = ben.call("create_ticket", new_ticket()).await;
    assert!(again.text().starts_with("This confirmation was already used"), "{again:?}");
    assert_eq!((tickets(), writes(&app)), (before + 1, 1));

    // Asked at both at once, answered at B, called again at both at once.
    let both = [mute(&a, "ben", Version::V2026_07_28).await, at_b];
    for round in 0..3 {
        let mut ticket = new_ticket();
        ticket["summary"] = json!(format!("Round {round}"));
        let asked = all_at_once(&both, "create_ticket", &ticket).await;
        let id = link(&asked[0]);
        assert!(asked.iter().all(|reply| link(reply) == id));
        assert_eq!(say(&b, &id, "ben", true).await, LinkAnswer::Taken);
        let replies = all_at_once(&both, "create_ticket", &ticket).await;
        assert_eq!(replies.iter().filter(|reply| !reply.is_error()).count(), 1, "{round}");
        assert_eq!((tickets(), writes(&app)), (before + 2 + round, 2 + round), "{round}");
    }

    // A yes that came with the call is used once at both, too.
    let asking = [a.as_user("ben").await, b.as_user("ben").await];
    let state = asking[0].call("create_ticket", new_ticket()).await.state().unwrap().to_owned();
    let calls = (0..50)
        .map(|at| asking[at % 2].answer("create_ticket", new_ticket(), &state, &Answered::Yes));
    let replies = futures::future::join_all(calls).await;
    assert_eq!(replies.iter().filter(|reply| !reply.is_error()).count(), 1);
    assert_eq!((tickets(), writes(&app)), (before + 5, 5));

    // All of them are started anew between the yes and the call.
    let mut ticket = new_ticket();
    ticket["summary"] = json!("After a restart");
    let id = link(&both[0].call("create_ticket", ticket.clone()).await);
    say(&a, &id, "ben", true).await;
    let key = a.key.clone();
    assert_eq!(key, app.key);
    a.stop().await;
    b.stop().await;
    postgres.stop();
    postgres.go_on().await;
    let after = app.replica(&url).await;
    let ben = mute(&after, "ben", Version::V2026_07_28).await;
    assert!(!ben.call("create_ticket", ticket).await.is_error());
    assert_eq!(writes(&app), 6);

    // Without the store nobody is asked, nothing is confirmed, and reads go on.
    let asking = after.as_user("ben").await;
    let state = asking.call("create_ticket", new_ticket()).await.state().unwrap().to_owned();
    postgres.stop();
    let reply = asking.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    assert!(reply.text().starts_with("Something went wrong here"), "{reply:?}");
    let reply = ben.call("create_ticket", new_ticket()).await;
    assert!(reply.text().starts_with("Something went wrong here"), "{reply:?}");
    assert!(after.pipeline.confirmations.shown(&id, &person("ben")).await.is_err());
    assert!(!ben.call("list_tickets", json!({})).await.is_error());
    let ready = app.http.get(format!("{}/readyz", after.url)).send().await.unwrap();
    assert_eq!(ready.status(), 503);
    assert_eq!(
        ready.text().await.unwrap(),
        r#"{"status":"not ready","missing":{"store":"no answer"}}"#
    );
    postgres.go_on().await;
    let made = asking.answer("create_ticket", new_ticket(), &state, &Answered::Yes).await;
    assert!(!made.is_error(), "{made:?}");
    assert_eq!(writes(&app), 7);
}
