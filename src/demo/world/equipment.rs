//! The machines of the four buildings: assets, their points (sensors, setpoints, commands, alarm
//! states), the connectors that bring the points' values, and the faults that happened to them.
//! Every service that speaks of a machine reads these same records: telemetry shows a fault's
//! spells, insights tell of the fault, twins and things are the assets. Generated once, never
//! changed. Models are names of the public Willow ontology.

mod assets;
mod capabilities;
mod connectors;
mod faults;
mod signal;

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::places::{BLUEPRINTS, SITE_3LW, SITE_8KP};
use super::random::Random;

pub(in crate::demo) use self::faults::{Fault, FaultKind};
pub(in crate::demo) use self::signal::Signal;

/// Keeps the machines' sequence of numbers apart from all others of the same seed.
const OWN_SEQUENCE: u64 = 0x4551_5549_504d_4e54;

/// All machines and what belongs to them. Indices in it (`Point::asset` and so on) point into
/// its own lists.
#[derive(Debug)]
pub(in crate::demo) struct Equipment {
    pub(in crate::demo) assets: Vec<Asset>,
    pub(in crate::demo) points: Vec<Point>,
    pub(in crate::demo) faults: Vec<Fault>,
    pub(in crate::demo) connectors: Vec<Connector>,
    /// What telemetry is computed from, beside the records.
    pub(in crate::demo) seed: u64,
    /// The points as LiveDataCore tells of them, in their order; made when first asked for.
    records: OnceLock<Vec<Value>>,
}

/// A machine or a meter.
#[derive(Clone, Debug)]
pub(in crate::demo) struct Asset {
    /// Readable and unique, such as `60M-AHU-03`.
    pub(in crate::demo) twin_id: String,
    /// Mapped's own id of the same thing.
    pub(in crate::demo) mapped_id: String,
    /// Holds the site's canary.
    pub(in crate::demo) name: String,
    /// A name of the ontology: `AirHandlingUnit` of `dtmi:com:willowinc:AirHandlingUnit;1`.
    pub(in crate::demo) model: &'static str,
    pub(in crate::demo) site: &'static str,
    pub(in crate::demo) site_code: &'static str,
    /// The number of its level; nothing for what serves the whole building.
    pub(in crate::demo) level: Option<usize>,
    pub(in crate::demo) floor_code: Option<String>,
    /// Portfolio, site, level?, room?: ids of the location tree, outermost first.
    pub(in crate::demo) location_ids: Vec<String>,
    /// The twin id of the asset that feeds it; of a submeter, of its parent meter.
    pub(in crate::demo) fed_by: Option<String>,
    /// Ids of the zones and rooms that it serves.
    pub(in crate::demo) serves: Vec<String>,
    pub(in crate::demo) serial: String,
    pub(in crate::demo) manufacturer: &'static str,
    pub(in crate::demo) model_number: String,
}

/// A capability of an asset: one series of values.
#[derive(Clone, Debug)]
pub(in crate::demo) struct Point {
    /// The asset's twin id and a tag, such as `60M-AHU-03-DAT`.
    pub(in crate::demo) twin_id: String,
    /// Holds the site's canary.
    pub(in crate::demo) name: String,
    pub(in crate::demo) model: &'static str,
    pub(in crate::demo) site: &'static str,
    pub(in crate::demo) asset: usize,
    /// Those of its asset.
    pub(in crate::demo) location_ids: Vec<String>,
    pub(in crate::demo) trend_id: String,
    pub(in crate::demo) external_id: String,
    pub(in crate::demo) connector: usize,
    /// Empty where a value has none.
    pub(in crate::demo) unit: &'static str,
    pub(in crate::demo) kind: PointKind,
    /// Seconds between two samples.
    pub(in crate::demo) interval: u32,
    /// What it measures or commands: how its values come about.
    pub(in crate::demo) signal: Signal,
    /// False: it is in the records, but no sample of it ever came.
    pub(in crate::demo) detected: bool,
}

/// What kind of values a point has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::demo) enum PointKind {
    Analog,
    /// 0 or 1.
    Binary,
    /// A small whole number, each with a meaning.
    MultiState,
    /// A count that only grows, such as energy.
    Sum,
}

