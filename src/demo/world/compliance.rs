//! What buildings have to comply with, quarter by quarter: standards, how each site stands, and for
//! one standard each level too. Nothing of it leaves but through the sample Activate.

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use serde_json::{Value, json};

use super::places::{BLUEPRINTS, Blueprint, stable_id};
use super::random::Random;
use super::{World, rfc3339};
use crate::demo::fields::{text, texts};

/// Keeps this part's numbers apart from those of the world's other parts.
const OWN: u64 = 0xc0e9_11a2_0000_0001;
/// How many quarters are kept, the present one among them.
const QUARTERS: i32 = 4;
/// The standard that is told of each level, too.
const BY_LEVEL: &str = "ASHRAE 55";

/// A standard, what it asks for, and what is measured for it.
const STANDARDS: [(&str, &str, &str, &str); 6] = [
    (BY_LEVEL, "Thermal comfort in occupied rooms", "Hours inside the comfort band", "%"),
    ("ASHRAE 62.1", "Outdoor air for people", "Outdoor air per person", "l/s"),
    ("LL97", "Greenhouse gas limit", "Emissions per area", "kgCO2e/m2"),
    ("ISO 50001", "Energy review", "Reviewed significant uses", "%"),
    ("WELL Air", "Carbon dioxide below 800 ppm", "Hours below 800 ppm", "%"),
    ("NABERS Energy", "Rating kept", "Stars", "stars"),
];

/// Makes the requirements, the newest quarter first.
pub(super) fn build(world: &World, seed: u64, today: DateTime<Utc>) -> Vec<Value> {
    let mut random = Random::new(seed ^ OWN);
    let mut all = Vec::new();
    for back in 0..QUARTERS {
        for site in &BLUEPRINTS {
            let of_site = |node: &&Value| text(node, "siteId") == site.id;
            let nodes = || world.locations.iter().filter(of_site);
            for standard in STANDARDS {
                let places = nodes().filter(|node| match text(node, "kind") {
                    "building" => true,
                    "level" => standard.0 == BY_LEVEL && back == 0,
                    _ => false,
                });
                for place in places {
                    all.push(requirement(site, standard, place, back, today, &mut random));
                }
            }
        }
    }
    all
}

fn requirement(
    site: &Blueprint,
    (standard, name, measured, unit): (&str, &str, &str, &str),
    place: &Value,
    back: i32,
    today: DateTime<Utc>,
    random: &mut Random,
) -> Value {
    // Quarters counted from the year 0, so that going back crosses years.
    let present = today.year() * 4 + i32::try_from(today.month0() / 3).unwrap_or_default();
    let quarter = present - back;
    let (year, number) = (quarter.div_euclid(4), quarter.rem_euclid(4) + 1);
    let score = 55 + random.below(46);
    let status = match score {
        _ if random.percent(5) => "unknown",
        85.. => "compliant",
        70..85 => "atRisk",
        _ => "nonCompliant",
    };
    let evaluated = today - TimeDelta::days(i64::from(back) * 91 + 1);
    json!({
        "id": stable_id(&format!("requirement/{standard}/{}/{back}", text(place, "id"))),
        "name": format!("{name}, {}", text(place, "name")),
        "standard": standard,
        "siteId": site.id,
        "locationIds": texts(place, "path").collect::<Vec<_>>(),
        "twinId": text(place, "twinId"),
        "period": format!("{year}-Q{number}"),
        "status": status,
        "score": score,
        "dueDate": rfc3339(today + TimeDelta::days(60 - 91 * i64::from(back))),
        "lastEvaluated": rfc3339(evaluated),
        "evidence": [{"name": format!("{measured} ({})", site.canary), "value": score, "unit": unit}],
        "skillIds": [],
    })
}
