//! What comes out: for each service and trouble the pace of the others, as the middle of all rounds'
//! ratios to the quiet stretch of the same round.

use std::collections::BTreeMap;
use std::fmt;

use super::stretch::{Stretch, Trouble};
use crate::middle::middle;

/// The ratios of every round.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    rows: BTreeMap<(String, Trouble), Row>,
}

#[derive(Debug, Default)]
struct Row {
    medians: Vec<f64>,
    p99s: Vec<f64>,
    beside: u64,
    wrong: u64,
}

impl Figures {
    /// Adds a stretch, with the quiet one of its round.
    pub(crate) fn add(
        &mut self,
        service: &str,
        trouble: Trouble,
        stretch: &Stretch,
        quiet: &Stretch,
    ) {
        let row = self.rows.entry((service.to_owned(), trouble)).or_default();
        row.medians.push(stretch.share(0.5) / quiet.share(0.5));
        row.p99s.push(stretch.share(0.99) / quiet.share(0.99));
        row.beside += stretch.beside;
        row.wrong += stretch.wrong + quiet.wrong;
    }

    /// Answers that weren't right.
    pub(crate) fn wrong(&self) -> u64 {
        self.rows.values().map(|row| row.wrong).sum()
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the others' pace, as a multiple of the quiet one's of the same round:")?;
        let head = ["in trouble", "", "median", "p99", "rounds", "beside", "wrong"];
        let [service, trouble, median, p99, rounds, beside, wrong] = head;
        writeln!(
            f,
            "{service:16} {trouble:8} {median:>8} {p99:>8} {rounds:>7} {beside:>8} {wrong:>6}"
        )?;
        let of = |values: &[f64]| middle(values.iter().copied()).unwrap_or(f64::NAN);
        for ((service, trouble), row) in &self.rows {
            let (median, p99) = (of(&row.medians), of(&row.p99s));
            let (rounds, Row { beside, wrong, .. }) = (row.medians.len(), row);
            writeln!(
                f,
                "{service:16} {trouble:8} {median:>8.2} {p99:>8.2} {rounds:>7} {beside:>8} {wrong:>6}"
            )?;
        }
        Ok(())
    }
}
