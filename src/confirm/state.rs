//! The request state that travels with a question: sealed, and bound to everything that a yes is
//! meant for. Whether it was used is kept elsewhere (`spent`): a seal alone can't say.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::call::Refusal;
use crate::request::digest as digest_of;
use crate::seal::{KeyRing, Purpose, random_bytes, random_name};
use crate::target::Located;

use super::question::Rendered;

/// What a question and its answer must have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Binding {
    /// Tenant, person, tool and arguments; a difference means that the state is for another call.
    pub(super) call: String,
    /// The question as shown, what of the records goes out with the write, and their entity tags;
    /// a difference means that something changed in between.
    pub(super) shown: String,
}

impl Binding {
    pub(super) fn of(located: &Located, rendered: Option<&Rendered>) -> Self {
        let checked = located.checked();
        let permit = checked.permit();
        let person = permit.identity().person_key();
        let etags: Vec<_> = located.records().values().map(|record| &record.etag).collect();
        let shown = rendered.map(|rendered| (&rendered.message, &rendered.carried));
        Self {
            call: digest_of(&json!([
                person.tenant(),
                person.subject(),
                permit.tool().id.to_string(),
                checked.digest(),
            ])),
            shown: digest_of(&json!([shown, etags])),
        }
    }
}

/// What is sealed. A state with a field more or less is of another version, and no state of ours.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    binding: Binding,
    pub(super) confirmation: String,
    pub(super) nonce: String,
    pub(super) expires: u64,
    /// The state of a service that asks; none for the confirmation of a write.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    service: Option<Value>,
}

impl State {
    pub(super) fn new(
        binding: Binding,
        service: Option<Value>,
        expires: u64,
    ) -> Result<Self, Refusal> {
        let nonce = random_bytes::<16>().map_err(|_| Refusal::Internal)?;
        Ok(Self {
            binding,
            confirmation: random_name("cnf_"),
            nonce: HEXLOWER.encode(&nonce),
            expires,
            service,
        })
    }

    pub(super) fn binding(&self) -> &Binding {
        &self.binding
    }

    pub(super) fn seal(&self, keys: &KeyRing) -> Result<String, Refusal> {
        keys.seal(Purpose::RequestState, self).map_err(|_| Refusal::Internal)
    }

    pub(super) fn open(text: &str, keys: &KeyRing) -> Result<Self, Refusal> {
        keys.open(Purpose::RequestState, text).map_err(|_| Refusal::InvalidState)
    }

    /// Is this the confirmation of this very call, still open, and all as it was shown?
    ///
    /// # Errors
    /// [`Refusal::InvalidState`], [`Refusal::Changed`].
    pub(super) fn judge(&self, now: &Binding, seconds: u64) -> Result<(), Refusal> {
        if self.service.is_some() || !self.is_open_for(now, seconds) {
            return Err(Refusal::InvalidState);
        }
        if self.binding.shown == now.shown { Ok(()) } else { Err(Refusal::Changed) }
    }

    /// The state that a service gave along with its question.
    ///
    /// # Errors
    /// [`Refusal::InvalidState`]
    pub(super) fn of_service(self, now: &Binding, seconds: u64) -> Result<Value, Refusal> {
        let open = self.is_open_for(now, seconds);
        self.service.filter(|_| open).ok_or(Refusal::InvalidState)
    }

    fn is_open_for(&self, now: &Binding, seconds: u64) -> bool {
        self.binding.call == now.call && seconds < self.expires
    }

    /// The same for every use of this state, and for no other. A UUID in form, since services
    /// often store keys as one.
    pub(super) fn idempotency_key(&self) -> String {
        let digest = digest::digest(&digest::SHA256, self.nonce.as_bytes());
        let mut bytes = [0_u8; 16];
        bytes.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
    }
}

/// Where a service's own state begins: what it wants back with the answers.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceState(pub Value);

/// Seals a service's state for the answer to its own question. Returns the confirmation's id and
/// the request state.
pub fn seal_service(
    located: &Located,
    state: ServiceState,
    expires: u64,
    keys: &KeyRing,
) -> Result<(String, String), Refusal> {
    let state = State::new(Binding::of(located, None), Some(state.0), expires)?;
    let sealed = state.seal(keys)?;
    Ok((state.confirmation, sealed))
}
