//! The sample twins and their relationships, made from the same places and machines that the other
//! services tell of. A few are planted to trip a careless reader.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::models::Models;
use crate::demo::claims::short_digest;
use crate::demo::fields::{set, text, texts};
use crate::demo::world::equipment::{Asset, Equipment, dtmi};
use crate::demo::world::{BLUEPRINTS, FINN_LEVEL, SITE_60M, canary, rfc3339, stable_id};

/// A twin of 60M whose id and name hold quotes.
pub const TWIN_WITH_QUOTES: &str = "60M-CARETAKER'S-DESK";
/// Two twins of 60M, each of which feeds the other.
pub const TWINS_IN_A_CYCLE: [&str; 2] = ["60M-HR-A", "60M-HR-B"];
/// A machine of 3LW that feeds machines of the other three sites.
pub const TWIN_BETWEEN_SITES: &str = "3LW-CH-01";
/// The machines that it feeds.
pub const TWINS_FED_FROM_ELSEWHERE: [&str; 3] = ["60M-AHU-01", "12H-AHU-01", "8KP-AHU-01"];

/// The twins.
#[derive(Debug)]
pub(in crate::demo) struct Graph {
    /// As the service gives them.
    pub(in crate::demo) twins: Vec<Value>,
    /// As the service gives them.
    pub(in crate::demo) relationships: Vec<Value>,
    pub(super) models: Models,
    by_id: BTreeMap<String, usize>,
    /// When the records are from.
    updated: String,
}

impl Graph {
    pub(in crate::demo) fn build(
        locations: &[Value],
        equipment: &Equipment,
        today: DateTime<Utc>,
    ) -> Self {
        let mut graph = Self {
            twins: Vec::new(),
            relationships: Vec::new(),
            models: Models::build(&rfc3339(today - TimeDelta::days(700))),
            by_id: BTreeMap::new(),
            updated: rfc3339(today - TimeDelta::days(3)),
        };
        let twin_ids: BTreeMap<&str, &str> =
            locations.iter().map(|node| (text(node, "id"), text(node, "twinId"))).collect();
        for node in locations {
            graph.add_location(node, &twin_ids);
        }
        for connector in &equipment.connectors {
            let model = match connector.kind {
                "BACnet" => "BACnetController",
                "Modbus" => "ModbusController",
                _ => "Controller",
            };
            let path = locations.iter().find(|node| text(node, "id") == connector.site);
            let path: Vec<&str> = path.into_iter().flat_map(|node| texts(node, "path")).collect();
            let own = json!({"externalID": connector.id});
            graph.add(
                &controller_id(connector.site, connector.kind),
                model,
                &connector.name,
                connector.site,
                &path,
                own,
            );
        }
        for asset in &equipment.assets {
            graph.add_asset(asset, &twin_ids, today);
        }
        for point in &equipment.points {
            let path: Vec<&str> = point.location_ids.iter().map(String::as_str).collect();
            let connector = equipment.connectors.get(point.connector);
            let own = json!({
                "trendID": point.trend_id,
                "externalID": point.external_id,
                "connectorID": connector.map(|one| &one.id),
                "unit": point.unit,
                "type": point.kind.word(),
                "trendInterval": point.interval,
                "enabled": true,
                "detected": point.detected,
            });
            graph.add(&point.twin_id, point.model, &point.name, point.site, &path, own);
            if let Some(asset) = equipment.assets.get(point.asset) {
                graph.relate(&point.twin_id, "isCapabilityOf", &asset.twin_id);
            }
            if let Some(connector) = connector {
                let controller = controller_id(connector.site, connector.kind);
                graph.relate(&point.twin_id, "hostedBy", &controller);
            }
        }
        graph.plant(locations);
        graph
    }

    /// The twin with this id.
    pub(in crate::demo) fn twin(&self, id: &str) -> Option<&Value> {
        self.by_id.get(id).and_then(|index| self.twins.get(*index))
    }

    fn add(&mut self, id: &str, model: &str, name: &str, site: &str, path: &[&str], own: Value) {
        let mut twin = json!({
            "$dtId": id,
            "$etag": format!("W/\"{}\"", short_digest(id.as_bytes())),
            "$metadata": {
                "$model": dtmi(model),
                "$lastUpdateTime": self.updated,
                "name": {"lastUpdateTime": self.updated},
            },
            "name": name,
            "uniqueID": stable_id(&format!("twin/{id}")),
            "customProperties": {"willow": {"locationPath": path}},
        });
        if !site.is_empty() {
            set(&mut twin, "siteID", site);
        }
        for (field, value) in own.as_object().into_iter().flatten() {
            set(&mut twin, field, value.clone());
        }
        self.by_id.insert(id.to_owned(), self.twins.len());
        self.twins.push(twin);
    }

