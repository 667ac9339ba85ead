//! What a line costs. Figures are printed and never judged: machines differ.
//! `cargo test --release --lib audit::tests::costs -- --ignored --nocapture`

use std::io;
use std::time::Instant;

use super::record;
use crate::audit::chain::Chain;
use crate::audit::sink::{Sink, Terms};

const LINES: u32 = 200_000;

#[tokio::test]
#[ignore = "it measures and judges nothing"]
async fn a_line_costs_so_much() {
    let text = format!("{{\"pad\":\"{}\",{}", "x".repeat(420), &record(1)[1..]);
    let mut chain = Chain::new();
    let mut lines = Vec::new();
    let began = Instant::now();
    for _ in 0..LINES {
        lines.clear();
        chain.link(&text, &mut lines);
    }
    println!("linking and hashing: {:?} a line of {} bytes", began.elapsed() / LINES, lines.len());
    let began = Instant::now();
    for _ in 0..LINES {
        lines.clear();
        lines.extend_from_slice(format!("{text}\n").as_bytes());
    }
    println!("copying alone: {:?}", began.elapsed() / LINES);
    let (sink, _writing) = Sink::to(io::sink(), Terms::default());
    let texts: Vec<String> = std::iter::repeat_n(text, LINES as usize).collect();
    let began = Instant::now();
    for text in texts {
        sink.slot().await.unwrap().write(text);
    }
    println!("handing over, with its place: {:?}", began.elapsed() / LINES);
    sink.settle().await.unwrap();
    println!("to the end of writing: {:?}", began.elapsed() / LINES);
}
