//! The targets, and what was reached of each.

use std::fmt;

use super::figures::{Cell, Figures};
use super::subjects::Kind;
use crate::middle::middle;

/// Writes a line for each of which something was measured.
pub(super) fn write(figures: &Figures, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let call = |callers| Cell { kind: Kind::Call, callers };
    let list = |many| Cell { kind: Kind::List(many), callers: 16 };
    let (idle, loaded) = figures.memory();
    let loaded = (loaded > 0.0).then_some(loaded);
    let start = middle(figures.starts.iter().copied());
    let upto = [
        ("CPU a call, 16 callers", figures.ratio(call(16), |row| row.cpu), 3.5),
        ("CPU a call with metrics on, against off", figures.metrics(call(16)), 1.12),
        ("p50, 1 caller", figures.ratio(call(1), |row| row.p50), 1.45),
        ("p99, 64 callers", figures.ratio(call(64), |row| row.p99), 3.5),
        ("CPU of a list of 20", figures.ratio(list(20), |row| row.cpu), 1.5),
        ("CPU of a list of 1,000", figures.ratio(list(1_000), |row| row.cpu), 1.5),
        ("resident memory idle, MiB", Some(idle), 15.0),
        ("resident memory at 64 callers, MiB", loaded, 32.0),
        ("start to first good call, ms", start, 20.0),
    ];
    writeln!(f, "\n| target | at most | reached | |\n|---|---|---|---|")?;
    for (what, most, is) in upto.map(|(what, is, most)| (what, most, is)) {
        let Some(is) = is else { continue };
        writeln!(f, "| {what} | {most} | {is:.2} | {} |", word(is <= most))?;
    }
    if let Some(rate) = figures.ratio(call(16), |row| 1.0 / row.cpu) {
        let (least, what) = (0.30, "calls a second and core, 16 callers (at least)");
        writeln!(f, "| {what} | {least} | {rate:.2} | {} |", word(rate >= least))?;
    }
    Ok(())
}

fn word(reached: bool) -> &'static str {
    if reached { "yes" } else { "no" }
}