    fn relate(&mut self, source: &str, name: &str, target: &str) {
        self.relationships.push(json!({
            "$relationshipId": stable_id(&format!("relationship/{source}/{name}/{target}")),
            "$sourceId": source,
            "$targetId": target,
            "$relationshipName": name,
            "$etag": format!("W/\"{}\"", short_digest(format!("{source}{name}{target}").as_bytes())),
        }));
    }

    fn add_location(&mut self, node: &Value, twin_ids: &BTreeMap<&str, &str>) {
        let (id, kind) = (text(node, "twinId"), text(node, "kind"));
        let path: Vec<&str> = texts(node, "path").collect();
        let model = text(node, "modelId");
        let model = model.trim_start_matches("dtmi:com:willowinc:").trim_end_matches(";1");
        let mut own = json!({"uniqueID": text(node, "id")});
        let number =
            text(node, "name").rsplit(' ').next().and_then(|word| word.parse::<u32>().ok());
        if let ("level", Some(number)) = (kind, number) {
            set(&mut own, "levelNumber", number);
            set(&mut own, "code", format!("L{number:02}"));
        }
        self.add(id, model, text(node, "name"), text(node, "siteId"), &path, own);
        if let Some(parent) = twin_ids.get(text(node, "parentId")) {
            self.relate(id, "isPartOf", parent);
        }
    }

    fn add_asset(&mut self, asset: &Asset, twin_ids: &BTreeMap<&str, &str>, today: DateTime<Utc>) {
        let id = &asset.twin_id;
        let path: Vec<&str> = asset.location_ids.iter().map(String::as_str).collect();
        let age = 400 + i64::try_from(asset.serial.len() * asset.name.len()).unwrap_or_default();
        let own = json!({
            "serialNumber": asset.serial,
            "modelNumber": asset.model_number,
            "manufacturedByRef": {"name": asset.manufacturer},
            "installationDate": (today - TimeDelta::days(age)).date_naive().to_string(),
            "mappedIds": [{"exactType": asset.model, "scope": "ORG", "value": asset.mapped_id}],
        });
        self.add(id, asset.model, &asset.name, asset.site, &path, own);
        if let Some(place) = path.last().and_then(|place| twin_ids.get(place)) {
            self.relate(id, "locatedIn", place);
        }
        if let Some(feeder) = &asset.fed_by {
            let name = if asset.model == "ElectricalMeter" { "subMeterOf" } else { "isFedBy" };
            self.relate(id, name, feeder);
        }
        for served in asset.serves.iter().filter_map(|place| twin_ids.get(place.as_str())) {
            self.relate(id, "serves", served);
        }
        if ["AirHandlingUnit", "Chiller", "Boiler"].contains(&asset.model) {
            let manuals = format!("{id}-DOCS");
            let name = format!("{} (manuals)", asset.name);
            self.add(&manuals, "DocumentCollection", &name, asset.site, &path, json!({}));
            self.relate(id, "hasDocument", &manuals);
        }
    }

    fn plant(&mut self, locations: &[Value]) {
        let word = canary(SITE_60M).unwrap_or_default();
        let level = locations.iter().find(|node| text(node, "id") == FINN_LEVEL);
        let path: Vec<&str> = level.into_iter().flat_map(|node| texts(node, "path")).collect();
        let name = format!("{word} caretaker's \"warm\" desk \\ sensor");
        let own = json!({"unit": "degC", "type": "analog"});
        self.add(TWIN_WITH_QUOTES, "ZoneAirTemperatureSensor", &name, SITE_60M, &path, own);
        let place = level.map(|node| text(node, "twinId")).unwrap_or_default();
        self.relate(TWIN_WITH_QUOTES, "isCapabilityOf", place);
        let [one, other] = TWINS_IN_A_CYCLE;
        for (id, letter) in [(one, "A"), (other, "B")] {
            let name = format!("{word} heat recovery {letter}");
            self.add(id, "HVACEquipment", &name, SITE_60M, &path, json!({}));
        }
        self.relate(one, "isFedBy", other);
        self.relate(other, "isFedBy", one);
        for fed in TWINS_FED_FROM_ELSEWHERE {
            self.relate(fed, "isFedBy", TWIN_BETWEEN_SITES);
        }
    }
}

/// The controller through which a connector hears its points.
fn controller_id(site: &str, kind: &str) -> String {
    let code = BLUEPRINTS.iter().find(|one| one.id == site);
    let code = code.map(|one| one.code).unwrap_or_default();
    format!("{code}-CONTROLLER-{}", kind.to_uppercase())
}
