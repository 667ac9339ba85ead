//! The connectors of each site: one for the building's controllers, one for its meters, one for
//! its wireless sensors. One of 3LW is down and one of 8KP is half deaf, so that the health of
//! connectors has something to tell.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::places::{BLUEPRINTS, SITE_3LW, SITE_8KP, stable_id};
use super::Connector;

const KINDS: [(&str, &str); 3] =
    [("BACnet", "controllers"), ("Modbus", "meters"), ("LoRaWAN", "wireless sensors")];

pub(super) fn build(today: DateTime<Utc>) -> Vec<Connector> {
    let of_site = |site: &'static super::super::places::Blueprint| {
        KINDS.iter().map(move |(kind, what)| Connector {
            id: stable_id(&format!("connector/{}/{kind}", site.code)),
            name: format!("{} {what} ({kind})", site.canary),
            site: site.id,
            kind,
            down_since: (site.id == SITE_3LW && *kind == "LoRaWAN")
                .then(|| today - TimeDelta::hours(52)),
        })
    };
    BLUEPRINTS.iter().flat_map(of_site).collect()
}

/// The connector that brings the values of an asset of this model.
pub(super) fn of(connectors: &[Connector], site: &str, model: &str) -> usize {
    let kind = match model {
        "ElectricalMeter" => "Modbus",
        "FanCoilUnit" => "LoRaWAN",
        _ => "BACnet",
    };
    let is_it = |one: &Connector| one.site == site && one.kind == kind;
    connectors.iter().position(is_it).unwrap_or_default()
}

/// In so many of a hundred cases a point of this connector was never heard.
pub(super) fn deaf_percent(connector: &Connector) -> usize {
    if connector.site == SITE_8KP && connector.kind == "LoRaWAN" { 35 } else { 2 }
}
