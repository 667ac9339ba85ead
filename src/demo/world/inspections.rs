//! Some forty inspections: rounds that people make again and again, what is checked on each, and what
//! was written down. Each belongs to a level of its building, or to the building as a whole.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::places::{BLUEPRINTS, Blueprint, stable_id};
use super::random::Random;
use super::{World, rfc3339};
use crate::demo::fields::{set, text, texts};

/// How many of them a site has, by its place among the sites.
const NUMBER: [usize; 4] = [12, 11, 9, 8];
/// How many times each check was due before today.
const TIMES: i64 = 8;
/// Keeps this part's numbers apart from those of the world's other parts.
const OWN: u64 = 0x1259_ec71_0000_0001;

/// Inspections, their checks, and the records of these.
#[derive(Clone, Default)]
pub(in crate::demo) struct Inspections {
    pub(in crate::demo) inspections: Vec<Value>,
    pub(in crate::demo) checks: Vec<Value>,
    /// Newest first.
    pub(in crate::demo) records: Vec<Value>,
}

/// A kind of round: its name, every how many days it is due, and its checks.
struct Round {
    name: &'static str,
    days: i64,
    unit: &'static str,
    /// How many of a level's twin id there is to look at; none where it is the whole building's.
    on_level: bool,
    checks: &'static [Check],
}

struct Check {
    name: &'static str,
    asks: Asks,
}

enum Asks {
    /// A number that should lie between two others.
    Number(&'static str, f64, f64),
    /// A counter's reading.
    Total(&'static str),
    /// One of these words; the first is good.
    Words(&'static [&'static str]),
}

const ROUNDS: [Round; 8] = [
    Round {
        name: "Fire extinguisher round",
        days: 7,
        unit: "weeks",
        on_level: true,
        checks: &[
            Check { name: "Extinguishers in place", asks: Asks::Words(&["yes", "no"]) },
            Check { name: "Seals unbroken", asks: Asks::Words(&["yes", "no"]) },
        ],
    },
    Round {
        name: "Chiller plant readings",
        days: 1,
        unit: "days",
        on_level: false,
        checks: &[
            Check { name: "Chilled water supply", asks: Asks::Number("degC", 4.0, 9.0) },
            Check { name: "Chilled water return", asks: Asks::Number("degC", 9.0, 16.0) },
            Check { name: "Run hours", asks: Asks::Total("h") },
        ],
    },
    Round {
        name: "Hot and cold water temperatures",
        days: 7,
        unit: "weeks",
        on_level: true,
        checks: &[
            Check { name: "Hot tap after one minute", asks: Asks::Number("degC", 50.0, 65.0) },
            Check { name: "Cold tap after two minutes", asks: Asks::Number("degC", 5.0, 20.0) },
        ],
    },
    Round {
        name: "Emergency lighting test",
        days: 30,
        unit: "months",
        on_level: true,
        checks: &[
            Check { name: "Every lamp lit", asks: Asks::Words(&["yes", "no"]) },
            Check { name: "Burning time", asks: Asks::Number("min", 90.0, 240.0) },
        ],
    },
    Round {
        name: "Lift safety",
        days: 30,
        unit: "months",
        on_level: false,
        checks: &[
            Check { name: "Doors reopen on contact", asks: Asks::Words(&["yes", "no"]) },
            Check { name: "Alarm answered", asks: Asks::Words(&["yes", "late", "no"]) },
        ],
    },
    Round {
        name: "Main meters",
        days: 30,
        unit: "months",
        on_level: false,
        checks: &[
            Check { name: "Electricity meter", asks: Asks::Total("kWh") },
            Check { name: "Water meter", asks: Asks::Total("m3") },
        ],
    },
    Round {
        name: "Cleanliness audit",
        days: 7,
        unit: "weeks",
        on_level: true,
        checks: &[Check { name: "Score", asks: Asks::Number("points", 80.0, 100.0) }],
    },
    Round {
        name: "Roof and gutters",
        days: 90,
        unit: "months",
        on_level: false,
        checks: &[Check { name: "Gutters clear", asks: Asks::Words(&["yes", "partly", "no"]) }],
    },
];

impl Inspections {
    /// Makes all of them; `world` has the places and workgroups that they name.
    pub(super) fn build(world: &World, seed: u64, today: DateTime<Utc>) -> Self {
        let mut random = Random::new(seed ^ OWN);
        let mut all = Self::default();
        for (site, number) in BLUEPRINTS.iter().zip(NUMBER) {
            let on_site = |node: &&Value| text(node, "siteId") == site.id;
            let nodes = || world.locations.iter().filter(on_site);
            let building = nodes().find(|node| text(node, "kind") == "building");
            let levels: Vec<&Value> =
                nodes().filter(|node| text(node, "kind") == "level").collect();
            let groups = world.reference.workgroups.iter();
            let groups: Vec<&Value> = groups.filter(|one| text(one, "siteId") == site.id).collect();
            // From the third level on, so that a person of one level has some of them.
            for (index, round) in ROUNDS.iter().cycle().take(number).enumerate() {
                let level = levels.get((index / 2 + 2) % levels.len().max(1)).copied();
                let Some(place) = level.filter(|_| round.on_level).or(building) else { continue };
                let floor = world.floors.iter().find(|floor| floor.get("id") == place.get("id"));
                let about = About { site, index, round, place, floor };
                let group = random.pick(&groups).copied();
                all.add(&about, group, today, &mut random);
            }
        }
        all.records.sort_by(|one, other| {
            text(other, "effectiveDate")
                .cmp(text(one, "effectiveDate"))
                .then_with(|| text(one, "id").cmp(text(other, "id")))
        });
        all
    }

