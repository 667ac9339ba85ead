//! Yes, no, too late, by somebody else, again.

use std::time::Duration;

use osier::clock::Clock;
use osier::confirm::LinkAnswer;
use osier::demo::{Fault, SITE_60M};
use serde_json::json;

use super::{all_at_once, link, mute, new_ticket, person, say, writes};
use crate::harness::{Setup, TestApp, Version};

#[tokio::test]
async fn case_072_a_yes_by_link_is_carried_out_once() {
    for version in Version::ALL {
        let app = TestApp::new().await;
        let ben = mute(&app, "ben", version).await;
        let id = link(&ben.call("create_ticket", new_ticket()).await);
        // Made again before the person has answered: the same question.
        assert_eq!(link(&ben.call("create_ticket", new_ticket()).await), id);
        assert_eq!(say(&app, &id, "ben", true).await, LinkAnswer::Taken);
        assert_eq!(writes(&app), 0);
        let made = ben.call("create_ticket", new_ticket()).await;
        assert_eq!(made.item()["summary"], "Tap drips", "{version:?}: {made:?}");
        // A client that tries again because it didn't hear of it.
        let again = ben.call("create_ticket", new_ticket()).await;
        assert!(again.text().starts_with("This confirmation was already used"), "{again:?}");
        // And somebody who wants a second one.
        let another = link(&ben.call("create_ticket", new_ticket()).await);
        assert_ne!(another, id);
        assert_eq!(writes(&app), 1, "{version:?}");

        let records = app.audit().await;
        let told: Vec<_> = records
            .iter()
            .map(|record| {
                let confirmation = &record["confirmation"];
                (record["status"].as_str().unwrap(), confirmation["answered"].as_str())
            })
            .collect();
        let expected = [
            ("asked", None),
            ("asked", None),
            ("pending", Some("yes")),
            ("ok", Some("yes")),
            ("blocked", Some("invalid")),
            ("asked", None),
        ];
        assert_eq!(told, expected, "{version:?}");
        // One question, under one id, from the first time it was asked to its use.
        let ids: Vec<_> = records.iter().map(|record| &record["confirmation"]["id"]).collect();
        assert!(ids[..5].iter().all(|id| *id == ids[0]) && ids[5] != ids[0], "{ids:?}");
        let write = &app.around.services().wire().writes()[0];
        assert_eq!(write.header("idempotency-key").unwrap().len(), 36);
    }
}

#[tokio::test]
async fn case_072_a_yes_by_link_that_is_used_fifty_times_at_once_makes_one_ticket() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let before = app.around.services().tickets_of(SITE_60M).len();
    let id = link(&ben.call("create_ticket", new_ticket()).await);
    say(&app, &id, "ben", true).await;
    let replies = all_at_once(&[ben], "create_ticket", &new_ticket()).await;
    assert_eq!(replies.iter().filter(|reply| !reply.is_error()).count(), 1);
    for reply in replies.iter().filter(|reply| reply.is_error()) {
        let text = reply.text();
        let told = ["This confirmation was already used", "This needs your yes"];
        assert!(told.iter().any(|words| text.starts_with(words)), "{text}");
    }
    assert_eq!(app.around.services().tickets_of(SITE_60M).len(), before + 1);
    assert_eq!(writes(&app), 1);
}

#[tokio::test]
async fn case_068_a_no_by_link_is_told_once_and_then_asked_anew() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2025_11_25).await;
    let id = link(&ben.call("create_ticket", new_ticket()).await);
    assert_eq!(say(&app, &id, "ben", false).await, LinkAnswer::Taken);
    let no = ben.call("create_ticket", new_ticket()).await;
    assert!(no.text().starts_with("The person said no"), "{no:?}");
    let another = link(&ben.call("create_ticket", new_ticket()).await);
    assert_ne!(another, id);
    assert_eq!(writes(&app), 0);
    // What was said stays said.
    assert_eq!(say(&app, &id, "ben", true).await, LinkAnswer::Before(false));
    say(&app, &another, "ben", true).await;
    assert!(!ben.call("create_ticket", new_ticket()).await.is_error());
    let records = app.audit().await;
    assert_eq!(records[1]["confirmation"]["answered"], "no", "{:?}", records[1]);
    assert_eq!(records[1]["denyReason"], "declined");
}

