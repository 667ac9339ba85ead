//! Composed tools: each part is a full run of the pipeline as the same person, with a decision and
//! a record of its own. What is put together here was scoped and guarded part by part.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::{BoxFuture, try_join_all};

use crate::backend;
use crate::call::{Refusal, Stop};
use crate::catalog::Part;
use crate::confirm::Consent;
use crate::response::{self, Outcome};

use super::Pipeline;
use super::circumstances::Circumstances;

impl Pipeline {
    /// Runs the parts, all at once, and puts their outcomes under their names.
    pub(super) async fn compose(
        self: &Arc<Self>,
        consent: &Consent,
        parts: &[Part],
        circumstances: &Circumstances,
    ) -> Result<Outcome, Stop> {
        let runs = parts.iter().map(|part| self.part(consent, part, circumstances));
        let outcomes = try_join_all(runs).await?;
        Ok(response::join(consent, outcomes.into_iter().flatten().collect(), self.bounds)?)
    }

    /// One part; nothing where the person may not have it and the tool can do without. Boxed, since
    /// the pipeline runs inside of itself here.
    fn part<'a>(
        self: &'a Arc<Self>,
        consent: &'a Consent,
        part: &'a Part,
        circumstances: &'a Circumstances,
    ) -> BoxFuture<'a, Result<Option<(String, Outcome)>, Stop>> {
        async move {
            let located = consent.located();
            let identity = Arc::clone(located.checked().permit().identity());
            let arguments = backend::arguments(&part.with, &located.fill(), &self.clock)?;
            let call = circumstances.part(part.tool.id.name.clone(), arguments);
            match self.run(identity, call).await.end {
                Ok(outcome) => Ok(Some((part.name.clone(), outcome))),
                Err(Stop::Refused(Refusal::UnknownTool(_))) if part.if_permitted => Ok(None),
                Err(stop) => Err(stop),
            }
        }
        .boxed()
    }
}
