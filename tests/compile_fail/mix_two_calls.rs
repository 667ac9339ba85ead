//! A yes belongs to the call that it was said to: it can't be put into another.

use osier::confirm::{Consent, Yes};

fn mix(mut mine: Consent, theirs: Consent) -> Consent {
    mine.yes = theirs.yes;
    mine
}

fn take(consent: Consent) -> Option<Yes> {
    consent.yes().copied()
}

fn main() {}
