//! Where each of the sample services' records belongs, by its id: against this, tests hold what somebody
//! was told.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Services;
use crate::demo::fields::{text, texts};
use crate::demo::world::World;

/// Where one record belongs.
#[derive(Clone, Debug)]
pub struct Whereabouts {
    /// Its site; none where it belongs to no site or to several.
    pub site: Option<String>,
    /// Its locations: its own, and those above it.
    pub locations: Vec<String>,
}

impl Services {
    /// Where every record belongs, by its id. What a service names by several ids stands here under
    /// each.
    pub fn whereabouts(&self) -> BTreeMap<String, Whereabouts> {
        let world = self.world();
        let mut all: BTreeMap<String, Whereabouts> = twins(&world).collect();
        all.extend(machines(&world));
        all.extend(whole_sites(&world));
        let tickets = world.tickets.iter().map(|ticket| &ticket.body);
        let lists = [
            &world.sites,
            &world.floors,
            &world.locations,
            &world.reference.categories,
            &world.reference.workgroups,
            &world.insights.insights,
            &world.inspections.inspections,
            &world.requirements,
        ];
        let records = lists.into_iter().flatten().chain(tickets);
        all.extend(records.map(|record| (text(record, "id").to_owned(), Whereabouts::of(record))));
        all
    }
}

/// Twins, by the ids that Azure Digital Twins knows.
fn twins(world: &World) -> impl Iterator<Item = (String, Whereabouts)> + '_ {
    world.twins.twins.iter().map(|twin| {
        let path = twin.pointer("/customProperties/willow/locationPath");
        let locations = path.and_then(Value::as_array).into_iter().flatten();
        let place = Whereabouts {
            site: twin.get("siteID").and_then(Value::as_str).map(str::to_owned),
            locations: locations.filter_map(Value::as_str).map(str::to_owned).collect(),
        };
        (text(twin, "$dtId").to_owned(), place)
    })
}

/// Machines and what they measure, by the ids of telemetry and of Mapped.
fn machines(world: &World) -> impl Iterator<Item = (String, Whereabouts)> + '_ {
    let place = |site: &str, locations: &[String]| Whereabouts {
        site: Some(site.to_owned()),
        locations: locations.to_vec(),
    };
    let assets = world.equipment.assets.iter().flat_map(move |asset| {
        let at = place(asset.site, &asset.location_ids);
        [(asset.twin_id.clone(), at.clone()), (asset.mapped_id.clone(), at)]
    });
    let points = world.equipment.points.iter().flat_map(move |point| {
        let at = place(point.site, &point.location_ids);
        [&point.twin_id, &point.trend_id, &point.external_id].map(|id| (id.clone(), at.clone()))
    });
    assets.chain(points)
}

/// What is told to those alone who hold its whole site.
fn whole_sites(world: &World) -> impl Iterator<Item = (String, Whereabouts)> + '_ {
    let place = |site: &str| Whereabouts { site: Some(site.to_owned()), locations: Vec::new() };
    let connectors = world.equipment.connectors.iter();
    let connectors = connectors.map(move |one| (one.id.clone(), place(one.site)));
    let papers = world.papers.iter().map(|paper| &paper.about);
    let papers = papers.map(move |one| (text(one, "id").to_owned(), place(text(one, "siteId"))));
    let nodes = world.graph.nodes.iter().filter(|node| !node.site.is_empty());
    let nodes = nodes.filter_map(move |node| {
        let id = node.fields.get("id").and_then(Value::as_str)?;
        Some((id.to_owned(), place(&node.site)))
    });
    let reports = world.reports.reports.iter().filter_map(move |report| {
        let sites: Vec<&str> = texts(&report.body, "scopeIds").collect();
        let [site] = sites.as_slice() else { return None };
        Some((text(&report.body, "id").to_owned(), place(site)))
    });
    connectors.chain(papers).chain(nodes).chain(reports)
}

impl Whereabouts {
    fn of(record: &Value) -> Self {
        let id = text(record, "id");
        // A site is its own place.
        let site = record.get("siteId").map_or(Some(id), Value::as_str);
        let path = record.get("path").or_else(|| record.get("locationIds"));
        let path = path.and_then(Value::as_array).into_iter().flatten();
        let locations = path.filter_map(Value::as_str).map(str::to_owned).collect();
        Self { site: site.map(str::to_owned), locations }
    }
}
