//! Confirmed writes through a real nginx, in mixed eras, while one of two replicas after the other is
//! killed (R9). `tests/replicas/run` runs it; `OSIER_WRITES` says how many writes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use http::Method;
use osier::demo::{Fault, Options, SITE_60M, Surroundings};
use osier::outbound::{self, Limits, Reach};
use tokio_util::sync::CancellationToken;

use super::peering;
use super::person::{Person, Tally, Write};
use crate::harness::{Nginx, Postgres, Process, TestApp, Version, three_free_ports};

/// Between two kills.
const PAUSE: Duration = Duration::from_millis(1500);
/// How long the sample service takes for a write, so that kills fall into it.
const SLOW: Duration = Duration::from_millis(150);
/// Older versions have two writes at once in a session.
const ERAS: [(Version, usize); 6] = [
    (Version::V2026_07_28, 1),
    (Version::V2025_11_25, 2),
    (Version::V2026_07_28, 1),
    (Version::V2025_06_18, 2),
    (Version::V2026_07_28, 1),
    (Version::V2025_03_26, 2),
];

fn writes() -> usize {
    std::env::var("OSIER_WRITES").map_or(200, |number| number.parse().unwrap())
}

/// What reached the sample service: each marker with the keys that it came under.
#[derive(Default)]
struct Seen(Mutex<BTreeMap<String, BTreeSet<String>>>);

impl Seen {
    fn look(&self, around: &Surroundings) {
        let mut seen = self.0.lock().unwrap();
        for write in around.services().wire().writes() {
            let body = write.json();
            let marker = body["summary"].as_str().or(body["text"].as_str()).unwrap_or_default();
            let key = write.header("idempotency-key").unwrap();
            seen.entry(marker.to_owned()).or_default().insert(key.to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs nginx, and a minute: tests/replicas/run"]
async fn r09_no_confirmed_write_is_lost_or_doubled_while_replicas_are_killed() {
    let (number, started) = (writes(), Instant::now());
    let http = outbound::client(&Limits::calls(Duration::from_mins(1), Reach::Private)).unwrap();
    let postgres = Postgres::start().await;
    let store = postgres.database("osier").await;
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let (front, ports) = (three_free_ports(), [three_free_ports(), three_free_ports()]);
    let key = TestApp::new_key();
    let start = |which: usize| {
        let mut settings: BTreeMap<String, String> = peering(ports[which] + 1).into();
        let own = [
            ("SERVER__PUBLIC_URL", format!("http://127.0.0.1:{front}")),
            ("SERVER__REPLICAS", "2".to_owned()),
            ("STORE__URL", store.clone()),
            ("KEYS__CURRENT", key.clone()),
        ];
        settings.extend(own.map(|(name, value)| (format!("OSIER_{name}"), value)));
        Process::serve_at(ports[which], "config/demo.toml", &around, &settings)
    };
    let mut replicas = [start(0), start(1)];
    for replica in &mut replicas {
        replica.ready(&http).await;
    }
    let _nginx = Nginx::start(front, ports);
    let slow = || Fault::slow(SLOW).only(Method::POST);
    around.services().inject("/workflowcore/tickets", slow().exactly());
    let (tally, seen, next) = (Tally::default(), Seen::default(), AtomicUsize::new(0));
    let ticket = around.services().tickets_of(SITE_60M)[0]["id"].as_str().unwrap().to_owned();
    around.services().inject(&format!("/workflowcore/tickets/{ticket}/comments"), slow());
    let people = ERAS.iter().enumerate().map(|(number, (version, at_once))| {
        let token = around.entra().token(if number % 4 < 2 {
            &osier::demo::BEN
        } else {
            &osier::demo::ANA
        });
        let person = Person {
            http: http.clone(),
            url: format!("http://127.0.0.1:{front}"),
            token,
            version: *version,
            session: tokio::sync::Mutex::default(),
            tally: &tally,
            next: 1.into(),
        };
        (person, *at_once)
    });
    let people: Vec<_> = people.collect();
    let write_of = |number: usize| Write {
        marker: format!("R9 {number:05} {}", osier::seal::random_name("")),
        ticket: number.is_multiple_of(3).then(|| ticket.clone()),
        yes: number % 5 != 4,
    };
    let over = CancellationToken::new();
    let working = async {
        let lanes = people.iter().flat_map(|(person, at_once)| (0..*at_once).map(move |_| person));
        let lanes = lanes.map(async |person| {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= number {
                    return done;
                }
                let write = write_of(at);
                let took = person.write(&write).await;
                done.push((write, took));
            }
        });
        let done: Vec<_> = join_all(lanes).await.into_iter().flatten().collect();
        over.cancel();
        done
    };
    let looking = async {
        while !over.is_cancelled() {
            seen.look(&around);
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let killing = async {
        let mut kills = 0;
        while over.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_some() {
            let which = kills % 2;
            replicas[which].kill();
            tokio::time::sleep(Duration::from_millis(200)).await;
            replicas[which] = start(which);
            replicas[which].ready(&http).await;
            kills += 1;
        }
        kills
    };
    let (done, (), kills) = tokio::join!(working, looking, killing);
    tokio::time::sleep(Duration::from_secs(1)).await;
    seen.look(&around);
    let faults = faults(&done, &around, &ticket, seen);
    assert_eq!(done.len(), number);
    tell((number, kills, started.elapsed()), &done, &faults, &tally);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(kills >= number / 50, "too few kills to show anything: {kills}");
}

/// What went wrong, by what the service has and what came over its wire.
fn faults(
    done: &[(Write, Duration)],
    around: &Surroundings,
    ticket: &str,
    seen: Seen,
) -> Vec<String> {
    let tickets = around.services().tickets_of(SITE_60M);
    let comments = around.services().comments_of(ticket);
    let mut faults = Vec::new();
    let seen = seen.0.into_inner().unwrap();
    for (Write { marker, yes, .. }, _) in done {
        let made = tickets.iter().filter(|ticket| ticket["summary"] == *marker).count()
            + comments.iter().filter(|comment| comment["text"] == *marker).count();
        if made != usize::from(*yes) {
            faults.push(format!("{marker}: {made} records, yes: {yes}"));
        }
        let sent = seen.contains_key(marker);
        if sent != *yes {
            faults.push(format!("{marker}: sent: {sent}, yes: {yes}"));
        }
    }
    let mut keys = BTreeMap::new();
    for (marker, own) in &seen {
        for key in own {
            if let Some(other) = keys.insert(key, marker) {
                faults.push(format!("one yes for {marker} and {other}"));
            }
        }
    }
    faults
}

fn tell(
    (number, kills, took): (usize, usize, Duration),
    done: &[(Write, Duration)],
    faults: &[String],
    tally: &Tally,
) {
    let mut times: Vec<_> =
        done.iter().filter(|(write, _)| write.yes).map(|(_, took)| *took).collect();
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)].as_millis();
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    println!(
        "r09: {number} questions, {} said yes to, {kills} kills in {:.0} s: {} lost, doubled or mixed up; \
         a confirmed write takes p50 {} ms, p99 {} ms; {} retries, {} sessions opened anew, \
         {} streams taken up again, {} ends looked up, {} answers told as used",
        times.len(),
        took.as_secs_f64(),
        faults.len(),
        at(50),
        at(99),
        count(&tally.retries),
        count(&tally.sessions),
        count(&tally.resumed),
        count(&tally.lookups),
        count(&tally.used),
    );
}
