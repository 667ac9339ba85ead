//! The sink: what can't be written waits, is tried again, and holds writes up; what had no place is
//! counted.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{record, sound};
use crate::audit::sink::{Sink, SinkClosed, Terms};
use crate::config::ReadsWithoutAudit;

/// Takes a few bytes of every write; while it is full it takes none more, or it hangs.
#[derive(Clone, Default)]
struct Narrow {
    kept: Arc<Mutex<Vec<u8>>>,
    full: Arc<AtomicBool>,
    hangs: bool,
}

impl Narrow {
    fn full(&self, full: bool) {
        self.full.store(full, Ordering::SeqCst);
    }

    fn bytes(&self) -> Vec<u8> {
        self.kept.lock().unwrap().clone()
    }

    fn records(&self) -> Vec<Value> {
        let text = String::from_utf8(self.bytes()).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        while self.full.load(Ordering::SeqCst) {
            if !self.hangs {
                return Err(io::ErrorKind::StorageFull.into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let taken = bytes.len().min(37);
        self.kept.lock().unwrap().extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const PATIENCE: Duration = Duration::from_millis(200);

fn to(narrow: &Narrow, reads: ReadsWithoutAudit) -> Sink {
    Sink::to(narrow.clone(), Terms { reads, patience: PATIENCE }).0
}

/// Waits until lines get out again.
async fn recovered(sink: &Sink) {
    let began = Instant::now();
    while sink.accept(record(0)).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(20), "it doesn't recover");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_line_that_broke_off_goes_on_where_it_did() {
    let narrow = Narrow::default();
    let sink = to(&narrow, ReadsWithoutAudit::Refuse);
    sink.accept(record(1)).await.unwrap();
    for _ in 0..5 {
        narrow.full(true);
        assert_eq!(sink.accept(record(2)).await, Err(SinkClosed));
        narrow.full(false);
        recovered(&sink).await;
    }
    sink.settle().await.unwrap();
    sound(&narrow.bytes());
}

#[tokio::test]
async fn r13_while_nothing_gets_out_writes_stop_at_once_and_reads_as_set() {
    for hangs in [false, true] {
        for reads in [ReadsWithoutAudit::Refuse, ReadsWithoutAudit::Serve] {
            let narrow = Narrow { hangs, ..Narrow::default() };
            let sink = to(&narrow, reads);
            sink.accept(record(1)).await.unwrap();
            narrow.full(true);
            // The first one has to find out.
            let began = Instant::now();
            assert!(sink.accept(record(2)).await.is_err());
            assert!(began.elapsed() < PATIENCE * 10);
            tokio::time::sleep(PATIENCE).await;
            let began = Instant::now();
            for _ in 0..100 {
                assert!(sink.accept(record(3)).await.is_err());
                let slot = sink.slot().await;
                assert_eq!(slot.is_ok(), reads == ReadsWithoutAudit::Serve);
                if let Ok(slot) = slot {
                    slot.write(record(4));
                }
            }
            assert!(began.elapsed() < PATIENCE * 10, "refusals are slow");
            assert_eq!(sink.takes_calls(), reads == ReadsWithoutAudit::Serve);
            narrow.full(false);
            recovered(&sink).await;
            sink.settle().await.unwrap();
            sound(&narrow.bytes());
            let records = narrow.records();
            let served = records.iter().filter(|one| one["id"] == "dec_4").count();
            let lost: Vec<_> = records.iter().filter(|one| one["kind"] == "lost").collect();
            match reads {
                ReadsWithoutAudit::Serve => assert_eq!((served, lost.len()), (100, 0)),
                ReadsWithoutAudit::Refuse => {
                    assert_eq!((served, lost.len()), (0, 1));
                    assert_eq!(
                        (&lost[0]["records"], &lost[0]["refused"]),
                        (&0.into(), &100.into())
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn r13_what_finds_no_place_is_counted_in_the_chain() {
    let narrow = Narrow::default();
    let sink = to(&narrow, ReadsWithoutAudit::Serve);
    narrow.full(true);
    while sink.accept(record(0)).await.is_ok() {}
    let open = sink.slot().await.unwrap();
    for number in 0..6_000 {
        sink.slot().await.unwrap().write(record(number));
    }
    narrow.full(false);
    recovered(&sink).await;
    // A call that was open all the while kept its place.
    open.write(record(9_999));
    sink.settle().await.unwrap();
    sound(&narrow.bytes());
    let records = narrow.records();
    let lost: u64 = records
        .iter()
        .filter(|one| one["kind"] == "lost")
        .map(|one| one["records"].as_u64().unwrap())
        .sum();
    let kept = records.iter().filter(|one| one["kind"] == "call").count();
    assert!(lost > 1_000 && kept > 4_000, "{lost} lost, {kept} kept");
    assert!(records.iter().any(|one| one["id"] == "dec_9999"));
}

#[tokio::test]
async fn a_queue_that_is_full_holds_calls_up_for_a_limited_time() {
    let narrow = Narrow { hangs: true, ..Narrow::default() };
    let sink = to(&narrow, ReadsWithoutAudit::Refuse);
    sink.settle().await.unwrap();
    let mut places = Vec::new();
    while places.len() < 4_096 {
        places.push(sink.slot().await.unwrap());
    }
    let began = Instant::now();
    assert!(sink.slot().await.is_err());
    assert!(began.elapsed() < PATIENCE * 10);
}

#[tokio::test]
async fn the_end_of_the_writing_is_the_end_of_all_lines() {
    let narrow = Narrow::default();
    let (sink, writing) = Sink::to(narrow.clone(), Terms::default());
    let slot = sink.slot().await.unwrap();
    drop(sink);
    assert!(!writing.wait(Duration::from_millis(10)), "a place is still kept");
    slot.write(record(1));
    assert!(writing.wait(Duration::from_secs(5)));
    let kinds: Vec<_> = narrow.records().iter().map(|one| one["kind"].clone()).collect();
    assert_eq!(kinds, ["start", "call", "end"]);
}

#[tokio::test]
async fn the_head_is_that_of_the_last_line_that_is_out() {
    let narrow = Narrow::default();
    let sink = to(&narrow, ReadsWithoutAudit::Refuse);
    for _ in 0..3 {
        sink.accept(record(1)).await.unwrap();
        let head = sink.head().unwrap();
        let last = narrow.records().pop().unwrap();
        assert_eq!(last["hash"], head.hash.to_string());
        assert_eq!((&last["seq"], &last["chain"]), (&head.seq.into(), &(*head.chain).into()));
    }
}

/// Counts what it is told to write at once.
#[derive(Clone, Default)]
struct Counted(Arc<AtomicUsize>);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn lines_that_nobody_waits_for_gather_and_one_that_is_waited_for_does_not() {
    let writes = Counted::default();
    let sink = Sink::to(writes.clone(), Terms::default()).0;
    sink.settle().await.unwrap();
    let began = Instant::now();
    for number in 0..100 {
        sink.note(record(number));
        std::thread::sleep(Duration::from_micros(300));
    }
    sink.settle().await.unwrap();
    let gatherings = began.elapsed().as_millis() / 5;
    let writes = writes.0.load(Ordering::SeqCst);
    assert!(u128::try_from(writes).unwrap() <= gatherings + 3, "{writes} of {gatherings}");

    let began = Instant::now();
    for number in 0..200 {
        sink.accept(record(number)).await.unwrap();
    }
    assert!(began.elapsed() < Duration::from_millis(500), "they would gather for a second");
}
