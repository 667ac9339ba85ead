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
    /// A member is used.
    ///
    /// # Errors
    /// Where its family has ended, or ends now.
    pub fn use_one(&self, family: &str, member: &str, expires: u64, now: u64) -> Result<(), Ended> {
        if self.ended.has(family, now) {
            return Err(Ended);
        }
        match self.used.mark(member, expires, now) {
            Some(first) if now > first + GRACE => {
                self.end(family, expires, now);
                Err(Ended)
            }
            _ => Ok(()),
        }
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
        assert_eq!(families.use_one("f", "1", 9_000, 100), Ok(()));
        assert_eq!(families.use_one("f", "1", 9_000, 130), Ok(()));
        assert_eq!(families.use_one("f", "2", 9_000, 140), Ok(()));
        assert_eq!(families.use_one("f", "1", 9_000, 161), Err(Ended));
        assert_eq!(families.use_one("f", "3", 9_000, 162), Err(Ended));
        assert_eq!(families.use_one("g", "4", 9_000, 162), Ok(()));
    }
}
