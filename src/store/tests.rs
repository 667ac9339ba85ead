//! The store in memory. What needs a file or a server is in `tests/it/store.rs`.

use std::time::Duration;

use futures::future::join_all;

use super::*;

async fn memory() -> (Store, Clock) {
    let clock = Clock::manual();
    (Store::open(&Location::Memory, clock.clone()).await.unwrap(), clock)
}

fn link(id: &str, call: &str, shown: &str, expires: u64) -> KeptLink {
    KeptLink {
        id_hash: id.to_owned(),
        person_hash: "ben".to_owned(),
        call_hash: call.to_owned(),
        shown_hash: shown.to_owned(),
        status: LinkStatus::Pending,
        expires,
        sealed: format!("sealed {id}"),
    }
}

fn ids(links: &[KeptLink]) -> Vec<&str> {
    links.iter().map(|link| link.id_hash.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_at_once_one_spends() {
    let (store, clock) = memory().await;
    let expires = clock.unix_seconds() + 300;
    assert!(!store.was_spent("a").await.unwrap());
    let all = join_all((0..50).map(|_| store.spend("a", expires))).await;
    assert_eq!(all.into_iter().filter(|spent| *spent.as_ref().unwrap()).count(), 1);
    assert!(store.was_spent("a").await.unwrap());
    assert!(store.spend("b", expires).await.unwrap());
}

#[tokio::test]
async fn each_memory_is_its_own() {
    let ((one, _), (other, _)) = (memory().await, memory().await);
    assert!(one.spend("a", 10).await.unwrap());
    assert!(other.spend("a", 10).await.unwrap());
}

#[tokio::test]
async fn what_has_expired_goes_an_hour_later() {
    let (store, clock) = memory().await;
    let expires = clock.unix_seconds() + 300;
    store.spend("a", expires).await.unwrap();
    store.put_link(&link("1", "call", "shown", expires)).await.unwrap();
    clock.advance(Duration::from_secs(300 + 3500));
    store.spend("b", expires).await.unwrap();
    assert!(store.was_spent("a").await.unwrap());
    clock.advance(Duration::from_secs(200));
    store.spend("c", clock.unix_seconds()).await.unwrap();
    assert!(!store.was_spent("a").await.unwrap());
    assert!(store.was_spent("c").await.unwrap());
    let kept = store.0.engine.rows(sqlx::query("SELECT id_hash FROM links")).await.unwrap();
    assert!(kept.is_empty());
}

#[tokio::test]
async fn a_full_store_takes_nothing_more() {
    let (store, clock) = memory().await;
    let expires = clock.unix_seconds() + 300;
    store.spend("a", expires).await.unwrap();
    store.sweep(1).await.unwrap();
    assert!(matches!(store.spend("b", expires).await, Err(StoreFault::Full)));
    assert!(store.was_spent("a").await.unwrap());
    // Until the next sweep finds room.
    clock.advance(Duration::from_mins(1));
    assert!(store.spend("b", expires).await.unwrap());
}

#[tokio::test]
async fn a_call_has_one_open_link() {
    let (store, clock) = memory().await;
    let expires = clock.unix_seconds() + 300;
    assert!(store.put_link(&link("1", "call", "shown", expires)).await.unwrap());
    assert!(!store.put_link(&link("2", "call", "shown", expires)).await.unwrap());
    assert!(store.put_link(&link("3", "other call", "shown", expires)).await.unwrap());
    assert_eq!(ids(&store.links_of("call").await.unwrap()), ["1"]);
    // Another question supersedes it, and so does the end of its time.
    assert!(store.put_link(&link("4", "call", "now otherwise", expires)).await.unwrap());
    assert_eq!(ids(&store.links_of("call").await.unwrap()), ["4"]);
    clock.advance(Duration::from_mins(5));
    assert!(store.links_of("call").await.unwrap().is_empty());
    assert_eq!(store.link("4").await.unwrap(), None);
    assert!(store.put_link(&link("5", "call", "now otherwise", expires + 300)).await.unwrap());
    // One that was answered stays beside a new one.
    assert!(store.answer_link("5", "yes".to_owned()).await.unwrap());
    assert!(store.put_link(&link("6", "call", "shown", expires + 310)).await.unwrap());
    assert_eq!(ids(&store.links_of("call").await.unwrap()), ["6", "5"]);
    store.close_link("5").await.unwrap();
    assert_eq!(ids(&store.links_of("call").await.unwrap()), ["6"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_answers_at_once_one_counts() {
    let (store, clock) = memory().await;
    let expires = clock.unix_seconds() + 300;
    store.put_link(&link("1", "call", "shown", expires)).await.unwrap();
    let kept = store.link("1").await.unwrap().unwrap();
    assert_eq!((kept.status, kept.sealed.as_str()), (LinkStatus::Pending, "sealed 1"));
    let all = join_all((0..50).map(|at| store.answer_link("1", at.to_string()))).await;
    let counted: Vec<_> = all.iter().map(|answer| *answer.as_ref().unwrap()).collect();
    assert_eq!(counted.iter().filter(|counted| **counted).count(), 1);
    let kept = store.link("1").await.unwrap().unwrap();
    let first = counted.iter().position(|counted| *counted).unwrap();
    assert_eq!((kept.status, kept.sealed), (LinkStatus::Answered, first.to_string()));
    assert!(!store.answer_link("nothing", String::new()).await.unwrap());
    store.put_link(&link("2", "call", "shown", expires)).await.unwrap();
    clock.advance(Duration::from_mins(5));
    assert!(!store.answer_link("2", String::new()).await.unwrap());
}

#[tokio::test]
async fn the_oldest_of_too_many_open_links_go() {
    let (store, clock) = memory().await;
    let now = clock.unix_seconds();
    let others = KeptLink { person_hash: "ana".to_owned(), ..link("ana", "ana's", "", now + 1) };
    store.put_link(&others).await.unwrap();
    for at in 0..25_u64 {
        let id = format!("{at:02}");
        store.put_link(&link(&id, &id, "shown", now + 100 + at)).await.unwrap();
    }
    for (id, is_there) in [("04", false), ("05", true), ("24", true), ("ana", true)] {
        assert_eq!(store.link(id).await.unwrap().is_some(), is_there, "{id}");
    }
}
