//! The table itself: accounts and policies, registrations and credentials, requests and outages. Codes
//! that are mended alike stand together. The meanings are Microsoft's own (`reference-error-codes` of
//! the identity platform) where they have one.

use super::{Meaning, Mender, Treat};

mod account;
mod registration;
mod request;

/// Codes that are mended alike.
pub(super) struct Group {
    who: Mender,
    treat: Treat,
    how: &'static str,
    codes: &'static [(u32, &'static str)],
}

/// Every code, by theme.
pub(super) fn all() -> impl Iterator<Item = Meaning> {
    let groups = [account::GROUPS, registration::GROUPS, request::GROUPS].into_iter().flatten();
    groups.flat_map(|group| {
        let Group { who, treat, how, codes } = *group;
        codes.iter().map(move |(code, what)| Meaning { code: *code, what, who, how, treat })
    })
}