    fn add(
        &mut self,
        about: &About<'_>,
        group: Option<&Value>,
        today: DateTime<Utc>,
        random: &mut Random,
    ) {
        let About { site, round, .. } = about;
        let id = stable_id(&format!("inspection/{}/{}", site.code, about.index));
        // How many days ago it was last due; a round is open for half of its time.
        let days = i64::try_from(random.below(usize::try_from(round.days).unwrap_or(1)));
        let due = today - TimeDelta::days(days.unwrap_or_default()) + TimeDelta::hours(9);
        let (status, done) = match random.below(10) {
            0 | 1 => ("overdue", false),
            2 | 3 => ("due", false),
            _ => ("completed", true),
        };
        let mut last = None;
        for (order, check) in round.checks.iter().enumerate() {
            let check_id = stable_id(&format!("check/{id}/{order}"));
            let mut meter = 1200 + 10 * random.below(9_000);
            let mut newest = Value::Null;
            for time in (0..TIMES).rev() {
                let effective = due - TimeDelta::days(round.days * time);
                meter += 5 + random.below(400);
                let missed = if time == 0 { !done } else { random.percent(6) };
                let record = about.record(check, &check_id, &id, effective, missed, meter, random);
                if !missed {
                    last = last.max(Some(text(&record, "submittedDate").to_owned()));
                    newest = record.clone();
                }
                self.records.push(record);
            }
            let mut body = about.check(check, &check_id, &id, order);
            set(&mut body, "lastRecord", newest);
            self.checks.push(body);
        }
        let next = if done { due + TimeDelta::days(round.days) } else { due };
        self.inspections.push(json!({
            "id": id,
            "siteId": site.id,
            "floorCode": about.floor.map(|floor| text(floor, "code")),
            "locationIds": texts(about.place, "path").collect::<Vec<_>>(),
            "twinId": text(about.place, "twinId"),
            "twinName": text(about.place, "name"),
            "name": format!("{}, {}", round.name, text(about.place, "name")),
            "status": status,
            "frequency": match round.days { 30 | 1 | 7 => 1, _ => 3 },
            "frequencyUnit": round.unit,
            "assignedWorkgroupId": group.map(|group| text(group, "id")),
            "assignedWorkgroupName": group.map(|group| text(group, "name")),
            "startDate": rfc3339(due - TimeDelta::days(round.days * TIMES)),
            "endDate": null,
            "nextDueDate": rfc3339(next),
            "lastCompletedDate": last,
            "checkCount": round.checks.len(),
        }));
    }
}

/// One inspection to be made.
struct About<'a> {
    site: &'static Blueprint,
    index: usize,
    round: &'static Round,
    place: &'a Value,
    floor: Option<&'a Value>,
}

impl About<'_> {
    fn check(&self, check: &Check, id: &str, inspection: &str, order: usize) -> Value {
        let (kind, unit, low, high, words) = match check.asks {
            Asks::Number(unit, low, high) => ("numeric", Some(unit), Some(low), Some(high), None),
            Asks::Total(unit) => ("total", Some(unit), None, None, None),
            Asks::Words(words) => ("list", None, None, None, Some(words)),
        };
        json!({
            "id": id,
            "inspectionId": inspection,
            "siteId": self.site.id,
            "sortOrder": order,
            "name": format!("{} ({})", check.name, self.site.canary),
            "type": kind,
            "unit": unit,
            "minValue": low,
            "maxValue": high,
            "values": words,
            "isArchived": false,
        })
    }

    /// What was written down, or that nothing was.
    #[expect(clippy::too_many_arguments, reason = "each says a thing of the record of its own")]
    fn record(
        &self,
        check: &Check,
        check_id: &str,
        inspection: &str,
        effective: DateTime<Utc>,
        missed: bool,
        meter: usize,
        random: &mut Random,
    ) -> Value {
        let odd = random.percent(8);
        let share = u32::try_from(random.below(101)).map_or(0.0, f64::from) / 100.0;
        let (number, word) = match check.asks {
            Asks::Number(_, low, high) if odd => (Some(json!(high + (high - low) * 0.2)), None),
            Asks::Number(_, low, high) => {
                (Some(json!(((low + (high - low) * share) * 10.0).round() / 10.0)), None)
            }
            Asks::Total(_) => (Some(json!(meter)), None),
            Asks::Words(words) if odd => (None, words.last()),
            Asks::Words(words) => (None, words.first()),
        };
        let minutes = i64::try_from(random.below(300)).unwrap_or_default();
        let submitted = (!missed).then(|| rfc3339(effective + TimeDelta::minutes(minutes)));
        json!({
            "id": stable_id(&format!("check-record/{check_id}/{}", effective.timestamp())),
            "checkId": check_id,
            "inspectionId": inspection,
            "siteId": self.site.id,
            "status": if missed { "missed" } else { "submitted" },
            "effectiveDate": rfc3339(effective),
            "submittedDate": submitted,
            "numberValue": number.filter(|_| !missed),
            "stringValue": word.filter(|_| !missed),
            "isFaulted": odd && !missed && !matches!(check.asks, Asks::Total(_)),
            "notes": (!missed && odd).then(|| format!("To be looked at, {}.", self.site.name())),
            "submittedUserName": (!missed).then(|| format!("{} round", self.site.canary)),
        })
    }
}
