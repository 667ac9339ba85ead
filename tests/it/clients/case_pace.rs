//! Case 36: strangers can't make us fetch without end.

use std::time::Duration;

use osier::oauth::client::{Client, ClientFault};

use super::site::{Answer, document};
use super::world::{APP, World};

fn id(at: usize) -> String {
    format!("https://client.example/c{at}/client.json")
}

fn waits(found: &Result<Client, ClientFault>) -> Option<Duration> {
    match found {
        Err(ClientFault::TooMany { retry_after }) => Some(*retry_after),
        _ => None,
    }
}

#[tokio::test]
async fn case_036_one_address_gets_no_more_than_its_budget() {
    let world = World::new().await;
    let mut refused = 0;
    for at in 0..1000 {
        let found = world.find(&id(at)).await;
        if let Some(wait) = waits(&found) {
            assert!((1..=60).contains(&wait.as_secs()), "{wait:?}");
            refused += 1;
        }
    }
    assert_eq!((refused, world.site.requests()), (980, 20));
    // What is there already costs nothing, and others aren't concerned.
    assert!(world.find(&id(0)).await.is_ok());
    assert!(world.find_from(&id(500), "192.0.2.2").await.is_ok());
    // The budget comes back.
    world.clock.advance(Duration::from_secs(3));
    assert!(world.find(&id(600)).await.is_ok());
    assert!(waits(&world.find(&id(601)).await).is_some());
}

#[tokio::test]
async fn case_036_all_addresses_together_get_no_more_than_theirs() {
    let world = World::new().await;
    for at in 0..1000 {
        let from = format!("198.51.{}.{}", at / 250, at % 250);
        let _ = world.find_from(&id(at), &from).await;
    }
    assert_eq!(world.site.requests(), 60);
}

#[tokio::test]
async fn case_036_an_ipv6_subscriber_is_one_address() {
    let world = World::new().await;
    for at in 0..100 {
        let _ = world.find_from(&id(at), &format!("2001:db8:1:2:{at:x}::1")).await;
    }
    assert_eq!(world.site.requests(), 20);
    assert!(world.find_from(&id(200), "2001:db8:1:3::1").await.is_ok());
    // The same IPv4 address in its two forms is one.
    let world = World::new().await;
    for at in 0..100 {
        let from = if at % 2 == 0 { "192.0.2.9" } else { "::ffff:192.0.2.9" };
        let _ = world.find_from(&id(at), from).await;
    }
    assert_eq!(world.site.requests(), 20);
}

#[tokio::test]
async fn case_036_many_who_want_the_same_document_wait_for_one_fetch() {
    let world = World::new().await;
    world.site.answers(Answer::Held(Box::new(Answer::Document(document(APP)))));
    let finding = futures::future::join_all((0..100).map(|_| world.find(APP)));
    let releasing = async {
        world.site.asked(1).await;
        world.site.release();
    };
    let (found, ()) = tokio::join!(finding, releasing);
    assert!(found.iter().all(Result::is_ok), "{found:?}");
    assert_eq!(world.site.requests(), 1);
}

#[tokio::test]
async fn case_036_a_fetch_goes_on_when_its_asker_leaves() {
    let world = World::new().await;
    world.site.answers(Answer::Held(Box::new(Answer::Document(document(APP)))));
    tokio::select! {
        found = world.find(APP) => panic!("{found:?}"),
        () = world.site.asked(1) => {}
    }
    let finding = world.find(APP);
    world.site.release();
    assert!(finding.await.is_ok());
    assert_eq!(world.site.requests(), 1);
}

#[tokio::test]
async fn case_036_a_clock_that_was_set_back_locks_nobody_out() {
    let clock = osier::clock::Clock::manual();
    let setup = super::world::Setup { clock: clock.clone(), ..super::world::Setup::default() };
    let world = World::with(setup).await;
    for at in 0..30 {
        let _ = world.find(&id(at)).await;
    }
    let osier::clock::Clock::Manual(millis) = &clock else { unreachable!() };
    millis.fetch_sub(86_400_000, std::sync::atomic::Ordering::Relaxed);
    assert!(waits(&world.find(&id(100)).await).is_some());
    world.clock.advance(Duration::from_mins(1));
    assert!(world.find(&id(101)).await.is_ok());
}
