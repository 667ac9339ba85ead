//! Each stage takes the call with it: a consent is carried out once.

use osier::backend::{Backends, Sent};
use osier::call::Notes;
use osier::confirm::{Confirmations, Consent};

async fn twice(
    backends: &Backends,
    consent: Consent,
    confirmations: &Confirmations,
    notes: &Notes,
) {
    let mut sent = Sent::default();
    let _ = backends.execute(consent, confirmations, notes, &mut sent).await;
    let _ = backends.execute(consent, confirmations, notes, &mut sent).await;
}

fn main() {}