#[tokio::test]
async fn the_first_answer_counts() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    for (summary, yes) in [("First", true), ("Second", false)] {
        let mut ticket = new_ticket();
        ticket["summary"] = json!(summary);
        let id = link(&ben.call("create_ticket", ticket.clone()).await);
        assert_eq!(say(&app, &id, "ben", yes).await, LinkAnswer::Taken);
        for later in [true, false] {
            assert_eq!(say(&app, &id, "ben", later).await, LinkAnswer::Before(yes));
        }
        assert_eq!(ben.call("create_ticket", ticket).await.is_error(), !yes);
        // Nor does it change once it was used.
        assert_eq!(say(&app, &id, "ben", !yes).await, LinkAnswer::Before(yes));
    }
    assert_eq!(writes(&app), 1);
}

#[tokio::test]
async fn case_070_a_link_is_of_one_person() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let id = link(&ben.call("create_ticket", new_ticket()).await);
    let confirmations = &app.pipeline.confirmations;
    // Also with every permission it is a link that isn't known.
    let mut others = ["ana", "chloe", "erin"].map(person).to_vec();
    let mut other_tenant = person("ben");
    other_tenant.tenant = "00000000-0000-4000-8000-000000000000".to_owned();
    others.push(other_tenant);
    for other in &others {
        assert_eq!(confirmations.shown(&id, other).await.unwrap(), None, "{other:?}");
        let answer = confirmations.answer_link(&id, other, true).await.unwrap();
        assert_eq!(answer, LinkAnswer::Unknown, "{other:?}");
    }
    let mut longer = id.clone();
    longer.push('a');
    for unknown in ["", "a", &id[1..], &id.to_uppercase(), &longer, "aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        assert_eq!(confirmations.shown(unknown, &person("ben")).await.unwrap(), None, "{unknown}");
        assert_eq!(say(&app, unknown, "ben", true).await, LinkAnswer::Unknown, "{unknown}");
    }
    // What ben says is said for ben alone.
    say(&app, &id, "ben", true).await;
    let ana = mute(&app, "ana", Version::V2026_07_28).await;
    assert_ne!(link(&ana.call("create_ticket", new_ticket()).await), id);
    assert_eq!(writes(&app), 0);
    assert!(!ben.call("create_ticket", new_ticket()).await.is_error());
}

#[tokio::test]
async fn case_070_a_link_that_is_too_old_is_none() {
    let clock = Clock::manual();
    let app = TestApp::with(Setup { clock: clock.clone(), ..Setup::default() }).await;
    let call = async || {
        // A client of this moment: its token lives longer than the link.
        let ben = mute(&app, "ben", Version::V2026_07_28).await;
        ben.call("create_ticket", new_ticket()).await
    };
    let id = link(&call().await);
    clock.advance(Duration::from_secs(299));
    assert_eq!(link(&call().await), id);
    clock.advance(Duration::from_secs(1));
    assert_eq!(say(&app, &id, "ben", true).await, LinkAnswer::Unknown);
    let second = link(&call().await);
    assert_ne!(second, id);
    // Answered in time, and used too late.
    assert_eq!(say(&app, &second, "ben", true).await, LinkAnswer::Taken);
    clock.advance(Duration::from_mins(5));
    assert_ne!(link(&call().await), second);
    assert_eq!(writes(&app), 0);
}

#[tokio::test]
async fn a_write_that_failed_after_the_yes_is_asked_about_anew() {
    let app = TestApp::new().await;
    let ben = mute(&app, "ben", Version::V2026_07_28).await;
    let id = link(&ben.call("create_ticket", new_ticket()).await);
    say(&app, &id, "ben", true).await;
    let busy = Fault::answer(503, "").only(http::Method::POST);
    app.around.services().inject("/workflowcore/tickets", busy);
    let reply = ben.call("create_ticket", new_ticket()).await;
    assert!(reply.text().starts_with("workflowcore is busy"), "{reply:?}");
    app.around.services().wire().heal();
    let used = ben.call("create_ticket", new_ticket()).await;
    assert!(used.text().starts_with("This confirmation was already used"), "{used:?}");
    let another = link(&ben.call("create_ticket", new_ticket()).await);
    say(&app, &another, "ben", true).await;
    assert!(!ben.call("create_ticket", new_ticket()).await.is_error());
}
