//! Skills (rules) that find faults in telemetry: what they look for, on which machines they run, and
//! when they ran. One skill for each kind of fault and model of machine, a few that stand in the
//! library only, and one of each site's own.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::equipment::{Asset, Equipment, FaultKind, dtmi};
use super::places::{BLUEPRINTS, Blueprint, stable_id};
use super::rfc3339;
use crate::demo::fields::set;

/// Skills in the library that run nowhere.
const UNUSED: [(&str, &str); 5] = [
    ("Cooling tower fan runs without load", "CoolingTower"),
    ("Fan coil unit valve leaks", "FanCoilUnit"),
    ("Boiler return water too warm", "Boiler"),
    ("Pump runs dry", "ChilledWaterPump"),
    ("Chiller purges too often", "Chiller"),
];
/// For how many days past runs are kept.
const DAYS: i64 = 3;

/// Skills, their instances and their runs.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_field_names, reason = "they are what it is called after")]
pub struct Skills {
    /// The library's records, which are of no site; each site's own have its canary in their name.
    pub skills: Vec<Value>,
    /// Skills on one machine each.
    pub instances: Vec<Value>,
    /// Runs of a skill over all of a site's machines, newest first at each site.
    pub executions: Vec<Value>,
}

/// The id and name of the skill that finds a kind of fault on a model of machine.
pub(super) fn finding(kind: FaultKind, model: &str) -> (String, String) {
    let name = format!("{} ({})", kind.title(), words(model));
    (stable_id(&format!("skill/{name}")), name)
}

/// The skill that ties what happens in the zones of one air handling unit together.
pub(super) fn scenario() -> (String, String) {
    let name = "Comfort in the zones of an air handling unit".to_owned();
    (stable_id(&format!("skill/{name}")), name)
}

/// A site's own skill.
pub(super) fn own(site: &Blueprint) -> (String, String) {
    let name = format!("{} monthly electricity target", site.canary);
    (stable_id(&format!("skill/{name}")), name)
}

/// The skills of energy, comfort and so on that an insight of this kind belongs to.
pub(super) fn category(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::StuckSensor
        | FaultKind::Flatline
        | FaultKind::OfflineGap
        | FaultKind::OutOfRange => "dataQuality",
        FaultKind::Overcooling | FaultKind::Overheating => "comfort",
        FaultKind::AfterHours
        | FaultKind::HeatingAndCooling
        | FaultKind::HighConsumption
        | FaultKind::LowDeltaT => "energy",
        FaultKind::StuckDamper | FaultKind::DirtyFilter | FaultKind::ShortCycling => "maintenance",
    }
}

/// `AirHandlingUnit` -> `air handling unit`.
fn words(model: &str) -> String {
    let mut words = String::new();
    let mut after_small = false;
    for letter in model.chars() {
        if letter.is_ascii_uppercase() && after_small {
            words.push(' ');
        }
        after_small = letter.is_ascii_lowercase();
        words.push(letter.to_ascii_lowercase());
    }
    words
}

impl Skills {
    pub(super) fn build(equipment: &Equipment, today: DateTime<Utc>) -> Self {
        let mut all = Self::default();
        for kind in FaultKind::ALL {
            for model in kind.models() {
                let named = finding(kind, model);
                let looks_for = format!("Looks for: {}.", kind.title().to_lowercase());
                all.add(&named, category(kind), model, &looks_for);
                for (order, site) in BLUEPRINTS.iter().enumerate() {
                    let found = equipment.faults.iter().any(|fault| {
                        let asset = equipment.assets.get(fault.asset);
                        let fits = |one: &Asset| one.site == site.id && one.model == *model;
                        fault.kind == kind && asset.is_some_and(fits)
                    });
                    // Not every building has every skill.
                    if found || !(all.skills.len() + order).is_multiple_of(3) {
                        all.run(&named.0, model, site, equipment, today);
                    }
                }
            }
        }
        let named = scenario();
        let ties = "Ties together what happens in the zones that one air handling unit serves.";
        all.add(&named, "comfort", "AirHandlingUnit", ties);
        for site in &BLUEPRINTS {
            all.run(&named.0, "AirHandlingUnit", site, equipment, today);
        }
        for site in &BLUEPRINTS {
            let named = own(site);
            let text = format!("Compares the main meter of {} with its target.", site.name());
            all.add(&named, "energy", "ElectricalMeter", &text);
            all.run(&named.0, "ElectricalMeter", site, equipment, today);
        }
        for (name, model) in UNUSED {
            let named = (stable_id(&format!("skill/{name}")), name.to_owned());
            all.add(&named, "maintenance", model, "Stands in the library and runs nowhere yet.");
            if let Some(skill) = all.skills.last_mut() {
                set(skill, "enabled", false);
            }
        }
        all
    }

    fn add(&mut self, (id, name): &(String, String), category: &str, model: &str, about: &str) {
        let order = self.skills.len();
        self.skills.push(json!({
            "id": id,
            "name": name,
            "category": category,
            "description": about,
            "primaryModelId": dtmi(model),
            "templateId": format!("template-{category}"),
            "enabled": true,
            "priority": 1 + order % 4,
            "tags": [category, words(model)],
            "parameters": [
                {"fieldId": "result", "name": "Fault", "pointExpression": "OPTION([sensor], [command])",
                 "units": "bool", "cumulativeSetting": "none"},
                {"fieldId": "delay", "name": "Time before it counts", "pointExpression": "30",
                 "units": "min", "cumulativeSetting": "none"},
            ],
            "impactScores": [
                {"fieldId": "daily_avoidable_cost", "name": "Daily avoidable cost", "units": "USD"},
                {"fieldId": "daily_avoidable_energy", "name": "Daily avoidable energy", "units": "kWh"},
            ],
            "filters": [{"name": "Occupied hours", "pointExpression": "HOUR([time]) >= 6"}],
            "recommendations": format!("Look at the {} and mend what the insight names.", words(model)),
            "version": 1 + order % 5,
        }));
    }

    /// Runs a skill on the machines of a model at a site.
    fn run(
        &mut self,
        skill: &str,
        model: &str,
        site: &Blueprint,
        equipment: &Equipment,
        today: DateTime<Utc>,
    ) {
        let fits = |one: &&Asset| one.site == site.id && one.model == model;
        let before = self.instances.len();
        for (order, asset) in equipment.assets.iter().filter(fits).enumerate() {
            self.instances.push(json!({
                "id": stable_id(&format!("skill-instance/{skill}/{}", asset.twin_id)),
                "skillId": skill,
                "siteId": site.id,
                "locationIds": asset.location_ids,
                "twinId": asset.twin_id,
                "twinName": asset.name,
                "isValid": order % 7 != 3,
                "lastExecuted": rfc3339(today - TimeDelta::minutes(15)),
            }));
        }
        let machines = self.instances.len() - before;
        for day in (0..DAYS).filter(|_| machines > 0) {
            let started = today - TimeDelta::days(day) - TimeDelta::minutes(15);
            self.executions.push(json!({
                "id": stable_id(&format!("execution/{skill}/{}/{day}", site.code)),
                "skillId": skill,
                "siteId": site.id,
                "started": rfc3339(started),
                "ended": rfc3339(started + TimeDelta::seconds(40)),
                "status": "completed",
                "instances": machines,
                "message": format!("Ran on {machines} machines of {}.", site.name()),
            }));
        }
    }
}
