//! Some two hundred insights: one for each fault of a machine, one for each month's electricity, and
//! some that tie others together. What belongs to them (occurrences, points, history) is in `threads`,
//! and what is meant to trip a careless reader in `planted`.

mod drafts;
mod planted;
mod threads;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use self::drafts::Draft;
pub use self::planted::INSIGHT_WITHOUT_SITE;
use super::equipment::Equipment;
use super::places::stable_id;
use super::random::Random;
use super::rfc3339;

/// Keeps this part's numbers apart from those of the world's other parts.
const OWN: u64 = 0x1151_6875_0000_0001;

/// Insights and what belongs to them.
#[derive(Clone, Default)]
pub(in crate::demo) struct Insights {
    /// Roots and children; a child names its root in `parentId`.
    pub(in crate::demo) insights: Vec<Value>,
    /// Newest first.
    pub(in crate::demo) occurrences: Vec<Value>,
    /// What an insight was found in, the point that shows it best first.
    pub(in crate::demo) points: Vec<Value>,
    /// Oldest first.
    pub(in crate::demo) activities: Vec<Value>,
}

impl Insights {
    pub(super) fn build(equipment: &Equipment, seed: u64, today: DateTime<Utc>) -> Self {
        let mut random = Random::new(seed ^ OWN);
        let mut drafts = drafts::of_faults(equipment);
        drafts::tie(&mut drafts, equipment);
        drafts.extend(drafts::of_months(equipment, today));
        drafts.extend(planted::across(equipment, today));
        drafts.retain(|draft| !draft.spells.is_empty());
        let mut all = Self::default();
        let mut numbers = std::collections::BTreeMap::<&str, usize>::new();
        for draft in &drafts {
            let number = numbers.entry(draft.asset.site_code).or_insert(1000);
            *number += 1;
            let number = format!("{}-I-{number}", draft.asset.site_code);
            let body = body(draft, &number, today, &mut random);
            threads::add(&mut all, draft, &body, equipment, today, &mut random);
            all.insights.push(body);
        }
        planted::points(&mut all, equipment);
        planted::without_site(&mut all);
        all.occurrences.sort_by(|one, other| {
            let key = |record: &Value| -> (String, String) {
                let field = |name| record.get(name).and_then(Value::as_str).unwrap_or_default();
                (field("started").to_owned(), field("id").to_owned())
            };
            key(other).cmp(&key(one))
        });
        all
    }
}

/// The id of the insight that a draft of this key becomes.
fn insight_id(key: &str) -> String {
    stable_id(&format!("insight/{key}"))
}

fn body(draft: &Draft<'_>, number: &str, today: DateTime<Utc>, random: &mut Random) -> Value {
    let Draft { asset, .. } = draft;
    let (first, last) = (draft.spells.first(), draft.spells.last());
    let (first, last) = (first.map(|spell| spell.0), last.map(|spell| spell.0));
    let is_active = draft.ended.is_none();
    let status = if is_active {
        random.pick(&["new", "new", "open", "open", "inProgress"])
    } else {
        random.pick(&["resolved", "resolved", "readyToResolve", "ignored", "open"])
    };
    let state = match draft.ended {
        None => "active",
        Some(ended) if (today - ended).num_days() > 30 => "archived",
        Some(_) => "inactive",
    };
    let updated = draft.ended.or(last).unwrap_or(today).min(today);
    let cost = f64::from(u32::try_from(5 + random.below(240)).unwrap_or_default());
    let share = u8::try_from(random.below(20)).unwrap_or_default();
    json!({
        "id": insight_id(&draft.key),
        "sequenceNumber": number,
        "name": format!("{}: {}", draft.title, asset.name),
        "description": format!("{} {} ({}).", draft.about, asset.name, asset.twin_id),
        "recommendation": format!("Inspect {} on site.", asset.twin_id),
        "type": draft.kind,
        "priority": draft.priority,
        "status": status.copied().unwrap_or("new"),
        "state": state,
        "siteId": asset.site,
        "floorId": asset.level.and(asset.location_ids.get(2)),
        "floorCode": asset.floor_code,
        "locationIds": asset.location_ids,
        "twinId": asset.twin_id,
        "twinName": asset.name,
        "primaryModelId": super::equipment::dtmi(asset.model),
        "skillId": draft.skill.0,
        "skillName": draft.skill.1,
        "skillCategory": draft.category,
        "scenarioId": draft.parent.as_deref().map(insight_id),
        "parentId": draft.parent.as_deref().map(insight_id),
        "impactScores": [
            {"name": "Daily avoidable cost", "fieldId": "daily_avoidable_cost", "value": cost, "unit": "USD",
             "externalId": null},
            {"name": "Daily avoidable energy", "fieldId": "daily_avoidable_energy", "value": cost * 6.5,
             "unit": "kWh", "externalId": null},
            {"name": "Priority", "fieldId": "priority", "value": 25 * (4 - draft.priority) + share,
             "unit": "points", "externalId": null},
        ],
        // The cost a day once more: by this field it is searched and sorted.
        "impact": cost,
        "occurrenceCount": draft.spells.len(),
        "occurredDate": first.map(rfc3339),
        "detectedDate": first.map(rfc3339),
        "lastOccurredDate": last.map(rfc3339),
        "createdDate": first.map(rfc3339),
        "updatedDate": rfc3339(updated),
        "lastUpdatedStatusDate": rfc3339(updated),
        "isFaulted": is_active,
        "ticketCount": random.below(4),
        "previouslyIgnored": 0,
        "previouslyResolved": random.below(3),
        "reported": false,
        "confidence": 80 + share,
        "sourceType": "app",
        "sourceId": null,
        "sourceName": "Activate",
        "externalId": null,
        "tags": [],
    })
}
