//! Refresh tokens that came of one sign-in are a family (OAuth 2.1 §4.3.1). Each use gives a new
//! member. One that is used again long after ends the family on this replica; Entra itself never
//! revokes the tokens that it replaced.

use super::seen::Seen;

/// A client that lost an answer, or asks twice at once, may use a token again so long after, in
/// seconds.
const GRACE: u64 = 60;

/// What this replica knows of families.
#[derive(Debug, Default)]
pub struct Families {
    used: Seen,
    ended: Seen,
}

/// The family has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the refresh token was used before, or its family has ended")]
pub struct Ended;

impl Families {
    /// May this member be used? Asked before Entra is, and answered without marking it: one that
    /// couldn't be used because Entra was away is still good.
    ///
    /// # Errors
    /// Where its family has ended, or ends now.
    pub fn allow(&self, family: &str, member: &str, expires: u64, now: u64) -> Result<(), Ended> {
        if self.ended.has(family, now) {
            return Err(Ended);
        }
        if self.used.since(member, now).is_some_and(|first| now > first + GRACE) {
            self.end(family, expires, now);
            return Err(Ended);
        }
        Ok(())
    }

    /// A member was used, and another took its place.
    pub fn replaced(&self, member: &str, expires: u64, now: u64) {
        let _already = self.used.mark(member, expires, now);
    }

    /// Ends a family.
    pub fn end(&self, family: &str, expires: u64, now: u64) {
        let _already = self.ended.mark(family, expires, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_passes_and_a_replay_ends_the_family() {
        let families = Families::default();
        let used = |member: &str, now| {
            let allowed = families.allow("f", member, 9_000, now);
            if allowed.is_ok() {
                families.replaced(member, 9_000, now);
            }
            allowed
        };
        assert_eq!(used("1", 100), Ok(()));
        assert_eq!(used("1", 130), Ok(()));
        assert_eq!(used("2", 140), Ok(()));
        assert_eq!(used("1", 161), Err(Ended));
        assert_eq!(used("3", 162), Err(Ended));
        assert_eq!(families.allow("g", "4", 9_000, 162), Ok(()));
    }

    #[test]
    fn what_was_asked_for_and_not_had_isnt_used() {
        let families = Families::default();
        assert_eq!(families.allow("f", "1", 9_000, 100), Ok(()));
        assert_eq!(families.allow("f", "1", 9_000, 1_000), Ok(()));
        families.replaced("1", 9_000, 1_000);
        assert_eq!(families.allow("f", "1", 9_000, 1_061), Err(Ended));
    }
}
