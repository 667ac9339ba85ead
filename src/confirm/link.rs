//! A question that is answered by link: for clients that can't show one. The front door passes the
//! link on, the same person opens it, signs in and says yes or no there, and the client makes the call
//! again. What is asked and what was said is kept sealed, so that the store can neither read nor
//! answer. A yes that came this way is held against the call as any other (`decision`).

mod decision;
mod page;

pub use page::{LinkAnswer, Shown};

pub(super) use decision::ByLink;

use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Confirmations;
use super::question::{CONFIRM, one_line};
use super::spent::lost;
use super::state::State;
use crate::call::{Ask, Refusal};
use crate::identity::Identity;
use crate::request::digest as digest_of;
use crate::seal::{Purpose, random_bytes};
use crate::store::{KeptLink, LinkStatus};

/// How often it is tried to keep a link where others do the same at once.
const TRIES: usize = 3;
/// A client's name is cut where it is shown.
const MAX_CLIENT: usize = 80;

/// Who is asked: Entra's tenant and object id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The tenant's id (`tid`).
    pub tenant: String,
    /// The object id (`oid`).
    pub subject: String,
}

/// Who asks through which client, to be shown to the person.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Whose call it is, and so who has to answer.
    pub identity: &'a Identity,
    /// The tool's title.
    pub tool: &'a str,
    /// The client as it calls itself.
    pub client: &'a str,
}

/// A link that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id: 26 base32 characters, 128 random bits. Whoever has it learns nothing by it.
    pub id: String,
    /// Until when it may be answered, in seconds since 1970.
    pub expires: u64,
}

/// What is sealed into the store.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    id: String,
    person: Person,
    message: String,
    tool: String,
    client: String,
    state: State,
    /// What the person said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    said: Option<bool>,
}

impl From<&Identity> for Person {
    fn from(identity: &Identity) -> Self {
        Self { tenant: identity.tenant().to_owned(), subject: identity.subject().to_owned() }
    }
}

impl Confirmations {
    /// The link under which the person answers this confirmation of a write. A call that is made again
    /// while its question is open gets the same one.
    ///
    /// # Errors
    /// [`Refusal::CannotAsk`] for a service's own question; [`Refusal::Internal`] where it can't be
    /// kept.
    pub async fn link(&self, ask: &Ask, asker: Asker<'_>) -> Result<Link, Refusal> {
        let question = ask.questions.get(CONFIRM).filter(|_| !ask.from_service);
        let question = question.ok_or(Refusal::CannotAsk)?;
        let kept = Kept {
            id: new_id()?,
            person: Person::from(asker.identity),
            message: question.message.clone(),
            tool: asker.tool.to_owned(),
            client: one_line(asker.client, MAX_CLIENT),
            state: State::open(&ask.state, &self.keys)?,
            said: None,
        };
        let (link, binding) = (kept.link(), kept.state.binding().clone());
        let row = KeptLink {
            id_hash: id_hash(&kept.id),
            person_hash: digest_of(&json!(kept.person)),
            call_hash: binding.call.clone(),
            shown_hash: binding.shown.clone(),
            status: LinkStatus::Pending,
            expires: link.expires,
            sealed: self.sealed(&kept)?,
        };
        for _ in 0..TRIES {
            let open = self.links_of(&binding.call).await?;
            let same =
                |kept: &Kept| kept.said.is_none() && kept.state.binding().shown == binding.shown;
            if let Some(open) = open.into_iter().find(same) {
                return Ok(open.link());
            }
            if self.store.put_link(&row).await.map_err(|fault| lost(&fault))? {
                return Ok(link);
            }
        }
        tracing::error!("a link gives way to others again and again");
        Err(Refusal::Internal)
    }

    /// What is kept of a call's links that are still good for something, the newest first.
    async fn links_of(&self, call: &str) -> Result<Vec<Kept>, Refusal> {
        let rows = self.store.links_of(call).await.map_err(|fault| lost(&fault))?;
        Ok(rows.iter().filter_map(|row| self.opened(row)).collect())
    }

    fn sealed(&self, kept: &Kept) -> Result<String, Refusal> {
        self.keys.seal(Purpose::Link, kept).map_err(|_| Refusal::Internal)
    }

    /// What is in a row, if it is ours and this row's.
    fn opened(&self, row: &KeptLink) -> Option<Kept> {
        let kept = self.keys.open::<Kept>(Purpose::Link, &row.sealed).ok();
        let kept = kept.filter(|kept| id_hash(&kept.id) == row.id_hash);
        if kept.is_none() {
            // The key before the last one, mostly, or a store that somebody wrote to.
            tracing::warn!("a link in the store can't be opened");
        }
        kept
    }
}

impl Kept {
    fn link(&self) -> Link {
        Link { id: self.id.clone(), expires: self.state.expires }
    }
}

fn new_id() -> Result<String, Refusal> {
    let bytes = random_bytes::<16>().map_err(|_| Refusal::Internal)?;
    Ok(BASE32_NOPAD.encode(&bytes).to_ascii_lowercase())
}

fn id_hash(id: &str) -> String {
    digest_of(&json!(id))
}
