//! Insights that are meant to trip a careless reader: roots and children that lie at different sites or
//! on different levels, a point of another site behind an insight, and an insight of no site.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::super::equipment::Equipment;
use super::super::places::{SITE_3LW, SITE_8KP, stable_id};
use super::drafts::{Draft, root};
use super::threads::point_record;
use super::{Insights, insight_id};
use crate::demo::fields::{set, text};

/// The number of the insight whose `siteId` is null. Only one who sees everything may see it.
pub const INSIGHT_WITHOUT_SITE: &str = "NIL-I-1001";

/// A root's machine, and those of its children.
const ACROSS: [(&str, &[&str]); 4] = [
    // The campus shares its chilled water.
    ("8KP-CH-01", &["8KP-CHWP-01", "3LW-CHWP-01"]),
    ("3LW-CH-01", &["8KP-CH-02", "3LW-CH-02"]),
    // Air of one level reaches the next.
    ("60M-AHU-03", &["60M-FCU-03", "60M-FCU-04"]),
    ("60M-AHU-04", &["60M-VAV-03-1", "60M-VAV-04-1"]),
];

pub(super) fn across(equipment: &Equipment, today: DateTime<Utc>) -> Vec<Draft<'_>> {
    let mut drafts = Vec::new();
    for (machine, children) in ACROSS {
        let key = format!("across/{machine}");
        let twins = std::iter::once((machine, None));
        let twins = twins.chain(children.iter().map(|child| (*child, Some(key.clone()))));
        for (order, (twin, parent)) in twins.enumerate() {
            let Some(asset) = equipment.asset(twin) else { continue };
            let own = parent.as_ref().map_or_else(|| key.clone(), |root| format!("{root}/{twin}"));
            let hours = TimeDelta::hours(5 + i64::try_from(order).unwrap_or_default());
            let spells = (1..=6).rev().map(|day| {
                let started = today - TimeDelta::days(day) + hours;
                (started, started + TimeDelta::hours(3))
            });
            drafts.push(Draft {
                title: "Shared plant out of balance".to_owned(),
                about: "Flow and temperature drift apart at",
                kind: "alarm",
                priority: 1,
                spells: spells.collect(),
                ended: None,
                parent,
                ..root(own, asset)
            });
        }
    }
    drafts
}

/// Behind the root of 8KP there is a point of 3LW, too.
pub(super) fn points(all: &mut Insights, equipment: &Equipment) {
    let id = insight_id("across/8KP-CH-01");
    let behind = all.insights.iter().find(|one| text(one, "id") == id);
    let pump = equipment.assets.iter().position(|asset| asset.twin_id == "3LW-CHWP-01");
    let point = pump.and_then(|pump| equipment.points_of(pump).next());
    if let (Some(insight), Some(point)) = (behind, point) {
        debug_assert_eq!((text(insight, "siteId"), point.site), (SITE_8KP, SITE_3LW));
        let record = point_record(&id, point, "supporting");
        all.points.push(record);
    }
}

pub(super) fn without_site(all: &mut Insights) {
    let Some(mut body) = all.insights.first().cloned() else { return };
    for field in ["siteId", "floorId", "floorCode", "twinId", "twinName", "parentId", "scenarioId"]
    {
        set(&mut body, field, Value::Null);
    }
    set(&mut body, "id", stable_id("insight/without-site"));
    set(&mut body, "sequenceNumber", INSIGHT_WITHOUT_SITE);
    set(&mut body, "locationIds", json!([]));
    set(&mut body, "name", "Weather forecast arrives late");
    set(&mut body, "description", "The forecast that all buildings share came after six.");
    set(&mut body, "recommendation", Value::Null);
    all.insights.push(body);
}
