//! However many aren't let in, the record of it stays small and says how many.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::audit::{Denials, Sink};
use crate::clock::Clock;

/// Long enough for ten thousand.
const APART: Duration = Duration::from_secs(2);

async fn records(sink: &Sink, kept: &Arc<Mutex<Vec<u8>>>) -> Vec<(String, u64)> {
    sink.settle().await.unwrap();
    let text = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records
        .filter(|one| one["kind"] == "denied")
        .map(|one| (one["reason"].as_str().unwrap().to_owned(), one["count"].as_u64().unwrap()))
        .collect()
}

#[tokio::test]
async fn case_123_ten_thousand_denials_are_two_records_and_none_is_missed() {
    let (sink, kept) = Sink::memory();
    let denials = Denials::every(APART, sink.clone(), Clock::System);
    let logged = (0..10_000).filter(|_| denials.count("expired")).count();
    assert_eq!(logged, 20);
    assert!(denials.count("bad signature"));
    let first = [("expired".to_owned(), 1), ("bad signature".to_owned(), 1)];
    assert_eq!(records(&sink, &kept).await, first);
    tokio::time::sleep(APART * 2).await;
    let told = records(&sink, &kept).await;
    assert_eq!(told[2..], [("expired".to_owned(), 9_999)]);
    // Reasons go when nothing comes any more, and the end of the process tells what waits.
    tokio::time::sleep(APART * 2).await;
    for _ in 0..3 {
        denials.count("expired");
    }
    drop(denials);
    let told = records(&sink, &kept).await;
    assert_eq!(told[3..], [("expired".to_owned(), 1), ("expired".to_owned(), 2)]);
}
