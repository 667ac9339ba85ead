//! Stages that ask nobody: the schema, the scope over answers of several sizes, seals and records.

use std::collections::BTreeSet;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use osier::access::{Place, Scopes, Standing, judge};
use osier::audit::{Record, Sink};
use osier::call::{Client, Refusal, Stop};
use osier::catalog::{Answer, Filter, Tool};
use osier::clock::Clock;
use osier::demo::{ANA, SITE_3LW, SITE_60M};
use osier::request;
use osier::seal::{KeyRing, Purpose};
use serde_json::{Value, json};

use super::world::World;

pub(crate) fn schema_check(criterion: &mut Criterion) {
    let world = World::new(None, &[ANA]).expect("the world");
    let tool = world.assembly.pipeline.catalog().tool("list_sites").expect("the tool");
    let arguments = json!({"pageSize": 10, "status": "Operations", "siteIds": [SITE_60M]});
    assert!(request::problems(tool, &arguments).is_empty(), "the arguments fit");
    criterion.bench_function("schema", |bencher| {
        bencher.iter(|| black_box(request::problems(tool, black_box(&arguments))));
    });
}

pub(crate) fn scope_filter(criterion: &mut Criterion) {
    let world = World::new(None, &[ANA]).expect("the world");
    let tool = world.assembly.pipeline.catalog().tool("list_sites").expect("the tool");
    let scopes = Scopes::from_iter([Place::Site(SITE_60M.to_owned())]);
    let mut group = criterion.benchmark_group("scope");
    for size in [1_024, 16 * 1_024, 128 * 1_024, 1_024 * 1_024] {
        let rows = rows(size);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(format!("{} KB", size / 1_024), |bencher| {
            bencher.iter(|| black_box(keep(tool, &scopes, &rows)));
        });
    }
    group.finish();
}

/// What the stage does with each row of a list.
fn keep(tool: &Tool, scopes: &Scopes, rows: &[Value]) -> Vec<Value> {
    let (Some(Filter::Place(place)), Answer::List(list)) = (&tool.scope.filter, &tool.answer)
    else {
        return Vec::new();
    };
    let inside =
        |row: &&Value| judge(place, scopes, &BTreeSet::new(), ANA.oid, row) == Standing::Inside;
    rows.iter().filter(inside).map(|row| list.row.project(row)).collect()
}

/// Rows of this many bytes together, half of them inside.
fn rows(size: usize) -> Vec<Value> {
    let row = |id| {
        json!({
            "id": id, "name": "60 Market Street", "code": "MKT", "type": "Office",
            "address": "60 Market Street", "state": "NSW", "country": "Australia",
            "size": {"value": 42_000.0, "unit": "sqm"}, "timeZone": "Australia/Sydney",
        })
    };
    let pair = [row(SITE_60M), row(SITE_3LW)];
    let each = pair.iter().map(|row| row.to_string().len()).sum::<usize>() / pair.len();
    pair.iter().cycle().take((size / each).max(2)).cloned().collect()
}

pub(crate) fn seal_and_open(criterion: &mut Criterion) {
    let keys = KeyRing::random().expect("keys");
    let value = json!({"tool": "list_sites", "digest": "0".repeat(64), "page": 2});
    let sealed = keys.seal(Purpose::Cursor, &value).expect("sealed");
    let mut group = criterion.benchmark_group("seal");
    group.bench_function("seal", |bencher| {
        bencher.iter(|| black_box(keys.seal(Purpose::Cursor, black_box(&value))));
    });
    group.bench_function("open", |bencher| {
        bencher.iter(|| black_box(keys.open::<Value>(Purpose::Cursor, black_box(&sealed))));
    });
    group.finish();
}

pub(crate) fn audit_line(criterion: &mut Criterion) {
    let world = World::new(Some(1), &[ANA]).expect("the world");
    let identity = world.identity(&ANA).expect("a person");
    let (sink, _) = Sink::to(std::io::sink(), osier::audit::Terms::default());
    let client =
        Client { name: "bench".into(), version: "1".into(), protocol: "2026-07-28".into() };
    criterion.bench_function("audit line", |bencher| {
        bencher.to_async(&world.runtime).iter(|| async {
            let record = Record::open(&sink, &Clock::System, &identity, &client).await;
            let end = Err(Stop::Refused(Refusal::InvalidCursor));
            black_box(record.map(|record| record.end(end).is_err()))
        });
    });
}
