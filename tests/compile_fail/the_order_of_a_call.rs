//! What the other files leave out, in its order: this compiles.

use std::sync::Arc;

use osier::access::Access;
use osier::backend::{Backends, Sent};
use osier::call::{Call, Stop};
use osier::catalog::Catalog;
use osier::clock::Clock;
use osier::confirm::{Confirmations, Trace};
use osier::identity::Identity;
use osier::response::{self, Bounds, Outcome};
use osier::{request, scope, target};

async fn run(
    identity: Arc<Identity>,
    call: Call,
    catalog: &Arc<Catalog>,
    access: &Access,
    backends: &Backends,
    confirmations: &Confirmations,
    clock: &Clock,
) -> Result<Outcome, Stop> {
    let answered = call.answer.is_some() || call.by_link;
    let permit = access.authorize(catalog, &identity, &call.tool, answered).await;
    let permit = permit.map_err(|denial| denial.refusal)?;
    let checked = request::check(permit, call.arguments, &confirmations.keys, clock)?;
    let located = target::locate(checked, backends).await?;
    let mut trace = Trace::default();
    let consent = confirmations.decide(located, call.answer, call.by_link, &mut trace).await?;
    let mut sent = Sent::default();
    let raw = backends.execute(consent, confirmations, &call.notes, &mut sent).await?;
    let scoped = scope::apply(raw, backends, &call.notes, &mut sent).await?;
    Ok(response::check(&scoped, &Bounds { max_chars: 40_000, app_url: None }, &confirmations.keys, clock)?)
}

fn main() {
    let _ = run;
}
