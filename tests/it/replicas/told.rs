//! What one replica learns the others know: lists that changed, permissions that did, sign-ins that
//! were used. With PostgreSQL between them, and again after it was away.

use std::time::Duration;

use osier::call::Changed;
use osier::clock::Clock;
use osier::demo::{ASSIGNMENTS, BEN};
use osier::store::{Heard, Location, Notice, Store};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::pair;
use crate::harness::{Assistant, Client, Events, Postgres, Version};

const CHANGED: &str = "notifications/tools/list_changed";
/// Longer than news takes from one replica to the other.
const QUIET: Duration = Duration::from_millis(700);

async fn subscription(client: &Client) -> Events {
    let wanted = json!({"notifications": {"toolsListChanged": true}});
    let body = client.envelope("subscriptions/listen", wanted);
    Events::of(client.post(&body, client.headers(&body)).await)
}

/// Waits until this is told of, and no second time.
async fn told_once(events: &mut Events) {
    let next = async {
        loop {
            let message: Value = events.next().await.unwrap();
            if message["method"] == CHANGED {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(15), next).await.unwrap();
    is_quiet(events).await;
}

async fn is_quiet(events: &mut Events) {
    let next = async {
        while let Some(message) = events.next().await {
            assert_ne!(message["method"], CHANGED);
        }
    };
    assert!(tokio::time::timeout(QUIET, next).await.is_err(), "the stream ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_one_replica_learns_the_clients_of_the_others_are_told_once() {
    let mut postgres = Postgres::start().await;
    let url = postgres.database("osier").await;
    let (front, a, b, _) = pair(&[("OSIER_STORE__URL", &url)]).await;
    front.send_to(&b);
    let connect = async |name: &str| {
        Client::connect(&front.http, &front.url, a.token(name), Version::V2026_07_28).await
    };
    let (ben, ana) = (connect("ben").await, connect("ana").await);
    let (mut bens, mut anas) = (subscription(&ben).await, subscription(&ana).await);
    // B hears by now, or soon.
    is_quiet(&mut anas).await;

    // Everybody's list.
    a.replicas.announce(Changed::Tools);
    told_once(&mut bens).await;
    told_once(&mut anas).await;

    // One person's, which A finds out by asking afresh; what B believed of them goes.
    let tool = "list_tickets".to_owned();
    assert!(ben.tools().await.contains(&tool));
    front.send_to(&a);
    let at_a = connect("ben").await;
    assert!(at_a.tools().await.contains(&tool));
    let without = ASSIGNMENTS.replace("groups: [facilities]", "groups: []");
    a.around.authz().replace(&without).unwrap();
    a.clock.advance(Duration::from_secs(6));
    assert!(at_a.call("create_ticket", super::new_ticket("x")).await.is_error());
    told_once(&mut bens).await;
    is_quiet(&mut anas).await;
    front.send_to(&b);
    assert!(!ben.tools().await.contains(&tool));

    // After a gap anything may have changed, and it is told once.
    postgres.stop();
    postgres.go_on().await;
    told_once(&mut anas).await;
    a.replicas.announce(Changed::Tools);
    told_once(&mut anas).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn notices_reach_the_other_processes_and_gaps_are_told() {
    let mut postgres = Postgres::start().await;
    let url = postgres.database("osier").await;
    let open = async || Store::open(&Location::parse(&url).unwrap(), Clock::System).await.unwrap();
    let (one, other) = (open().await, open().await);
    let stop = CancellationToken::new();
    let hear = |store: &Store| {
        let (sender, receiver) = mpsc::channel(16);
        let (store, stop) = (store.clone(), stop.clone());
        tokio::spawn(async move { store.hear(sender, stop).await });
        receiver
    };
    let (mut ones, mut others) = (hear(&one), hear(&other));
    tokio::time::sleep(Duration::from_millis(500)).await;
    let next = async |of: &mut mpsc::Receiver<Heard>| {
        tokio::time::timeout(Duration::from_secs(5), of.recv()).await.unwrap().unwrap()
    };
    let notice = Notice {
        lists: vec!["tools".to_owned()],
        permissions: true,
        people: Some(vec![BEN.oid.to_owned()]),
    };
    one.tell(&notice).await.unwrap();
    assert_eq!(next(&mut others).await, Heard::Notice(notice.clone()));
    // More people than fit are everybody.
    let many = (0..500).map(|number| format!("{}{number}", BEN.oid)).collect();
    other.tell(&Notice { people: Some(many), ..notice.clone() }).await.unwrap();
    assert_eq!(next(&mut ones).await, Heard::Notice(Notice { people: None, ..notice.clone() }));
    // Nobody hears themselves.
    assert!(others.try_recv().is_err() && ones.try_recv().is_err());
    postgres.stop();
    assert!(one.tell(&notice).await.is_err());
    postgres.go_on().await;
    assert_eq!((next(&mut ones).await, next(&mut others).await), (Heard::Gap, Heard::Gap));
    one.tell(&notice).await.unwrap();
    assert_eq!(next(&mut others).await, Heard::Notice(notice));
    stop.cancel();
    // A store of one process tells nobody, and needs nobody to hear.
    let alone = Store::open(&Location::Memory, Clock::System).await.unwrap();
    alone.tell(&Notice::default()).await.unwrap();
    let (sender, _) = mpsc::channel(1);
    alone.hear(sender, CancellationToken::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn case_053_what_was_used_at_one_replica_is_used_at_all_that_share_a_store() {
    let postgres = Postgres::start().await;
    let url = postgres.database("osier").await;
    let (front, a, b, _) = pair(&[("OSIER_STORE__URL", &url)]).await;
    front.send_to(&a);
    let assistant = Assistant::behind(&front, "http://127.0.0.1:7777/callback").await;
    let code = assistant.code("ben").await;
    let first = assistant.redeem(&code).await;
    assert_eq!(first.status, 200);
    // The code again, at another replica: refused, and what came of it is over everywhere.
    front.send_to(&b);
    assert_eq!(assistant.redeem(&code).await.error(), "invalid_grant");
    for replica in [&b, &a] {
        front.send_to(replica);
        assert_eq!(assistant.refresh(&first.refresh_token()).await.error(), "invalid_grant");
    }
    // Fifty at once at two replicas are one.
    let code = assistant.code("ben").await;
    let redeem = async |number: usize| {
        front.send_to([&a, &b][number % 2]);
        assistant.redeem(&code).await
    };
    let answers = futures::future::join_all((0..20).map(redeem)).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
}