/// What brings the values of some points of one site.
#[derive(Clone, Debug)]
pub(in crate::demo) struct Connector {
    pub(in crate::demo) id: String,
    /// Holds the site's canary.
    pub(in crate::demo) name: String,
    pub(in crate::demo) site: &'static str,
    /// `BACnet`, `Modbus` or `LoRaWAN`.
    pub(in crate::demo) kind: &'static str,
    /// It brings nothing from then on.
    pub(in crate::demo) down_since: Option<DateTime<Utc>>,
}

impl PointKind {
    /// The word of the contract.
    pub(in crate::demo) fn word(self) -> &'static str {
        match self {
            Self::Analog => "analog",
            Self::Binary => "binary",
            Self::MultiState => "multiState",
            Self::Sum => "sum",
        }
    }
}

impl Equipment {
    /// The machines of a seed, standing at these nodes of the location tree. Faults lie in the
    /// sixty days before `today`.
    pub(super) fn build(seed: u64, locations: &[Value], today: DateTime<Utc>) -> Self {
        let mut random = Random::new(seed ^ OWN_SEQUENCE);
        let mut made = Self {
            assets: Vec::new(),
            points: Vec::new(),
            faults: Vec::new(),
            connectors: connectors::build(today),
            seed,
            records: OnceLock::new(),
        };
        for site in &BLUEPRINTS {
            assets::build(&mut made.assets, site, locations, &mut random);
        }
        for index in 0..made.assets.len() {
            capabilities::build(&mut made, index, &mut random);
        }
        faults::build(&mut made, today, &mut random);
        made
    }

    /// The asset with this twin id.
    pub(in crate::demo) fn asset(&self, twin_id: &str) -> Option<&Asset> {
        self.assets.iter().find(|asset| asset.twin_id == twin_id)
    }

    /// The index of the point with this twin id.
    pub(in crate::demo) fn point(&self, twin_id: &str) -> Option<usize> {
        self.points.iter().position(|point| point.twin_id == twin_id)
    }

    /// The points as LiveDataCore tells of them, but for the moment of the last value.
    pub(in crate::demo) fn records(&self) -> &[Value] {
        self.records.get_or_init(|| self.points.iter().map(|point| self.record(point)).collect())
    }

    fn record(&self, point: &Point) -> Value {
        json!({
            "id": point.twin_id,
            "twinId": point.twin_id,
            "name": point.name,
            "trendId": point.trend_id,
            "externalId": point.external_id,
            "connectorId": self.connectors.get(point.connector).map(|one| &one.id),
            "siteId": point.site,
            "locationIds": point.location_ids,
            "equipmentTwinId": self.assets.get(point.asset).map(|one| &one.twin_id),
            "modelId": dtmi(point.model),
            "type": point.kind.word(),
            "unit": point.unit,
            "valueMap": match point.kind {
                PointKind::Binary => json!({"0": "off", "1": "on"}),
                PointKind::MultiState => json!({"0": "off", "1": "heating", "2": "cooling"}),
                PointKind::Analog | PointKind::Sum => Value::Null,
            },
            "trendInterval": point.interval,
            "enabled": true,
            "detected": point.detected,
        })
    }

    /// What is or was wrong with an asset: no more than one thing.
    pub(in crate::demo) fn fault_of(&self, asset: usize) -> Option<&Fault> {
        self.faults.iter().find(|fault| fault.asset == asset)
    }

    /// The points of an asset, by its index.
    pub(in crate::demo) fn points_of(&self, asset: usize) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(move |point| point.asset == asset)
    }
}

/// Hours by which a site's days begin before (or after) those of UTC; no summer time.
pub(in crate::demo) fn utc_offset(site: &str) -> i64 {
    match site {
        SITE_8KP => -8,
        SITE_3LW => 0,
        _ => 10,
    }
}

/// The whole model id of a name of the ontology.
pub(in crate::demo) fn dtmi(model: &str) -> String {
    format!("dtmi:com:willowinc:{model};1")
}

#[cfg(test)]
mod tests;
