//! The four buildings: their fixed ids, their words, and the sites, floors and locations that are
//! generated from them. Ids don't depend on the seed, so that assignments can name them.

use serde_json::{Value, json};
use uuid::Uuid;

use super::random::Random;

/// Quillmarrow House, 60 Marlow Street, Sydney.
pub const SITE_60M: &str = "ad8b8162-fb0c-595b-92df-5fb96594d945";
/// Brindlefax Tower, 12 Harbour Row, Melbourne.
pub const SITE_12H: &str = "175fb2e0-7c05-5c23-af15-cbaf01ec60ac";
/// Osprentide Hall, 8 Kepler Park, Seattle.
pub const SITE_8KP: &str = "01f6269b-021f-56f3-8e69-7c2446d4371f";
/// Velvastone Works, 3 Linden Way, Leeds.
pub const SITE_3LW: &str = "3e3aee50-a089-53ec-86b1-95653bd541c8";
/// All four, in this order.
pub const SITES: [&str; 4] = [SITE_60M, SITE_12H, SITE_8KP, SITE_3LW];
/// The portfolio of 60M and 12H.
pub const PORTFOLIO_SOUTH: &str = "1882de46-078e-5f1e-804f-8bca1647c770";
/// The portfolio of 8KP and 3LW.
pub const PORTFOLIO_NORTH: &str = "62e66080-1529-55c8-a79b-012f4e335ed8";
/// Level 3 of 60M: all that `finn` may see.
pub const FINN_LEVEL: &str = "3b1c18bf-1d5a-5180-91dc-48e22b3a50b0";

const CUSTOMER_ID: &str = "b8a1abcd-1a69-46c7-8da4-f9fc3c6da5d7";
const NAMES: Uuid = Uuid::from_u128(0x6f0e_7a34_52c1_4c0b_9d6e_2f8a_1b3c_4d5e);

/// What one building is made from.
pub(in crate::demo) struct Blueprint {
    pub(in crate::demo) id: &'static str,
    pub(in crate::demo) code: &'static str,
    /// The invented word that stands in every record of this site and of no other.
    pub(in crate::demo) canary: &'static str,
    kind_of_house: &'static str,
    portfolio: (&'static str, &'static str),
    levels: usize,
    rooms: usize,
    pub(super) tickets: usize,
    address: [&'static str; 5],
    position: (f64, f64),
    time_zone: &'static str,
    area: u32,
}

pub(in crate::demo) const BLUEPRINTS: [Blueprint; 4] = [
    Blueprint {
        id: SITE_60M,
        code: "60M",
        canary: "Quillmarrow",
        kind_of_house: "House",
        portfolio: (PORTFOLIO_SOUTH, "Southern Offices"),
        levels: 12,
        rooms: 13,
        tickets: 96,
        address: ["60 Marlow Street", "Sydney", "NSW", "2000", "Australia"],
        position: (-33.867, 151.207),
        time_zone: "Australia/Sydney",
        area: 31_400,
    },
    Blueprint {
        id: SITE_12H,
        code: "12H",
        canary: "Brindlefax",
        kind_of_house: "Tower",
        portfolio: (PORTFOLIO_SOUTH, "Southern Offices"),
        levels: 9,
        rooms: 13,
        tickets: 84,
        address: ["12 Harbour Row", "Melbourne", "VIC", "3008", "Australia"],
        position: (-37.815, 144.946),
        time_zone: "Australia/Melbourne",
        area: 22_800,
    },
    Blueprint {
        id: SITE_8KP,
        code: "8KP",
        canary: "Osprentide",
        kind_of_house: "Hall",
        portfolio: (PORTFOLIO_NORTH, "Northern Campus"),
        levels: 6,
        rooms: 13,
        tickets: 66,
        address: ["8 Kepler Park", "Seattle", "WA", "98109", "United States"],
        position: (47.623, -122.339),
        time_zone: "America/Los_Angeles",
        area: 14_900,
    },
    Blueprint {
        id: SITE_3LW,
        code: "3LW",
        canary: "Velvastone",
        kind_of_house: "Works",
        portfolio: (PORTFOLIO_NORTH, "Northern Campus"),
        levels: 4,
        rooms: 12,
        tickets: 54,
        address: ["3 Linden Way", "Leeds", "England", "LS1 4AP", "United Kingdom"],
        position: (53.796, -1.548),
        time_zone: "Europe/London",
        area: 8_700,
    },
];

const ROOMS: [&str; 8] = [
    "Meeting room",
    "Open office",
    "Focus room",
    "Kitchen",
    "Plant room",
    "Store",
    "Comms room",
    "Washroom",
];

/// The word that stands in every record of this site and of no other; nothing for another id.
pub fn canary(site_id: &str) -> Option<&'static str> {
    BLUEPRINTS.iter().find(|site| site.id == site_id).map(|site| site.canary)
}

/// A stable id for a generated record.
pub(in crate::demo) fn stable_id(name: &str) -> String {
    Uuid::new_v5(&NAMES, name.as_bytes()).to_string()
}

