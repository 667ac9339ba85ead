//! A located call isn't one that may be carried out.

use osier::backend::{Backends, Sent};
use osier::call::Notes;
use osier::confirm::Confirmations;
use osier::target::Located;

async fn skip(
    backends: &Backends,
    located: Located,
    confirmations: &Confirmations,
    notes: &Notes,
) {
    let _ = backends.execute(located, confirmations, notes, &mut Sent::default()).await;
}

fn main() {}
