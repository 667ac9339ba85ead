//! The parts of a call, each by itself, without the network (`cargo bench --bench parts`). The load program
//! measures the whole; this says where it goes.

#![expect(clippy::expect_used, reason = "a benchmark has nobody to tell of a fault")]

mod identity;
mod lists;
mod stages;
mod whole;
mod world;

use criterion::{criterion_group, criterion_main};

criterion_group! {
    name = parts;
    config = world::brief();
    targets = identity::token_check, lists::tool_lists, stages::schema_check, stages::scope_filter,
        stages::seal_and_open, stages::audit_line, whole::pipeline
}
criterion_main!(parts);
