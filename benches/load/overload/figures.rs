//! What came out, kept by round, and the table of it.

use std::collections::BTreeMap;
use std::fmt;

use super::open::Ended;
use crate::middle::middle;
use crate::wire::load::Measured;

/// A stretch, and what was measured beside it: the machine's pace isn't the same for long.
#[derive(Debug)]
struct Row {
    /// Of the calls a second that can be served at most.
    goodput: f64,
    /// Milliseconds.
    admitted: f64,
    /// Of one caller's p99.
    slower: f64,
    /// Milliseconds; none where nothing was shed.
    shed: Option<f64>,
    lost: u64,
}

/// All rounds.
#[derive(Debug, Default)]
pub(super) struct Figures {
    rows: BTreeMap<u32, Vec<Row>>,
    saturations: Vec<f64>,
    unloaded: Vec<f64>,
    pub(super) wrong: u64,
}

impl Figures {
    /// A stretch at so many times the saturation, and beside it one caller and as many as find the saturation.
    pub(super) fn add(&mut self, times: u32, one: &Measured, full: &Measured, ended: &Ended) {
        let admitted = ended.good.share(0.99);
        self.rows.entry(times).or_default().push(Row {
            goodput: ended.good.rate() / full.rate(),
            admitted,
            slower: admitted / one.share(0.99),
            shed: (ended.shed.calls() > 0).then(|| ended.shed.share(0.99)),
            lost: ended.lost,
        });
        self.unloaded.push(one.share(0.99));
        self.saturations.push(full.rate());
        self.wrong += one.wrong + full.wrong + ended.good.wrong;
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
        writeln!(f, "saturated: {} calls a second", spread(self.saturations.iter().copied()))?;
        writeln!(f, "one caller: p99 {} ms\n", spread(self.unloaded.iter().copied()))?;
        writeln!(
            f,
            "| times saturation | goodput | admitted p99 ms | of one caller's | shed p99 ms | lost |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|")?;
        for (times, rows) in &self.rows {
            writeln!(
                f,
                "| {times} | {} | {} | {} | {} | {} |",
                spread(rows.iter().map(|row| row.goodput)),
                spread(rows.iter().map(|row| row.admitted)),
                spread(rows.iter().map(|row| row.slower)),
                spread(rows.iter().filter_map(|row| row.shed)),
                rows.iter().map(|row| row.lost).sum::<u64>(),
            )?;
        }
        Ok(())
    }
}
