//! The request state that travels with a question: sealed, and bound to everything that a yes is
//! meant for.

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
pub(super) struct Binding {
    /// Tenant, person, tool and arguments; a difference means that the state is for another call.
    call: String,
    /// The question as shown and the record's entity tag; a difference means that the record
    /// changed in between.
    shown: String,
}

impl Binding {
    pub(super) fn of(located: &Located, rendered: Option<&Rendered>) -> Self {
        let checked = located.checked();
        let permit = checked.permit();
        let person = permit.identity().person_key();
        let etags: Vec<_> = located.records().values().map(|record| &record.etag).collect();
        Self {
            call: digest_of(&json!([
                person.tenant(),
                person.subject(),
                permit.tool().id.to_string(),
                checked.digest(),
            ])),
            shown: digest_of(&json!([rendered.map(|rendered| &rendered.message), etags])),
        }
    }
}

/// What is sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    binding: Binding,
    pub(super) confirmation: String,
    pub(super) nonce: String,
    pub(super) expires: u64,
    /// The state of a service that asks; none for the confirmation of a write.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) service: Option<Value>,
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

    pub(super) fn seal(&self, keys: &KeyRing) -> Result<String, Refusal> {
        keys.seal(Purpose::RequestState, self).map_err(|_| Refusal::Internal)
    }

    pub(super) fn open(text: &str, keys: &KeyRing) -> Result<Self, Refusal> {
        keys.open(Purpose::RequestState, text).map_err(|_| Refusal::InvalidState)
    }

    /// Is this state for this call, still open, and the record as it was shown?
    pub(super) fn judge(&self, now: &Binding, seconds: u64) -> Result<(), Refusal> {
        if self.binding.call != now.call || seconds >= self.expires {
            return Err(Refusal::InvalidState);
        }
        if self.binding.shown != now.shown && self.service.is_none() {
            return Err(Refusal::Changed);
        }
        Ok(())
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
