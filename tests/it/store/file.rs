//! A SQLite file.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use osier::clock::Clock;
use osier::store::StoreFault;

use super::{link, open, share};

fn url(folder: &Path) -> String {
    format!("sqlite://{}/o s%.db", folder.display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_start_at_once_share_a_file() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let (url, clock) = (url(folder.path()), Clock::manual());
        let (one, other) = tokio::join!(open(&url, &clock), open(&url, &clock));
        share(&one.unwrap(), &other.unwrap(), &clock).await;
    }
}

#[tokio::test]
async fn a_file_keeps_what_it_holds_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (url, clock) = (url(folder.path()), Clock::manual());
    let expires = clock.unix_seconds() + 300;
    let before = open(&url, &clock).await.unwrap();
    assert!(before.spend("a", expires).await.unwrap());
    assert!(before.put_link(&link("1", expires)).await.unwrap());
    drop(before);
    let after = open(&url, &clock).await.unwrap();
    assert!(!after.spend("a", expires).await.unwrap());
    assert_eq!(after.links_of("call").await.unwrap(), [link("1", expires)]);
    clock.advance(Duration::from_mins(5));
    assert!(after.links_of("call").await.unwrap().is_empty());
}

#[tokio::test]
async fn the_files_are_read_by_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&url(folder.path()), &Clock::manual()).await.unwrap();
    store.spend("a", 1).await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(Result::unwrap).collect();
    // The file, its log and that log's index.
    assert_eq!(files.len(), 3, "{files:?}");
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual();
    let path = folder.path().display();
    std::fs::write(folder.path().join("text.db"), "not a database, but long enough".repeat(99))
        .unwrap();
    for url in [format!("sqlite://{path}/missing/o.db"), format!("sqlite://{path}/text.db")] {
        let Err(fault) = open(&url, &clock).await else { panic!("{url}") };
        assert!(matches!(fault, StoreFault::Refused(_)), "{url}: {fault}");
    }
}
