//! The health of a connector: how many of its points bring values as often as they should, and
//! what is wrong with the others.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::moment;
use super::values::Telemetry;
use crate::demo::world::equipment::FaultKind;

/// `{id, name, siteId, status, …}` of the connector at this index.
pub(super) fn of(telemetry: &Telemetry<'_>, index: usize) -> Option<Value> {
    let connector = telemetry.equipment().connectors.get(index)?;
    let points = telemetry.equipment().points.iter().enumerate();
    let points = points.filter(|(_, point)| point.connector == index);
    let mut issues: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut count, mut online, mut last) = (0_u32, 0_u32, None);
    for (point, of) in points {
        count += 1;
        let latest = telemetry.latest(point).map(|(at, _)| at);
        last = last.max(latest);
        // Nothing within three of its intervals: it is offline.
        let late = |at: i64| telemetry.now() - at > 3 * i64::from(of.interval);
        let issue = match (latest, telemetry.sensor_fault(point, telemetry.now())) {
            (None, _) => Some("neverOnline"),
            (Some(at), _) if late(at) => Some("offline"),
            (_, Some(FaultKind::OutOfRange)) => Some("outOfRange"),
            (_, Some(FaultKind::StuckSensor | FaultKind::Flatline)) => Some("flatline"),
            _ => None,
        };
        match issue {
            Some(issue) => *issues.entry(issue).or_default() += 1,
            None => online += 1,
        }
    }
    let percent = f64::from(online) * 100.0 / f64::from(count.max(1));
    let status = match online {
        0 => "offline",
        _ if percent >= 75.0 => "healthy",
        _ if percent >= 50.0 => "degraded",
        _ => "unhealthy",
    };
    let issues: Vec<Value> =
        issues.iter().map(|(kind, count)| json!({"kind": kind, "count": count})).collect();
    Some(json!({
        "id": connector.id,
        "name": connector.name,
        "siteId": connector.site,
        "siteIds": [connector.site],
        "type": connector.kind,
        "status": status,
        "pointCount": count,
        "healthyCount": online,
        "healthyPercent": (percent * 10.0).round() / 10.0,
        "lastValueTime": last.and_then(moment),
        "issues": issues,
    }))
}
