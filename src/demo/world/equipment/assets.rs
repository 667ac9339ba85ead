//! Which machines stand where, and which feeds which: cooling towers feed chillers, chillers and
//! boilers feed air handling and fan coil units, an air handling unit feeds the boxes of its
//! level, a main meter has a submeter on each level.

use serde_json::Value;

use super::super::places::{Blueprint, stable_id};
use super::super::random::Random;
use super::Asset;
use crate::demo::fields::{text, texts};

const MAKERS: [&str; 5] = ["Northvane", "Coldspar", "Aerolith", "Tarn & Hale", "Voltmere"];
/// How many boxes hang on a level.
const BOXES: usize = 4;

/// The level, the zone and the rooms that machines of one level stand in and serve.
struct Storey<'a> {
    number: usize,
    level: &'a Value,
    zone: &'a Value,
    rooms: Vec<&'a Value>,
}

/// What differs from machine to machine.
struct Draft<'a> {
    model: &'static str,
    /// `AHU-03`: the twin id's end and the name's.
    tag: String,
    storey: Option<&'a Storey<'a>>,
    at: &'a Value,
    fed_by: Option<String>,
    serves: Vec<&'a Value>,
}

pub(super) fn build(
    assets: &mut Vec<Asset>,
    site: &'static Blueprint,
    locations: &[Value],
    random: &mut Random,
) {
    let Some(building) = locations.iter().find(|node| text(node, "id") == site.id) else { return };
    let id = |tag: &str| Some(format!("{}-{tag}", site.code));
    let mut add = |draft: Draft<'_>| assets.push(asset(site, draft, random));
    let mut plant = |model, tag: &str, fed_by| {
        let serves = Vec::new();
        add(Draft { model, tag: tag.to_owned(), storey: None, at: building, fed_by, serves });
    };
    plant("CoolingTower", "CT-01", None);
    plant("Chiller", "CH-01", id("CT-01"));
    plant("Chiller", "CH-02", id("CT-01"));
    plant("ChilledWaterPump", "CHWP-01", id("CH-01"));
    plant("Boiler", "BLR-01", None);
    plant("Boiler", "BLR-02", None);
    plant("ElectricalMeter", "EM-00", None);
    for storey in storeys(site, locations) {
        let number = storey.number;
        let odd = number % 2;
        let room = |wanted: usize| storey.rooms.get(wanted % storey.rooms.len().max(1)).copied();
        let mut on_level = |model, tag: String, at, fed_by, serves| {
            add(Draft { model, tag, storey: Some(&storey), at, fed_by, serves });
        };
        let air = format!("AHU-{number:02}");
        let chiller = id(if odd == 1 { "CH-01" } else { "CH-02" });
        on_level("AirHandlingUnit", air.clone(), storey.level, chiller.clone(), vec![storey.zone]);
        for number_of_box in 1..=BOXES {
            let Some(served) = room(number_of_box * 3 + number) else { continue };
            // Every second one hangs in the room that it serves, the others above the corridor.
            let at = if number_of_box % 2 == 0 { served } else { storey.level };
            let (model, tag) = match number_of_box {
                3 => ("FanPoweredBoxReheat", "FPB"),
                _ => ("VAVBox", "VAV"),
            };
            let tag = format!("{tag}-{number:02}-{number_of_box}");
            on_level(model, tag, at, id(&air), vec![storey.zone, served]);
        }
        if let Some(served) = room(number) {
            let fed_by = if odd == 1 { chiller } else { id("BLR-01") };
            on_level("FanCoilUnit", format!("FCU-{number:02}"), served, fed_by, vec![served]);
        }
        let meter = format!("EM-{number:02}");
        on_level("ElectricalMeter", meter, storey.level, id("EM-00"), vec![storey.level]);
    }
}

fn storeys<'a>(site: &Blueprint, locations: &'a [Value]) -> Vec<Storey<'a>> {
    let below = |parent: &str, kind: &str| -> Vec<&'a Value> {
        let is_child =
            |node: &&Value| text(node, "parentId") == parent && text(node, "kind") == kind;
        locations.iter().filter(is_child).collect()
    };
    let levels = below(site.id, "level").into_iter().enumerate();
    levels
        .filter_map(|(index, level)| {
            let zone = below(text(level, "id"), "zone").into_iter().next()?;
            let rooms = below(text(level, "id"), "space");
            Some(Storey { number: index + 1, level, zone, rooms })
        })
        .collect()
}

fn asset(site: &'static Blueprint, draft: Draft<'_>, random: &mut Random) -> Asset {
    let Draft { model, tag, storey, at, fed_by, serves } = draft;
    let twin_id = format!("{}-{tag}", site.code);
    let mapped = stable_id(&format!("mapped/{twin_id}")).replace('-', "");
    let mapped: String = mapped.chars().take(22).collect();
    let place = text(at, "name").trim_start_matches(site.canary).trim();
    let maker = random.pick(&MAKERS).copied().unwrap_or("Northvane");
    let letters: String = maker.chars().filter(char::is_ascii_uppercase).collect();
    Asset {
        mapped_id: format!("THG{}", mapped.to_uppercase()),
        name: format!("{} {tag}, {place}", site.canary),
        model,
        site: site.id,
        site_code: site.code,
        level: storey.map(|storey| storey.number),
        floor_code: storey.map(|storey| format!("L{:02}", storey.number)),
        location_ids: texts(at, "path").map(str::to_owned).collect(),
        fed_by,
        serves: serves.into_iter().map(|node| text(node, "id").to_owned()).collect(),
        serial: format!("{letters}{:06}", random.below(1_000_000)),
        manufacturer: maker,
        model_number: format!("{letters}-{}{}", model.len(), 100 + random.below(9) * 25),
        twin_id,
    }
}
