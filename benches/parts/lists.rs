//! Which tools somebody is shown: the choice alone, which the sending of the list follows.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use criterion::Criterion;

use super::world::{World, people};

pub(crate) fn tool_lists(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("list");
    for (tools, many) in [(20, 1), (200, 1), (1_000, 1), (20, 10_000), (1_000, 10_000)] {
        let people = people(many);
        let world = World::new(Some(tools), &people).expect("the world");
        let identities: Vec<_> =
            people.iter().map(|person| world.identity(person).expect("a person")).collect();
        let door = world.assembly.app.as_ref().map(|app| &app.door).expect("the door");
        let next = AtomicUsize::new(0);
        for identity in &identities {
            world.runtime.block_on(door.tool_list(identity)).expect("a list");
        }
        group.bench_function(format!("{tools} tools, {many} people"), |bencher| {
            bencher.to_async(&world.runtime).iter(|| async {
                let next = next.fetch_add(1, Ordering::Relaxed) % identities.len();
                let identity = identities.get(next).expect("one of them");
                black_box(door.tool_list(identity).await).expect("a list")
            });
        });
    }
    group.finish();
}

const SERVICE: &str =
    "backend: sitecore\nrows:\n  site:\n    id: string!\n    name: string!\n    code: string\n";

const TOOL: &str = "\
name: list_sites_NUMBER
title: List sites NUMBER
description: Lists the buildings that the person looks after, with name, code and address.
permission: WillowApp.CanViewLocations
effect: read
input:
  use: [page, fields]
  properties:
    status: {type: string, minLength: 1, maxLength: 50, description: \"Only of this status.\"}
request:
  get: [sites]
  query: {status: {arg: status}, pageSize: {arg: pageSize}, continuationToken: {cursor: token}}
answer: {items: /items, more: {token: /continuationToken}, row: site}
scope: {filter: {site: /id}}
";

/// Writes a folder of this many tools.
pub(crate) fn write(folder: &Path, many: usize) -> std::io::Result<()> {
    let service = folder.join("sitecore");
    fs::create_dir_all(&service)?;
    fs::write(service.join("_service.yaml"), SERVICE)?;
    for number in 0..many {
        let name = format!("list_sites_{number}.yaml");
        fs::write(service.join(name), TOOL.replace("NUMBER", &number.to_string()))?;
    }
    Ok(())
}
