//! Tools made of other tools.

use super::Area;

pub const AREA: Area =
    Area { cases: |_| Vec::new(), arguments: |_, _, _| None, counts: |_, _, _, _| None };