impl Blueprint {
    /// What the building uses on a working day, in kWh.
    pub(in crate::demo) fn daily_kwh(&self) -> f64 {
        f64::from(self.area) * 0.35
    }

    pub(in crate::demo) fn name(&self) -> String {
        format!("{} {}", self.canary, self.kind_of_house)
    }
}

/// Sites, floors and location nodes of all four buildings.
#[derive(Default)]
pub(super) struct Places {
    pub(super) sites: Vec<Value>,
    pub(super) floors: Vec<Value>,
    pub(super) locations: Vec<Value>,
}

impl Places {
    pub(super) fn build(random: &mut Random, created: &str) -> Self {
        let mut places = Self::default();
        for site in &BLUEPRINTS {
            places.sites.push(site_record(site, created));
            let (portfolio, portfolio_name) = site.portfolio;
            if !places.locations.iter().any(|node| node.get("id") == Some(&json!(portfolio))) {
                let path = [portfolio.to_owned()];
                places.locations.push(node(
                    &path,
                    "portfolio",
                    "Portfolio",
                    portfolio_name,
                    None,
                    true,
                ));
            }
            let path = [portfolio.to_owned(), site.id.to_owned()];
            let building = node(&path, "building", "Building", &site.name(), Some(site), true);
            places.locations.push(building);
            for number in 1..=site.levels {
                places.build_level(site, number, random);
            }
        }
        places
    }

    fn build_level(&mut self, site: &Blueprint, number: usize, random: &mut Random) {
        let id = stable_id(&format!("level/{}/{number:02}", site.code));
        let path = [site.portfolio.0.to_owned(), site.id.to_owned(), id];
        let name = format!("{} Level {number}", site.canary);
        let level = node(&path, "level", "Level", &name, Some(site), true);
        self.floors.push(floor_record(site, number, &level));
        self.locations.push(level);
        let below = |what: &str| {
            let mut path = path.to_vec();
            path.push(stable_id(&format!("{what}/{}/{number:02}", site.code)));
            path
        };
        let name = format!("{} {number} HVAC zone", site.canary);
        self.locations.push(node(&below("zone"), "zone", "HVACZone", &name, Some(site), false));
        for room in 1..=site.rooms {
            let use_of_room = random.pick(&ROOMS).copied().unwrap_or("Room");
            let name = format!("{} {number}.{room:02} {use_of_room}", site.canary);
            let path = below(&format!("room/{room:02}"));
            self.locations.push(node(&path, "space", "Room", &name, Some(site), false));
        }
    }
}

fn node(
    path: &[String],
    kind: &str,
    model: &str,
    name: &str,
    site: Option<&Blueprint>,
    has_children: bool,
) -> Value {
    let id = path.last().cloned().unwrap_or_default();
    let parent = path.len().checked_sub(2).and_then(|parent| path.get(parent));
    // Twin ids are readable in the real service too: code, level, room.
    let twin = match site {
        Some(site) if kind == "building" => format!("BLD-{}", site.code),
        Some(site) => {
            let words = name.trim_start_matches(site.canary).trim().replace([' ', '.'], "-");
            format!("{}-{}", site.code, words.to_uppercase())
        }
        None => format!("PTF-{}", name.replace(' ', "-").to_uppercase()),
    };
    json!({
        "id": id,
        "twinId": twin,
        "modelId": format!("dtmi:com:willowinc:{model};1"),
        "name": name,
        "kind": kind,
        "parentId": parent,
        "path": path,
        "siteId": site.map(|site| site.id),
        "hasChildren": has_children,
    })
}

fn floor_record(site: &Blueprint, number: usize, level: &Value) -> Value {
    json!({
        "id": level.get("id"),
        "siteId": site.id,
        "twinId": level.get("twinId"),
        "modelId": level.get("modelId"),
        "name": level.get("name"),
        "code": format!("L{number:02}"),
        "sortOrder": number,
        "levelNumber": number,
        "geometryUrl": null,
        "modelReference": format!("{}-L{number:02}", site.code),
        "isSiteWide": false,
    })
}

fn site_record(site: &Blueprint, created: &str) -> Value {
    let [address, suburb, state, postcode, country] = site.address;
    json!({
        "id": site.id,
        "twinId": format!("BLD-{}", site.code),
        "modelId": "dtmi:com:willowinc:Building;1",
        "name": site.name(),
        "code": site.code,
        "type": "office",
        "status": "operations",
        "size": {"value": site.area, "unit": "m2"},
        "address": address,
        "suburb": suburb,
        "state": state,
        "postcode": postcode,
        "country": country,
        "latitude": site.position.0,
        "longitude": site.position.1,
        "timeZone": site.time_zone,
        "portfolioId": site.portfolio.0,
        "customerId": CUSTOMER_ID,
        "features": {"isTicketingEnabled": true, "isInspectionEnabled": true, "isHideOccurrencesEnabled": false},
        "logoUrl": null,
        "webMapId": null,
        "createdDate": created,
        "updatedDate": created,
    })
}
