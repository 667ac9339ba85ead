//! Only `target::locate` reads the records that a call names.

use osier::request::Checked;
use osier::target::{Located, Records};

fn forge(checked: Checked) -> Located {
    Located { checked, records: Records::new(), ancestors: Default::default(), missing: Vec::new() }
}

fn main() {}
