//! PostgreSQL. A server takes a while to start, so that there are few tests, each with one.

use std::time::Duration;

use osier::clock::Clock;
use osier::store::StoreFault;
use sqlx::Executor;

use super::{link, open, share};
use crate::harness::Postgres;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn replicas_share_a_database_from_their_first_start_on() {
    let postgres = Postgres::start().await;
    for round in 0..5 {
        let url = postgres.database(&format!("osier{round}")).await;
        let clock = Clock::manual();
        let opened = futures::future::join_all((0..4).map(|_| open(&url, &clock))).await;
        let stores: Vec<_> = opened.into_iter().map(Result::unwrap).collect();
        share(&stores[0], &stores[3], &clock).await;
        // What has expired goes here, too.
        clock.advance(Duration::from_hours(2));
        stores[1].spend("later", clock.unix_seconds() + 300).await.unwrap();
        assert!(!stores[2].was_spent("a").await.unwrap());
        let mut connection = postgres.connect(&format!("osier{round}")).await.unwrap();
        let links = connection.fetch_all("SELECT * FROM links").await.unwrap();
        assert!(links.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_is_away_is_found_again_and_one_that_refuses_is_told() {
    let mut postgres = Postgres::start().await;
    let url = postgres.database("osier").await;
    let clock = Clock::manual();
    let expires = clock.unix_seconds() + 300;

    // Wrong in a way that only a person mends.
    let wrong = [
        url.replace("hunter2", "hunter3"),
        postgres.url("nowhere"),
        url.replace("osier:", "nobody:"),
        format!("{url}?sslmode=verify-full"),
    ];
    for url in wrong {
        let Err(fault) = open(&url, &clock).await else { panic!("{url}") };
        assert!(matches!(fault, StoreFault::Refused(_)), "{fault}");
        assert!(!fault.to_string().contains("hunter"), "{fault}");
    }
    let taken = postgres.database("taken").await;
    let mut connection = postgres.connect("taken").await.unwrap();
    connection.execute("CREATE TABLE links (x INTEGER)").await.unwrap();
    let fault = open(&taken, &clock).await.err().unwrap();
    assert!(fault.to_string().contains("already exists"), "{fault}");

    // Away at the start, and found when it is there.
    postgres.stop();
    let store = open(&url, &clock).await.unwrap();
    assert_eq!(store.probe().await, Err("no answer"));
    assert!(matches!(store.spend("a", expires).await, Err(StoreFault::Unavailable(_))));
    postgres.go_on().await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.probe().await, Ok(()));
    assert!(store.spend("a", expires).await.unwrap());

    // Away meanwhile, with connections that were open.
    postgres.stop();
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.probe().await, Err("no answer"));
    assert!(store.spend("b", expires).await.is_err());
    postgres.go_on().await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.probe().await, Ok(()));
    assert!(!store.spend("a", expires).await.unwrap());
    assert!(store.spend("c", expires).await.unwrap());

    // Over TLS, under a certificate that is checked.
    let certificate = postgres.certificate.display();
    let local = url.replace("127.0.0.1", "localhost");
    let checked = format!("{local}?sslmode=verify-full&sslrootcert={certificate}");
    let checked = open(&checked, &clock).await.unwrap();
    assert!(!checked.spend("a", expires).await.unwrap());
    assert!(checked.put_link(&link("1", expires)).await.unwrap());
    let mut connection = postgres.connect("osier").await.unwrap();
    let encrypted = connection
        .fetch_all(
            "SELECT 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
             WHERE ssl AND application_name = 'osier'",
        )
        .await
        .unwrap();
    assert!(!encrypted.is_empty());
    // The name isn't in it.
    let other_name = format!("{url}?sslmode=verify-full&sslrootcert={certificate}");
    let fault = open(&other_name, &clock).await.err().unwrap();
    assert!(matches!(fault, StoreFault::Refused(_)), "{fault}");
}
