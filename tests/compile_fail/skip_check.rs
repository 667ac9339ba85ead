//! Arguments are checked before their records are read.

use osier::access::Permit;
use osier::target::{self, Source};

async fn skip(permit: Permit, source: &dyn Source) {
    let _ = target::locate(permit, source).await;
}

fn main() {}
