//! A request that changes something isn't sent where only reads are.

use osier::catalog::WriteRequest;
use osier::target::{Fill, Source};

async fn send(source: &dyn Source, write: &WriteRequest, fill: Fill<'_>) {
    let _ = source.read("workflowcore", write, fill).await;
}

fn main() {}
