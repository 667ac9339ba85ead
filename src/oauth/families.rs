//! Refresh tokens that came of one sign-in are a family (OAuth 2.1 §4.3.1). Each use gives a new
//! member. One that is used again long after ends the family; Entra itself never revokes the tokens
//! that it replaced. Codes are kept here, too: a code is the name of the family that comes of it.
//!
//! With a store that replicas share, what one has seen counts at all. Otherwise this process's memory
//! is enough, and gone after a restart.

use super::seen::Seen;
use crate::store::{Store, StoreFault};

/// A client that lost an answer, or asks twice at once, may use a token again so long after, in
/// seconds.
const GRACE: u64 = 60;

/// What is known of families.
#[derive(Default)]
pub struct Families {
    used: Seen,
    ended: Seen,
    codes: Seen,
    /// Where other replicas know it, too.
    shared: Option<Store>,
}

/// Why a member can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Barred {
    /// It was used before, or its family has ended.
    #[error("the refresh token was used before, or its family has ended")]
    Ended,
    /// What other replicas know can't be asked.
    #[error(transparent)]
    Unknown(#[from] StoreFault),
}

impl Families {
    /// Families of this process, or of all replicas where they share that store.
    pub fn new(store: &Store) -> Self {
        let shared = store.is_shared().then(|| store.clone());
        Self { shared, ..Self::default() }
    }

    /// May this member be used? Asked before Entra is, and answered without marking it: one that
    /// couldn't be used because Entra was away is still good.
    ///
    /// # Errors
    /// Where its family has ended, or ends now; where that can't be known.
    pub async fn allow(
        &self,
        family: &str,
        member: &str,
        expires: u64,
        now: u64,
    ) -> Result<(), Barred> {
        let (ended, used) = match &self.shared {
            Some(store) => {
                (store.used_since(&ending(family)).await?, store.used_since(member).await?)
            }
            None => (self.ended.since(family, now), self.used.since(member, now)),
        };
        if ended.is_some() {
            return Err(Barred::Ended);
        }
        if used.is_some_and(|first| now > first + GRACE) {
            self.end(family, expires, now).await?;
            return Err(Barred::Ended);
        }
        Ok(())
    }

    /// A member was used, and another took its place.
    ///
    /// # Errors
    /// Where other replicas can't be told.
    pub async fn replaced(&self, member: &str, expires: u64, now: u64) -> Result<(), StoreFault> {
        if let Some(store) = &self.shared {
            return store.mark_used(member, expires).await.map(drop);
        }
        self.used.mark(member, expires, now);
        Ok(())
    }

    /// Ends a family.
    ///
    /// # Errors
    /// Where other replicas can't be told.
    pub async fn end(&self, family: &str, expires: u64, now: u64) -> Result<(), StoreFault> {
        if let Some(store) = &self.shared {
            return store.mark_used(&ending(family), expires).await.map(drop);
        }
        self.ended.mark(family, expires, now);
        Ok(())
    }

    /// Is this the first use of a code?
    ///
    /// # Errors
    /// Where that can't be known.
    pub async fn redeem(&self, code: &str, expires: u64, now: u64) -> Result<bool, StoreFault> {
        match &self.shared {
            Some(store) => Ok(store.mark_used(code, expires).await?.is_none()),
            None => Ok(self.codes.mark(code, expires, now).is_none()),
        }
    }

    /// A code turned out not to be used.
    pub async fn not_redeemed(&self, code: &str) {
        match &self.shared {
            Some(store) => {
                if let Err(fault) = store.forget_use(code).await {
                    tracing::warn!(%fault, "a code stays used that wasn't");
                }
            }
            None => self.codes.forget(code),
        }
    }
}

/// The mark of a family's end, which no member is called.
fn ending(family: &str) -> String {
    format!("end_{family}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_retry_passes_and_a_replay_ends_the_family() {
        let families = Families::default();
        let used = async |member: &str, now| {
            let allowed = families.allow("f", member, 9_000, now).await.is_ok();
            if allowed {
                families.replaced(member, 9_000, now).await.unwrap();
            }
            allowed
        };
        assert!(used("1", 100).await);
        assert!(used("1", 130).await);
        assert!(used("2", 140).await);
        assert!(!used("1", 161).await);
        assert!(!used("3", 162).await);
        assert!(families.allow("g", "4", 9_000, 162).await.is_ok());
    }

    #[tokio::test]
    async fn what_was_asked_for_and_not_had_isnt_used() {
        let families = Families::default();
        assert!(families.allow("f", "1", 9_000, 100).await.is_ok());
        assert!(families.allow("f", "1", 9_000, 1_000).await.is_ok());
        families.replaced("1", 9_000, 1_000).await.unwrap();
        assert!(families.allow("f", "1", 9_000, 1_061).await.is_err());
    }
}
