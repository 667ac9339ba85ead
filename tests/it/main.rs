//! Osier through its front door: a real server, real services, really signed tokens, and the
//! demo's people by name.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "all of this is a test, its helpers too"
)]

mod canaries;
mod clients;
mod composed;
mod confirming;
mod dashboards;
mod doctor;
mod documents;
mod first_light;
mod grants;
mod harness;
mod identity;
mod importing;
mod insights;
mod life;
mod limits;
mod links;
mod live;
mod mapped;
mod recording;
mod refusals;
mod replicas;
mod reports;
mod resilience;
mod running;
mod scoping;
mod sign_in;
mod sixty;
mod startup;
mod store;
mod telemetry;
mod tokens;
mod tools_page;
mod transport;
mod twins;
mod upstream;

/// The one of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
