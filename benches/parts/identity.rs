//! A token's check: with its signature, and remembered.

use std::hint::black_box;
use std::sync::Arc;

use criterion::Criterion;
use osier::clock::Clock;
use osier::demo::ANA;
use osier::identity::{Authenticator, Settings};
use osier::outbound::{self, Limits};

use super::world::World;

pub(crate) fn token_check(criterion: &mut Criterion) {
    let world = World::new(Some(1), &[ANA]).expect("the world");
    let token = world.around.entra().token(&ANA);
    let identity = &world.config.identity;
    let mut settings = Settings::new(
        identity.audience.clone(),
        identity.tenant_id.clone(),
        identity.discovery_url.clone(),
    );
    let mut group = criterion.benchmark_group("token");
    for (name, cached) in [("cold", 0), ("cached", 10_000)] {
        settings.cached_tokens = cached;
        let http = outbound::client(&Limits::documents()).expect("a client");
        let authenticator = Authenticator::new(settings.clone(), http, Clock::System);
        let authenticator = Arc::new(authenticator);
        let first = world.runtime.block_on(authenticator.authenticate_token(&token));
        first.expect("a good token");
        group.bench_function(name, |bencher| {
            bencher.to_async(&world.runtime).iter(|| async {
                black_box(authenticator.authenticate_token(&token).await).expect("a good token")
            });
        });
    }
    group.finish();
}
