//! Telemetry is the same each time, follows the day, and shows the faults.

use super::*;
use crate::demo::world::equipment::{FaultKind, Signal};
use crate::demo::world::{Shared, World};

const NOW: i64 = 1_790_000_000;

fn equipment() -> Shared<Equipment> {
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_790_000_000);
    World::generate(1, now).equipment
}

fn telemetry(equipment: &Equipment) -> Telemetry<'_> {
    Telemetry::new(equipment, DateTime::from_timestamp(NOW, 0).unwrap())
}

fn series(shape: series::Shape, page_size: usize, start: i64, end: i64) -> series::Series {
    series::Series { start, end, shape, page_size, from: (0, start) }
}

#[test]
fn a_value_is_the_same_whenever_and_within_whatever_it_is_asked_for() {
    let made = equipment();
    let telemetry = telemetry(&made);
    for point in (0..made.points.len()).step_by(97) {
        let long: Vec<_> = telemetry.samples(point, NOW - 86_400, NOW).collect();
        let short: Vec<_> = telemetry.samples(point, NOW - 7_200, NOW).collect();
        assert!(long.ends_with(&short), "{}", made.points[point].twin_id);
        let spaced = long
            .windows(2)
            .all(|two| (two[1].0 - two[0].0) % i64::from(made.points[point].interval) == 0);
        assert!(spaced);
    }
}

#[test]
fn there_are_more_people_by_day_than_by_night_and_none_on_sundays() {
    use super::places::presence;
    use crate::demo::world::SITE_3LW;
    // Wednesday 2026-09-23 in Leeds, without summer time.
    let midnight = 1_790_121_600;
    assert!(presence(SITE_3LW, midnight + 10 * 3_600) > 0.9);
    assert!(presence(SITE_3LW, midnight + 2 * 3_600) < 0.1);
    assert!(presence(SITE_3LW, midnight + (4 * 24 + 10) * 3_600) < 0.1);
}

#[test]
fn counters_only_grow() {
    let made = equipment();
    let telemetry = telemetry(&made);
    let sums = made.points.iter().enumerate().filter(|(_, one)| one.signal == Signal::Energy);
    for (point, of) in sums {
        let values: Vec<f64> =
            telemetry.samples(point, NOW - 3 * 86_400, NOW).map(|sample| sample.1).collect();
        assert!(values.windows(2).all(|two| two[0] <= two[1]), "{}", of.twin_id);
    }
}

#[test]
fn each_kind_of_fault_shows_in_the_telemetry() {
    let made = equipment();
    let telemetry = telemetry(&made);
    for fault in &made.faults {
        let point = &made.points[fault.point];
        let (from, to) = fault.spells[0];
        let (from, to) = (from.timestamp(), to.timestamp().min(NOW));
        let within: Vec<f64> =
            telemetry.samples(fault.point, from, to).map(|sample| sample.1).collect();
        let mean = within.iter().sum::<f64>() / f64::from(u32::try_from(within.len()).unwrap());
        let same = within.windows(2).all(|two| two[0].to_bits() == two[1].to_bits());
        let shows = match fault.kind {
            FaultKind::OfflineGap => within.is_empty(),
            FaultKind::StuckSensor => same && !within.is_empty(),
            FaultKind::Flatline => same && mean == 0.0,
            FaultKind::OutOfRange => mean > 5_000.0,
            FaultKind::Overcooling => mean < 20.0,
            FaultKind::Overheating => mean > 24.5,
            FaultKind::StuckDamper => same && mean < 10.0,
            FaultKind::HeatingAndCooling => mean > 40.0,
            FaultKind::AfterHours => mean > 0.99,
            FaultKind::DirtyFilter => within.iter().any(|value| *value > 250.0),
            FaultKind::LowDeltaT => mean < 8.6,
            FaultKind::ShortCycling => (0.3..0.7).contains(&mean),
            FaultKind::HighConsumption => {
                let week = 7 * 86_400;
                let usual: Vec<f64> = telemetry
                    .samples(fault.point, from - week, to - week)
                    .map(|sample| sample.1)
                    .collect();
                mean * f64::from(u32::try_from(usual.len()).unwrap())
                    > 1.4 * usual.iter().sum::<f64>()
            }
        };
        assert!(shows, "{:?} at {}: mean {mean}", fault.kind, point.twin_id);
    }
}

#[test]
fn pages_of_samples_and_of_figures_join_to_the_whole() {
    let made = equipment();
    let telemetry = telemetry(&made);
    let points = [3, 700, 1_500];
    let (start, end) = (NOW - 86_400, NOW);
    let all = |shape: fn() -> series::Shape, page_size: usize| {
        let mut series = series(shape(), page_size, start, end);
        let mut rows: Vec<Value> = Vec::new();
        loop {
            let page = series.run(&telemetry, &points);
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= page_size);
            rows.extend(data.iter().cloned());
            match page["continuationToken"].as_str() {
                Some(token) => series.from = series::Series::position(token).unwrap(),
                None => return rows,
            }
        }
    };
    let raw = || series::Shape::Samples { max_points: None };
    let hourly = || series::Shape::Intervals {
        interval: 3_600,
        functions: vec![series::Function::Average, series::Function::Count],
        previous: false,
    };
    for shape in [raw as fn() -> series::Shape, hourly] {
        let whole = all(shape, 1_000);
        for page_size in [1, 7, 100] {
            assert_eq!(all(shape, page_size), whole);
        }
    }
    let counted: u64 = all(hourly, 1_000).iter().filter_map(|row| row["count"].as_u64()).sum();
    assert_eq!(usize::try_from(counted).unwrap(), all(raw, 1_000).len());
}

#[test]
fn no_more_samples_are_told_than_were_asked_for() {
    let made = equipment();
    let telemetry = telemetry(&made);
    for most in [1, 3, 10, 200] {
        let shape = series::Shape::Samples { max_points: Some(most) };
        let page = series(shape, 1_000, NOW - 31 * 86_400, NOW).run(&telemetry, &[3, 700]);
        let told = page["data"].as_array().unwrap().len();
        assert!(told <= most.max(2) && told * 2 >= most.min(100), "{most}: {told}");
    }
}

#[test]
fn connectors_are_healthy_degraded_and_offline() {
    let made = equipment();
    let telemetry = telemetry(&made);
    let told: Vec<Value> =
        (0..made.connectors.len()).filter_map(|index| health::of(&telemetry, index)).collect();
    let status = |name: &str| {
        told.iter().find(|one| text(one, "name").starts_with(name)).map(|one| text(one, "status"))
    };
    assert_eq!(status("Velvastone wireless"), Some("offline"));
    assert_eq!(status("Osprentide wireless"), Some("degraded"));
    assert_eq!(status("Quillmarrow controllers"), Some("healthy"));
    let points: u64 = told.iter().filter_map(|one| one["pointCount"].as_u64()).sum();
    assert_eq!(usize::try_from(points).unwrap(), made.points.len());
}
