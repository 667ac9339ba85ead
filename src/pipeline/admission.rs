//! How many calls there may be: of one person and of all together at once, and how often one tool is
//! called. The pipeline asks once it is known that the person may use the tool, so that a limit tells
//! nobody of a tool that they don't see; the HTTP layer has its own limits before that
//! (`middleware::limits`).

use std::sync::Arc;
use std::time::Duration;

use crate::admission::{Place, Places, Quota, Rates, Share, Shares};
use crate::call::{Limit, Refusal};
use crate::catalog::{Tool, ToolId};
use crate::clock::Clock;
use crate::identity::{Identity, PersonKey};
use crate::telemetry::{self, meters};

/// More tools than any catalog has.
const MOST_TOOLS: usize = 10_000;
/// When to come again where it isn't known when a place is free.
const SOON: Duration = Duration::from_secs(1);

/// The limits of calls, and what is taken of them.
pub struct Admission {
    all: Arc<Places>,
    people: Shares<PersonKey>,
    tools: Rates<ToolId>,
}

/// A place among the calls that run, until it is dropped.
#[derive(Debug)]
pub(super) struct Admitted {
    _share: Share<PersonKey>,
    _place: Place,
}

impl Admission {
    /// Nothing is taken yet but of those places.
    pub fn new(all: Arc<Places>, per_person: usize, tool: Quota, clock: Clock) -> Self {
        Self { all, people: Shares::new(per_person), tools: Rates::new(tool, MOST_TOOLS, clock) }
    }

    /// A place for one more call of this person's. Their own share comes first, so that one person
    /// can't fill the line in front of the places.
    pub(super) async fn enter(&self, identity: &Identity) -> Result<Admitted, Refusal> {
        let share = self.people.take(&identity.person_key());
        let share = share.ok_or_else(|| limited(Limit::Person, SOON))?;
        let place = self.all.enter().await;
        let place = place.ok_or_else(|| limited(Limit::Overall, SOON))?;
        Ok(Admitted { _share: share, _place: place })
    }

    /// One more call of this tool.
    pub(super) fn tool(&self, tool: &Tool) -> Result<(), Refusal> {
        let taken = self.tools.take(&tool.id);
        taken.map_err(|too_many| limited(Limit::Tool, too_many.retry_after))
    }

    /// How many calls run.
    pub fn running(&self) -> usize {
        self.all.taken()
    }
}

/// A refusal, counted.
fn limited(limit: Limit, retry_after: Duration) -> Refusal {
    meters().shed(match limit {
        Limit::Person => telemetry::Limit::Person,
        Limit::Tool => telemetry::Limit::Tool,
        Limit::Overall => telemetry::Limit::Concurrency,
    });
    Refusal::Limited { limit, retry_after }
}
