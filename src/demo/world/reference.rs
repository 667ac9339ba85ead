//! The lists that tickets refer to: statuses and their transitions (the customer's), categories,
//! subcategories and workgroups (each site's own).

use serde_json::{Value, json};

use super::places::{BLUEPRINTS, stable_id};

/// Status name, code, tab, colour, and the names of the statuses that may follow.
const STATUSES: [(&str, i64, &str, &str, &[&str]); 6] = [
    ("Open", 0, "open", "#d93025", &["In progress", "On hold", "Resolved", "Closed"]),
    ("In progress", 10, "open", "#f29900", &["Open", "On hold", "Resolved", "Closed"]),
    ("On hold", 15, "open", "#80868b", &["Open", "In progress", "Resolved", "Closed"]),
    ("Resolved", 20, "resolved", "#188038", &["Open", "Closed"]),
    ("Closed", 30, "closed", "#5f6368", &["Open"]),
    ("Cancelled", 40, "closed", "#9aa0a6", &["Open"]),
];

/// Category name, its subcategories, and what is asked for in it.
pub(super) struct Trade {
    pub(super) name: &'static str,
    subcategories: &'static [&'static str],
    /// What a ticket of it says; `{}` is the place.
    pub(super) complaints: &'static [(&'static str, &'static str)],
}

pub(super) const TRADES: [Trade; 6] = [
    Trade {
        name: "Heating and cooling",
        subcategories: &["Too warm", "Too cold", "Noise"],
        complaints: &[
            ("Air too warm in {}", "It has been above 26 degrees since the morning."),
            ("Air too cold in {}", "People sit in their coats; the setpoint reads 22."),
            ("Air handling unit rattles near {}", "A loud rattle whenever the fan ramps up."),
        ],
    },
    Trade {
        name: "Plumbing",
        subcategories: &["Leak", "Blockage"],
        complaints: &[
            ("Tap drips in {}", "A slow drip, a bucket stands below it."),
            ("Drain blocked in {}", "Water stands in the sink and won't go down."),
        ],
    },
    Trade {
        name: "Electrical",
        subcategories: &["Lighting", "Power"],
        complaints: &[
            ("Lights flicker in {}", "Two of the panels flicker, worst after lunch."),
            ("No power at the desks in {}", "The floor boxes along the window are dead."),
        ],
    },
    Trade {
        name: "Cleaning",
        subcategories: &["Spill", "Waste"],
        complaints: &[
            ("Spill to be cleaned in {}", "Coffee on the carpet by the door."),
            ("Bins not emptied in {}", "Missed on the last two rounds."),
        ],
    },
    Trade {
        name: "Access and security",
        subcategories: &["Door", "Card reader"],
        complaints: &[
            ("Card reader fails at {}", "Every second card is refused, the light stays red."),
            ("Door doesn't latch at {}", "It has to be pulled shut by hand."),
        ],
    },
    Trade {
        name: "Fire safety",
        subcategories: &["Detector", "Exit sign"],
        complaints: &[
            ("Smoke detector fault in {}", "The panel reports a fault, not an alarm."),
            ("Exit sign dark in {}", "The lamp of the sign above the stairs is out."),
        ],
    },
];

const WORKGROUPS: [&str; 3] = ["engineers", "cleaners", "front desk"];

/// The reference lists.
#[derive(Clone, Default)]
pub(in crate::demo) struct Reference {
    pub(in crate::demo) statuses: Vec<Value>,
    pub(in crate::demo) transitions: Vec<Value>,
    pub(in crate::demo) categories: Vec<Value>,
    pub(in crate::demo) subcategories: Vec<Value>,
    pub(in crate::demo) workgroups: Vec<Value>,
}

fn status_id(name: &str) -> String {
    stable_id(&format!("status/{name}"))
}

/// A site's category for a trade.
pub(super) fn category_id(site_code: &str, trade: &str) -> String {
    stable_id(&format!("category/{site_code}/{trade}"))
}

impl Reference {
    pub(super) fn build() -> Self {
        let mut lists = Self::default();
        for (name, code, tab, color, next) in STATUSES {
            let id = status_id(name);
            lists.transitions.extend(
                next.iter().map(|to| json!({"fromStatusId": id, "toStatusId": status_id(to)})),
            );
            lists.statuses.push(json!({
                "id": id, "statusCode": code, "status": name, "tab": tab, "color": color,
                "isDefault": code == 0,
            }));
        }
        for site in &BLUEPRINTS {
            for trade in &TRADES {
                let id = category_id(site.code, trade.name);
                lists.categories.push(json!({
                    "id": id, "siteId": site.id,
                    "name": format!("{} ({})", trade.name, site.canary),
                }));
                lists.subcategories.extend(trade.subcategories.iter().map(|name| {
                    json!({
                        "id": stable_id(&format!("subcategory/{}/{}/{name}", site.code, trade.name)),
                        "categoryId": id, "siteId": site.id,
                        "name": format!("{name} ({})", site.canary),
                    })
                }));
            }
            lists.workgroups.extend(WORKGROUPS.iter().map(|name| {
                json!({
                    "id": stable_id(&format!("workgroup/{}/{name}", site.code)),
                    "siteId": site.id,
                    "name": format!("{} {name}", site.canary),
                    // Members are people: a tool that offers names only has to leave them out.
                    "members": [
                        {"name": format!("{} duty manager", site.canary),
                         "email": format!("duty.{}@willow-demo.example", site.code.to_lowercase())},
                    ],
                })
            }));
        }
        lists
    }

    /// The status with this id or this name.
    pub(in crate::demo) fn status(&self, id_or_name: &str) -> Option<&Value> {
        use crate::demo::fields::text;
        self.statuses
            .iter()
            .find(|status| text(status, "id") == id_or_name || text(status, "status") == id_or_name)
    }

    /// The ids of the statuses that may follow this one.
    pub(in crate::demo) fn next_statuses(&self, from: &str) -> Vec<&str> {
        use crate::demo::fields::text;
        self.transitions
            .iter()
            .filter(|step| text(step, "fromStatusId") == from)
            .map(|step| text(step, "toStatusId"))
            .collect()
    }
}
