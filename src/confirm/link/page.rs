//! The two sides of a link's page: what the person who signed in may see of it, and the answer. To
//! anybody else, and too late, it is a link that isn't known.

use super::{Confirmations, Kept, Person, id_hash};
use crate::store::StoreFault;

/// The length of an id.
const ID: usize = 26;

/// A question as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The question, line by line; plain text.
    pub message: String,
    /// The tool's title.
    pub tool: String,
    /// The client as it called itself; plain text, perhaps empty.
    pub client: String,
    /// Until when it may be answered, in seconds since 1970.
    pub expires: u64,
    /// What was said already.
    pub said: Option<bool>,
}

/// What became of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAnswer {
    /// It is the answer.
    Taken,
    /// It was answered before, with this.
    Before(bool),
    /// There is no such link for this person.
    Unknown,
}

impl Confirmations {
    /// What a person may see under a link; none where it isn't known, is too old, or asks somebody
    /// else.
    ///
    /// # Errors
    /// [`StoreFault`]: nothing can be said of it at the moment.
    pub async fn shown(&self, id: &str, person: &Person) -> Result<Option<Shown>, StoreFault> {
        let kept = self.of_person(id, person).await?;
        Ok(kept.map(|kept| Shown {
            expires: kept.state.expires,
            message: kept.message,
            tool: kept.tool,
            client: kept.client,
            said: kept.said,
        }))
    }

    /// Takes a person's answer. The first one counts, at whichever replica; nothing is written yet:
    /// that is done when the client makes the call again.
    ///
    /// # Errors
    /// [`StoreFault`]: it isn't known whether it was taken; the page shows it.
    pub async fn answer_link(
        &self,
        id: &str,
        person: &Person,
        yes: bool,
    ) -> Result<LinkAnswer, StoreFault> {
        let Some(mut kept) = self.of_person(id, person).await? else {
            return Ok(LinkAnswer::Unknown);
        };
        if let Some(said) = kept.said {
            return Ok(LinkAnswer::Before(said));
        }
        kept.said = Some(yes);
        let sealed = self.sealed(&kept);
        let sealed = sealed.map_err(|_| StoreFault::Refused("sealing failed".to_owned()))?;
        if self.store.answer_link(&id_hash(id), sealed).await? {
            tracing::info!(confirmation = kept.state.confirmation, yes, "answered by link");
            return Ok(LinkAnswer::Taken);
        }
        let said = self.of_person(id, person).await?.and_then(|kept| kept.said);
        Ok(said.map_or(LinkAnswer::Unknown, LinkAnswer::Before))
    }

    async fn of_person(&self, id: &str, person: &Person) -> Result<Option<Kept>, StoreFault> {
        if id.len() != ID {
            return Ok(None);
        }
        let row = self.store.link(&id_hash(id)).await?;
        let now = self.clock.unix_seconds();
        let kept = row.and_then(|row| self.opened(&row));
        Ok(kept.filter(|kept| kept.person == *person && now < kept.state.expires))
    }
}
