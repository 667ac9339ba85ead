//! What a person said by link, held against the call that is made again. It is judged as the same
//! answer would be that came with the call: the same person, tool and arguments, the question still
//! the one that was shown, and used up by being heard.

use super::{Confirmations, Kept, id_hash};
use crate::call::Refusal;
use crate::confirm::spent::lost;
use crate::confirm::state::{Binding, State};
use crate::confirm::{Trace, Yes};

/// What there is by link for a call.
pub(in crate::confirm) enum ByLink {
    /// The person said yes to this very call, and nobody heard it before.
    Yes(Yes),
    /// The question is open: the one to be asked again.
    Open(State),
    /// Nothing.
    Nothing,
}

impl Confirmations {
    /// What was said by link to this very call, if anything was.
    ///
    /// # Errors
    /// [`Refusal::Declined`] for a no, [`Refusal::Changed`] where the question would now be another
    /// one, [`Refusal::AlreadyUsed`] for a yes that was used: each is told once, and with that the link
    /// is closed and the next call asks anew. [`Refusal::Internal`] where the store doesn't say.
    pub(in crate::confirm) async fn by_link(
        &self,
        now: &Binding,
        trace: &mut Trace,
    ) -> Result<ByLink, Refusal> {
        let mut open = None;
        for kept in self.links_of(&now.call).await? {
            match kept.said {
                Some(yes) => {
                    if let Some(yes) = self.heard(kept, yes, now, trace).await? {
                        return Ok(ByLink::Yes(yes));
                    }
                }
                None if kept.state.judge(now, self.clock.unix_seconds()).is_ok() => {
                    open.get_or_insert(kept.state);
                }
                None => {}
            }
        }
        Ok(open.map_or(ByLink::Nothing, ByLink::Open))
    }

    /// Uses an answer up. None where there is nothing left to be said of it.
    async fn heard(
        &self,
        kept: Kept,
        yes: bool,
        now: &Binding,
        trace: &mut Trace,
    ) -> Result<Option<Yes>, Refusal> {
        let Kept { id, state, .. } = kept;
        let judged = state.judge(now, self.clock.unix_seconds());
        if judged == Err(Refusal::InvalidState) {
            return Ok(None);
        }
        let confirmation = state.confirmation.clone();
        // Before anything is said of it: what is told once must not write afterwards.
        let end = match (self.spend(&state.nonce, state.expires).await, yes) {
            (Ok(()), true) => judged.map(|()| Some(Yes::of(state))),
            (Ok(()), false) => Err(Refusal::Declined),
            (Err(Refusal::AlreadyUsed), false) => Ok(None),
            (Err(refusal), _) => Err(refusal),
        };
        if !matches!(end, Ok(Some(_)) | Err(Refusal::Internal))
            && let Err(fault) = self.store.close_link(&id_hash(&id)).await
        {
            lost(&fault);
        }
        if !matches!(end, Ok(None)) {
            trace.confirmation = Some(confirmation);
        }
        end
    }
}
