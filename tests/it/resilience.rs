//! One service in trouble: what is tried again, when it is left alone, and that the others don't notice.

mod apart;
mod circuit;
mod retries;

use std::collections::BTreeMap;

use crate::harness::Setup;

/// Settings of one backend, by the ends of their variables' names.
fn backend<const N: usize>(name: &str, settings: [(&str, &str); N]) -> Setup {
    let key = |end: &str| format!("OSIER_BACKENDS__{name}__{end}");
    let settings: BTreeMap<_, _> =
        settings.into_iter().map(|(end, value)| (key(end), value.to_owned())).collect();
    Setup { settings, ..Setup::default() }
}
