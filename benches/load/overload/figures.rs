//! What came out, kept by round, and the table of it.

use std::collections::BTreeMap;
use std::fmt;

use super::open::Ended;
use crate::middle::middle;
use crate::wire::load::Measured;

/// A stretch, and what was measured beside it: the machine's pace isn't the same for long.
#[derive(Debug)]
struct Row {
    /// Calls a second that can be served at most.
    saturation: f64,
    /// Of that.
    goodput: f64,
    /// Milliseconds.
    admitted: f64,
    /// One caller's, in milliseconds.
    alone: f64,
    /// The same of calls that come at a tenth of the saturation.
    idle: f64,
    /// Milliseconds; none where nothing was shed.
    shed: Option<f64>,
    lost: u64,
}

/// What is measured beside a stretch.
pub(super) struct Beside {
    /// One caller.
    pub(super) one: Measured,
    /// As many callers as find the saturation.
    pub(super) full: Measured,
    /// A tenth of the saturation, in the way of the stretch.
    pub(super) idle: Measured,
}

/// All rounds.
#[derive(Debug, Default)]
pub(super) struct Figures {
    rows: BTreeMap<u32, Vec<Row>>,
    pub(super) wrong: u64,
}

impl Figures {
    /// A stretch at so many times the saturation.
    pub(super) fn add(&mut self, times: u32, beside: &Beside, ended: &Ended) {
        let Beside { one, full, idle } = beside;
        self.rows.entry(times).or_default().push(Row {
            saturation: full.rate(),
            goodput: ended.good.rate() / full.rate(),
            admitted: ended.good.share(0.99),
            alone: one.share(0.99),
            idle: idle.share(0.99),
            shed: (ended.shed.calls() > 0).then(|| ended.shed.share(0.99)),
            lost: ended.lost,
        });
        self.wrong += one.wrong + full.wrong + idle.wrong + ended.good.wrong;
    }
}

/// The middle, and the least and the most behind it.
fn spread(values: impl Iterator<Item = f64> + Clone) -> String {
    let Some(middle) = middle(values.clone()) else { return "none".to_owned() };
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(f64::NEG_INFINITY, f64::max);
    format!("{middle:.2} ({least:.2} to {most:.2})")
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = |what: fn(&Row) -> f64| spread(self.rows.values().flatten().map(what));
        writeln!(f, "saturated: {} calls a second", all(|row| row.saturation))?;
        writeln!(f, "one caller: p99 {} ms", all(|row| row.alone))?;
        writeln!(f, "a tenth of it: p99 {} ms\n", all(|row| row.idle))?;
        let head = ["times saturation", "goodput", "admitted p99 ms", "of one caller's"];
        let rest = ["of a tenth's", "shed p99 ms", "lost"];
        writeln!(f, "| {} | {} |", head.join(" | "), rest.join(" | "))?;
        writeln!(f, "|{}", "---|".repeat(head.len() + rest.len()))?;
        for (times, rows) in &self.rows {
            writeln!(
                f,
                "| {times} | {} | {} | {} | {} | {} | {} |",
                spread(rows.iter().map(|row| row.goodput)),
                spread(rows.iter().map(|row| row.admitted)),
                spread(rows.iter().map(|row| row.admitted / row.alone)),
                spread(rows.iter().map(|row| row.admitted / row.idle)),
                spread(rows.iter().filter_map(|row| row.shed)),
                rows.iter().map(|row| row.lost).sum::<u64>(),
            )?;
        }
        Ok(())
    }
}
