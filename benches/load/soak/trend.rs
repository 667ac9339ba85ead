//! How a process grows. The first part is its way up: caches fill, pools open. After that the median of
//! the last part must not lie above the median of the one before by more than a twentieth.

use std::fmt;

use crate::middle::middle;
use crate::processes::Use;

/// This share of the time is the way up.
const UP: f64 = 1.0 / 3.0;
/// From here on it is the last part.
const LAST: f64 = 2.0 / 3.0;
/// So much more is growth.
const GROWTH: f64 = 1.05;
/// A handful more of descriptors or threads is none: connections come and go.
const HANDFUL: f64 = 8.0;

/// Every look, with the share of the time that was over.
#[derive(Debug, Default)]
pub(crate) struct Trend(Vec<(f64, Use)>);

impl Trend {
    pub(crate) fn add(&mut self, when: f64, used: Use) {
        self.0.push((when, used));
    }

    /// Has it stopped growing?
    pub(crate) fn is_flat(&self) -> bool {
        self.parts().iter().all(|(_, before, after, slack)| *after <= before * GROWTH + slack)
    }

    /// What, the medians of both parts, and how much more is none.
    fn parts(&self) -> [(&'static str, f64, f64, f64); 3] {
        #[expect(clippy::cast_precision_loss, reason = "megabytes, and handfuls")]
        let resident = |used: &Use| used.resident as f64 / 1_048_576.0;
        #[expect(clippy::cast_precision_loss, reason = "handfuls")]
        let descriptors = |used: &Use| used.descriptors as f64;
        #[expect(clippy::cast_precision_loss, reason = "handfuls")]
        let threads = |used: &Use| used.threads as f64;
        let part = |from: f64, to: f64, of: &dyn Fn(&Use) -> f64| {
            let within = self.0.iter().filter(|(when, _)| (from..to).contains(when));
            middle(within.map(|(_, used)| of(used))).unwrap_or_default()
        };
        let both = |of: &dyn Fn(&Use) -> f64| (part(UP, LAST, of), part(LAST, f64::MAX, of));
        let (memory, files, running) = (both(&resident), both(&descriptors), both(&threads));
        [
            ("resident memory, MiB", memory.0, memory.1, 0.0),
            ("descriptors", files.0, files.1, HANDFUL),
            ("threads", running.0, running.1, HANDFUL),
        ]
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, before, after, _) in self.parts() {
            let change = (after / before - 1.0) * 100.0;
            writeln!(f, "{what}: {before:.1}, then {after:.1} ({change:+.1} %)")?;
        }
        Ok(())
    }
}
