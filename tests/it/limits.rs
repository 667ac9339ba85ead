//! Too much of anything: what is turned away, in which words, and that the others go on
//! (`docs/LIMITS.md`).

mod connections;
mod http2;
mod overload;
mod rates;
mod services;
mod storms;

use std::collections::BTreeMap;

use crate::harness::Setup;

/// Settings of `[limits]`, by the ends of their variables' names.
fn limits<const N: usize>(settings: [(&str, &str); N]) -> Setup {
    let name = |end: &str| format!("OSIER_LIMITS__{end}");
    let settings: BTreeMap<_, _> =
        settings.into_iter().map(|(end, value)| (name(end), value.to_owned())).collect();
    Setup { settings, ..Setup::default() }
}
