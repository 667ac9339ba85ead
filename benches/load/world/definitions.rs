//! Definition files in any number, each like the ones that Osier brings.

use std::fs;
use std::path::Path;

const SERVICE: &str = "\
backend: sitecore
rows:
  site:
    id: string!
    name: string!
    code: string
    status: string
    address: string
";

const TOOL: &str = "\
name: list_sites_NUMBER
title: List sites NUMBER
description: >-
  Lists the buildings (sites) that the person looks after, with name, code, address and status.
  Other tools take a building's id from here.
permission: WillowApp.CanViewLocations
effect: read
input:
  use: [sites, page, fields]
  properties:
    q: {type: string, minLength: 1, maxLength: 200, description: \"Part of a name, code or address.\"}
    status: {type: string, minLength: 1, maxLength: 50, description: \"Only sites of this status.\"}
    type: {type: string, minLength: 1, maxLength: 100, description: \"Only sites of this type, such as Office.\"}
request:
  get: [sites]
  query:
    siteIds: {scope: sites, narrow: siteIds}
    q: {arg: q}
    status: {arg: status}
    type: {arg: type}
    pageSize: {arg: pageSize}
    continuationToken: {cursor: token}
answer: {items: /items, more: {token: /continuationToken}, row: site}
scope: {push: sites, filter: {site: /id}}
";

/// Writes a folder of this many tools.
pub(super) fn write(folder: &Path, many: usize) -> std::io::Result<()> {
    let service = folder.join("sitecore");
    fs::create_dir_all(&service)?;
    fs::write(service.join("_service.yaml"), SERVICE)?;
    for number in 0..many {
        let name = format!("list_sites_{number}.yaml");
        fs::write(service.join(name), TOOL.replace("NUMBER", &number.to_string()))?;
    }
    Ok(())
}
