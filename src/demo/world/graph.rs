//! The buildings as Mapped has them: sites, buildings, floors, spaces, zones, things and points, with
//! ids of Mapped's own. Made once from the places and the machines; `mapped` answers queries from it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::equipment::Equipment;
use super::places::stable_id;
use crate::demo::fields::{text, texts};

/// All nodes; the first is the root.
#[derive(Debug, Default)]
pub(in crate::demo) struct Graph {
    pub(in crate::demo) nodes: Vec<Node>,
    /// By the id of the place or the machine.
    known: BTreeMap<String, usize>,
}

/// One node.
#[derive(Debug, Default)]
pub(in crate::demo) struct Node {
    /// GraphQL `__typename`.
    pub(in crate::demo) kind: &'static str,
    /// What it holds itself.
    pub(in crate::demo) fields: Map<String, Value>,
    /// What it belongs to.
    pub(in crate::demo) one: BTreeMap<&'static str, Option<usize>>,
    /// What belongs to it.
    pub(in crate::demo) many: BTreeMap<&'static str, Vec<usize>>,
    pub(in crate::demo) site: String,
}

/// The types, their lists' names, the beginning of their ids, what they belong to and what belongs
/// to them.
type Type =
    (&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const TYPES: [Type; 7] = [
    ("Site", "sites", "SITE", &[], &["buildings"]),
    ("Building", "buildings", "BLDG", &["site"], &["floors", "things"]),
    ("Floor", "floors", "FLR", &["building"], &["spaces", "zones", "things"]),
    ("Space", "spaces", "SPC", &["building", "floor"], &["things"]),
    ("Zone", "zones", "ZONE", &["building", "floor"], &[]),
    ("Thing", "things", "THG", &["building", "floor", "space"], &["points"]),
    ("Point", "points", "PNT", &["building", "thing"], &[]),
];

impl Graph {
    /// The graph of these places and machines.
    pub(super) fn build(locations: &[Value], equipment: &Equipment, created: &str) -> Self {
        let mut graph = Self::default();
        let lists = TYPES.iter().map(|(_, list, ..)| (*list, Vec::new())).collect();
        graph.nodes.push(Node { kind: "Query", many: lists, ..Node::default() });
        for place in locations {
            graph.add_place(place, created);
        }
        for (index, asset) in equipment.assets.iter().enumerate() {
            let at = asset.location_ids.last().and_then(|id| graph.known.get(id)).copied();
            let fields = json!({
                "id": asset.mapped_id, "name": asset.name, "exactType": asset.model,
                "description": format!("{} {}", asset.manufacturer, asset.model_number),
                "identities": [identity("twin", &asset.twin_id)],
            });
            let thing = graph.add("Thing", &fields, at, asset.site, created);
            for point in equipment.points_of(index) {
                let fields = json!({
                    "id": mapped_id("PNT", &point.twin_id), "name": point.name,
                    "exactType": point.model, "unit": point.unit,
                    "identities": [identity("twin", &point.twin_id)],
                });
                graph.add("Point", &fields, Some(thing), point.site, created);
            }
        }
        graph
    }

    fn add_place(&mut self, place: &Value, created: &str) {
        let kind = match text(place, "kind") {
            "portfolio" => "Site",
            "building" => "Building",
            "level" => "Floor",
            "zone" => "Zone",
            _ => "Space",
        };
        let prefix = TYPES.iter().find(|one| one.0 == kind).map_or("", |one| one.2);
        let id = text(place, "id");
        let mut identities = vec![identity("twin", text(place, "twinId"))];
        if kind == "Building" {
            identities.push(identity("site", id));
        }
        let model = text(place, "modelId").trim_start_matches("dtmi:com:willowinc:");
        let fields = json!({
            "id": mapped_id(prefix, id), "name": text(place, "name"),
            "exactType": model.trim_end_matches(";1"), "identities": identities,
        });
        let parents: Vec<&str> = texts(place, "path").collect();
        let parent = parents.iter().rev().skip(1).find_map(|id| self.known.get(*id)).copied();
        let node = self.add(kind, &fields, parent, text(place, "siteId"), created);
        self.known.insert(id.to_owned(), node);
    }

    /// Adds a node below its parent, and gives its index.
    fn add(
        &mut self,
        kind: &'static str,
        fields: &Value,
        parent: Option<usize>,
        site: &str,
        created: &str,
    ) -> usize {
        let index = self.nodes.len();
        let known = TYPES.iter().find(|one| one.0 == kind).copied();
        let Some((_, list, _, ones, manies)) = known else { return index };
        let mut all = Map::new();
        for (key, value) in [("description", json!(null)), ("dateCreated", json!(created))] {
            all.insert(key.to_owned(), value);
        }
        all.insert("dateUpdated".to_owned(), created.into());
        all.extend(fields.as_object().cloned().unwrap_or_default());
        // What the parent belongs to, its child belongs to as well.
        let mut above: BTreeMap<&str, usize> = BTreeMap::new();
        if let Some((at, node)) = parent.and_then(|at| Some((at, self.nodes.get(at)?))) {
            above.extend(node.one.iter().filter_map(|(key, one)| Some((*key, (*one)?))));
            let own = TYPES.iter().find(|one| one.0 == node.kind).map(|one| one.1);
            above.extend(own.map(|list| (list.trim_end_matches('s'), at)));
        }
        let one = ones.iter().map(|key| (*key, above.get(key).copied())).collect();
        let many = manies.iter().map(|key| (*key, Vec::new())).collect();
        self.nodes.push(Node { kind, fields: all, one, many, site: site.to_owned() });
        for at in [Some(0), parent].into_iter().flatten() {
            if let Some(list) = self.nodes.get_mut(at).and_then(|node| node.many.get_mut(list)) {
                list.push(index);
            }
        }
        index
    }

    /// The node that queries begin at.
    pub(in crate::demo) fn root(&self) -> Option<&Node> {
        self.nodes.first()
    }

    pub(in crate::demo) fn node(&self, index: usize) -> Option<&Node> {
        self.nodes.get(index)
    }

    /// The ids of a site's nodes of one type.
    pub(in crate::demo) fn ids(&self, kind: &str, site: &str) -> Vec<String> {
        let nodes = self.nodes.iter().filter(|node| node.kind == kind && node.site == site);
        nodes.filter_map(|node| Some(node.fields.get("id")?.as_str()?.to_owned())).collect()
    }
}

/// An id as Mapped makes them: the type, and letters that say nothing.
fn mapped_id(prefix: &str, name: &str) -> String {
    let letters = stable_id(&format!("mapped/{prefix}/{name}")).replace('-', "");
    format!("{prefix}{}", letters.get(..20).unwrap_or_default())
}

/// By what the same thing is known to Willow.
fn identity(what: &str, id: &str) -> Value {
    json!({
        "exactType": "ExternalIdentity", "scope": "WILLOW", "scopeId": null,
        "value": format!("urn:willowinc:{what}:id:{id}"),
    })
}
