//! What the chain, the file and the sink promise, each by itself. What the server makes of them is
//! tested through its front door.

mod chains;
mod costs;
mod denying;
mod fields;
mod files;
mod sinks;

use std::io;

use super::chain::Chain;
use super::verify::{Input, Question, Verdict, verify};

/// A record as a call leaves it, told apart by a number.
fn record(number: usize) -> String {
    format!(r#"{{"kind":"call","id":"dec_{number}","ts":"2026-11-21T19:00:00.000Z","tool":"a"}}"#)
}

/// The lines of a process that recorded this many calls and ended in order.
fn lines(records: usize) -> Vec<u8> {
    let mut chain = Chain::new();
    let mut lines = Vec::new();
    chain.link(r#"{"kind":"start","ts":"2026-11-21T19:00:00.000Z"}"#, &mut lines);
    for number in 0..records {
        chain.link(&record(number), &mut lines);
    }
    chain.link(r#"{"kind":"end","ts":"2026-11-21T19:00:00.000Z"}"#, &mut lines);
    lines
}

/// What is found in these bytes.
fn examined(files: &[&[u8]], question: &Question) -> (Verdict, String) {
    let inputs = files.iter().enumerate().map(|(at, bytes)| {
        let bytes: Box<dyn io::Read> = Box::new(io::Cursor::new(bytes.to_vec()));
        Ok(Input { name: format!("file{at}"), bytes })
    });
    let mut told = Vec::new();
    let verdict = verify(inputs, question, &mut told).unwrap();
    (verdict, String::from_utf8(told).unwrap())
}

fn sound(bytes: &[u8]) -> String {
    let (verdict, told) = examined(&[bytes], &Question::default());
    assert_eq!(verdict, Verdict::Sound, "{told}");
    told
}

/// The last record's hash.
fn head(bytes: &[u8]) -> String {
    let text = std::str::from_utf8(bytes).unwrap();
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    last["hash"].as_str().unwrap().to_owned()
}
