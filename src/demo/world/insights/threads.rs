//! What belongs to an insight: its occurrences, the points that it was found in, and its history.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::super::equipment::{Equipment, Point, dtmi};
use super::super::places::{canary, stable_id};
use super::super::random::Random;
use super::super::rfc3339;
use super::Insights;
use super::drafts::Draft;
use crate::demo::fields::text;
use crate::demo::people::{ANA, BEN, Person};

/// How many points an insight has beside the one that shows it.
const SUPPORTING: usize = 3;
const PEOPLE: [Person; 2] = [ANA, BEN];

pub(super) fn add(
    all: &mut Insights,
    draft: &Draft<'_>,
    insight: &Value,
    equipment: &Equipment,
    today: DateTime<Utc>,
    random: &mut Random,
) {
    let id = text(insight, "id");
    let mark = canary(draft.asset.site).unwrap_or_default();
    for (index, (started, ended)) in draft.spells.iter().enumerate() {
        // Of a spell that goes on, the end isn't known.
        let over = Some(*ended).filter(|ended| *ended <= today);
        all.occurrences.push(json!({
            "id": stable_id(&format!("occurrence/{id}/{index}")),
            "insightId": id,
            "siteId": draft.asset.site,
            "started": rfc3339(*started),
            "ended": over.map(rfc3339),
            "isFaulted": true,
            "isValid": index % 9 != 7,
            "text": format!("{} at {} ({mark}).", draft.title, draft.asset.twin_id),
        }));
    }
    points(all, id, draft, equipment);
    history(all, id, draft, mark, text(insight, "status"), random);
}

fn points(all: &mut Insights, id: &str, draft: &Draft<'_>, equipment: &Equipment) {
    let asset = equipment.assets.iter().position(|asset| asset.twin_id == draft.asset.twin_id);
    let Some(asset) = asset else { return };
    let mut own: Vec<&Point> = equipment.points_of(asset).collect();
    let shown = draft.point.and_then(|index| equipment.points.get(index));
    if let Some(shown) = shown {
        own.retain(|point| point.twin_id != shown.twin_id);
        own.insert(0, shown);
    }
    for (index, point) in own.into_iter().take(1 + SUPPORTING).enumerate() {
        let role = if index == 0 { "primary" } else { "supporting" };
        all.points.push(point_record(id, point, role));
    }
}

/// A point behind an insight.
pub(super) fn point_record(insight: &str, point: &Point, role: &str) -> Value {
    json!({
        "id": stable_id(&format!("insight-point/{insight}/{}", point.twin_id)),
        "insightId": insight,
        "twinId": point.twin_id,
        "name": point.name,
        "modelId": dtmi(point.model),
        "siteId": point.site,
        "locationIds": point.location_ids,
        "trendId": point.trend_id,
        "externalId": point.external_id,
        "unit": point.unit,
        "type": point.kind.word(),
        "role": role,
    })
}

fn history(
    all: &mut Insights,
    id: &str,
    draft: &Draft<'_>,
    mark: &str,
    status: &str,
    random: &mut Random,
) {
    let Some((first, _)) = draft.spells.first() else { return };
    let last = draft.spells.last().map_or(*first, |spell| spell.0);
    let person = random.pick(&PEOPLE).copied().unwrap_or(ANA);
    let mut entry =
        |kind: &str, time: DateTime<Utc>, status: &str, by: Option<Person>, said: &str| {
            all.activities.push(json!({
                "id": stable_id(&format!("insight-activity/{id}/{kind}/{}", time.timestamp())),
                "insightId": id,
                "siteId": draft.asset.site,
                "activityType": kind,
                "status": status,
                "priority": draft.priority,
                "userId": by.map(|person| person.oid),
                "userName": by.map(|person| person.full_name),
                "userEmail": by.map(|person| person.email),
                "sourceType": if by.is_some() { "platform" } else { "app" },
                "text": format!("{said} ({mark})"),
                "createdDate": rfc3339(time),
            }));
        };
    entry("InsightCreated", *first, "new", None, "Found by its skill.");
    if random.percent(40) {
        // Names a ticket, which isn't for everybody who may see the insight.
        let said = format!("Ticket {}-T-1{:03} was made.", draft.asset.site_code, random.below(50));
        entry("TicketCreated", *first + TimeDelta::hours(2), "open", Some(person), &said);
    }
    if last > *first {
        entry("InsightOccurred", last, "open", None, "It happened again.");
    }
    if status != "new" {
        let time = draft.ended.unwrap_or(last) + TimeDelta::hours(1);
        entry("StatusChanged", time, status, Some(person), "The status was changed.");
    }
}
