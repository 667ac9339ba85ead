//! The whole pipeline of a call that asks no service: permission, schema, record, scope and guards.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::Criterion;
use osier::call::{Call, Client, Notes};
use osier::demo::ANA;
use serde_json::Map;
use tokio_util::sync::CancellationToken;

use super::world::World;

pub(crate) fn pipeline(criterion: &mut Criterion) {
    let world = World::new(None, &[ANA]).expect("the world");
    let identity = world.identity(&ANA).expect("a person");
    let pipeline = &world.assembly.pipeline;
    criterion.bench_function("pipeline", |bencher| {
        bencher.to_async(&world.runtime).iter(|| async {
            let ran = pipeline.run(Arc::clone(&identity), call()).await;
            assert!(ran.end.is_ok(), "{:?}", ran.end);
            black_box(ran)
        });
    });
}

fn call() -> Call {
    Call {
        tool: "get_my_permissions".to_owned(),
        arguments: Map::new(),
        answer: None,
        by_link: false,
        part_of: None,
        client: Client { name: "bench".into(), version: "1".into(), protocol: "2026-07-28".into() },
        notes: Notes::silent(),
        cancel: CancellationToken::new(),
        budget: Duration::from_secs(30),
    }
}
