//! The table itself, by number.

use super::{Meaning, Mender, Treat};

pub(super) const MEANINGS: &[Meaning] = &[Meaning {
    code: 50105,
    what: "This account isn't assigned to the application.",
    who: Mender::Administrator,
    how: "Entra admin center > Enterprise applications > the application > Users and groups > Add.",
    treat: Treat::Grant,
}];
