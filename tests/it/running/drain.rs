//! SIGTERM under load: who asks `/readyz` and goes elsewhere loses nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use osier::demo::{Options, Surroundings};

use super::{Calls, UNLIMITED, http, settings};
use crate::harness::Process;

#[tokio::test]
async fn r10_sigterm_under_load_fails_no_call_and_ends_with_0() {
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let mut set = settings([("SERVER__DRAIN_DELAY", "2")]);
    set.extend(settings(UNLIMITED));
    let (mut first, mut second) = (Process::serve(&around, &set), Process::serve(&around, &set));
    let http = http();
    first.ready(&http).await;
    second.ready(&http).await;
    // A balancer of the simplest kind: the first one, as long as that says that it is ready.
    let is_ready = Arc::new(AtomicBool::new(true));
    let (readiness, asked, url) = (Arc::clone(&is_ready), http.clone(), first.url.clone());
    let watching = tokio::spawn(async move {
        loop {
            let answer = asked.get(format!("{url}/readyz")).send().await;
            readiness.store(answer.is_ok_and(|answer| answer.status() == 200), Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let token = around.entra().token(&osier::demo::ANA);
    let urls = [second.url.clone(), first.url.clone()];
    let readiness = Arc::clone(&is_ready);
    let calls =
        Calls::of(&token, move || urls[usize::from(readiness.load(Ordering::SeqCst))].clone());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = calls.made();
    let told = Instant::now();
    first.signal("TERM");
    while is_ready.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let noticed = told.elapsed();
    let (status, took) = first.end().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    watching.abort();
    let made = calls.end().await;
    eprintln!(
        "r10: not ready after {noticed:?}, ended after {took:?}, {before} of {made} calls before"
    );
    assert_eq!(status.code(), Some(0), "{}", first.err());
    assert!(noticed < Duration::from_secs(2), "{noticed:?}");
    assert!(took < Duration::from_secs(8), "{took:?}: {}", first.err());
    assert!(before > 0 && made > before);
    second.signal("TERM");
    // The second word ends the delay.
    second.signal("TERM");
    second.end().await;
}
