//! The store where it outlives the process: a SQLite file and PostgreSQL. What it does in memory is
//! tested beside it.

mod file;
mod postgres;

use futures::future::join_all;
use osier::clock::Clock;
use osier::store::{KeptLink, LinkStatus, Location, Store, StoreFault};

async fn open(url: &str, clock: &Clock) -> Result<Store, StoreFault> {
    Store::open(&Location::parse(url).unwrap(), clock.clone()).await
}

fn link(id: &str, expires: u64) -> KeptLink {
    KeptLink {
        id_hash: id.to_owned(),
        person_hash: "person".to_owned(),
        call_hash: "call".to_owned(),
        shown_hash: "shown".to_owned(),
        status: LinkStatus::Pending,
        expires,
        sealed: "sealed".to_owned(),
    }
}

/// What holds between two that share a store, both of them open.
async fn share(one: &Store, other: &Store, clock: &Clock) {
    let expires = clock.unix_seconds() + 300;
    let both = [one, other];
    // Fifty at once for each of three: one of each goes well.
    for nonce in ["a", "b", "c"] {
        let all = join_all((0..50).map(|at| both[at % 2].spend(nonce, expires))).await;
        let spent = all.into_iter().filter(|spent| *spent.as_ref().unwrap()).count();
        assert_eq!(spent, 1, "{nonce}");
        assert!(one.was_spent(nonce).await.unwrap() && other.was_spent(nonce).await.unwrap());
    }
    assert!(!other.was_spent("d").await.unwrap());
    // One open link, one answer to it, seen by both.
    let links: Vec<_> = (0..20).map(|at| link(&at.to_string(), expires)).collect();
    let all =
        join_all(links.iter().enumerate().map(|(at, link)| both[at % 2].put_link(link))).await;
    let kept: Vec<_> = all.iter().map(|kept| *kept.as_ref().unwrap()).collect();
    assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
    let id = kept.iter().position(|kept| *kept).unwrap().to_string();
    for store in both {
        assert_eq!(store.links_of("call").await.unwrap(), [link(&id, expires)]);
    }
    let all = join_all((0..20).map(|at| both[at % 2].answer_link(&id, at.to_string()))).await;
    let first: Vec<_> = (0..20).filter(|at| *all[*at].as_ref().unwrap()).collect();
    assert_eq!(first.len(), 1);
    let answered = other.link(&id).await.unwrap().unwrap();
    assert_eq!((answered.status, answered.sealed), (LinkStatus::Answered, first[0].to_string()));
    one.close_link(&id).await.unwrap();
    assert!(other.links_of("call").await.unwrap().is_empty());
    assert_eq!(other.link(&id).await.unwrap().unwrap().status, LinkStatus::Closed);
}
