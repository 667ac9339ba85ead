//! What came out, kept by round, and the table of it.

use std::collections::BTreeMap;
use std::fmt;

use super::subjects::{Kind, NGINX, OSIER, PASS_ON, READ};
use super::targets;
use crate::middle::middle;
use crate::wire::load::Measured;

/// A kind of stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) callers: usize,
}

/// What one stretch showed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// Calls a second.
    pub(crate) rate: f64,
    /// Milliseconds.
    pub(crate) p50: f64,
    /// Milliseconds.
    pub(crate) p99: f64,
    /// Microseconds of processor time a call.
    pub(crate) cpu: f64,
}

/// All rounds.
#[derive(Debug)]
pub(crate) struct Figures {
    rows: BTreeMap<(Cell, &'static str), Vec<Row>>,
    reference: &'static str,
    pub(super) starts: Vec<f64>,
    idle: u64,
    loaded: u64,
    wrong: u64,
}

impl Figures {
    pub(crate) fn new(has_nginx: bool) -> Self {
        let reference = if has_nginx { NGINX } else { PASS_ON };
        let (rows, starts) = (BTreeMap::new(), Vec::new());
        Self { rows, reference, starts, idle: 0, loaded: 0, wrong: 0 }
    }

    /// Bytes of memory before the first stretch.
    pub(crate) fn idle(&mut self, resident: u64) {
        self.idle = resident;
    }

    /// Bytes of memory after the stretch with most callers.
    pub(crate) fn loaded(&mut self, resident: u64) {
        self.loaded = resident;
    }

    /// Milliseconds of one start.
    pub(crate) fn started(&mut self, took: f64) {
        self.starts.push(took);
    }

    #[expect(clippy::cast_precision_loss, reason = "millions at most")]
    pub(crate) fn add(&mut self, name: &'static str, cell: Cell, measured: &Measured, cpu: f64) {
        self.wrong += measured.wrong;
        let row = Row {
            rate: measured.rate(),
            p50: measured.share(0.5),
            p99: measured.share(0.99),
            cpu: cpu * 1e6 / measured.calls() as f64,
        };
        self.rows.entry((cell, name)).or_default().push(row);
    }

    /// Answers that weren't right.
    pub(crate) fn wrong(&self) -> u64 {
        self.wrong
    }

    /// Mebibytes: before the first stretch, and after the one with most callers.
    #[expect(clippy::cast_precision_loss, reason = "megabytes")]
    pub(super) fn memory(&self) -> (f64, f64) {
        let mebibytes = |bytes: u64| bytes as f64 / 1_048_576.0;
        (mebibytes(self.idle), mebibytes(self.loaded))
    }

    /// The middle one of Osier's ratios to the reference in the same round; none without a stretch.
    pub(super) fn ratio(&self, cell: Cell, of: impl Fn(&Row) -> f64) -> Option<f64> {
        self.ratio_of(OSIER, cell, of)
    }

    fn ratio_of(&self, name: &'static str, cell: Cell, of: impl Fn(&Row) -> f64) -> Option<f64> {
        self.ratio_between((name, self.reference), cell, of)
    }

    /// What metrics cost that somebody may read, as a ratio to none.
    pub(super) fn metrics(&self, cell: Cell) -> Option<f64> {
        self.ratio_between((READ, OSIER), cell, |row| row.cpu)
    }

    fn ratio_between(
        &self,
        (name, reference): (&'static str, &'static str),
        cell: Cell,
        of: impl Fn(&Row) -> f64,
    ) -> Option<f64> {
        let own = self.rows.get(&(cell, name))?;
        let reference = self.rows.get(&(cell, reference))?;
        middle(own.iter().zip(reference).map(|(own, other)| of(own) / of(other)))
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reference = self.reference;
        writeln!(f, "ratios to {reference} passing on the same call; rps is a core's\n")?;
        writeln!(f, "| calls | callers | | rps | p50 | p99 | CPU a call | µs | p50 ms | p99 ms |")?;
        writeln!(f, "|---|---|---|---|---|---|---|---|---|---|")?;
        for ((cell, name), rows) in &self.rows {
            let (cell, name) = (*cell, *name);
            let ratio = |of: fn(&Row) -> f64| self.ratio_of(name, cell, of).unwrap_or(f64::NAN);
            let own = |of: fn(&Row) -> f64| middle(rows.iter().map(of)).unwrap_or(f64::NAN);
            writeln!(
                f,
                "| {} | {} | {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.3} | {:.3} |",
                kind(cell.kind),
                cell.callers,
                ratio(|row| row.rate),
                ratio(|row| row.p50),
                ratio(|row| row.p99),
                ratio(|row| row.cpu),
                own(|row| row.cpu),
                own(|row| row.p50),
                own(|row| row.p99),
            )?;
        }
        targets::write(self, f)
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Call => "2026-07-28".to_owned(),
        Kind::SessionCall => "2025-11-25".to_owned(),
        Kind::List(many) => format!("list of {many}"),
    }
}
