//! The tables of the sample Snowflake: energy, comfort, tickets and running hours of the four sites,
//! over the last 120 days. Every row's label carries its site's word.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::demo::fields::text;
use crate::demo::world::{BLUEPRINTS, Blueprint, Random, World, rfc3339};

/// Days that the tables go back.
const DAYS: i64 = 120;
/// Days of hours that `comfort_hourly` goes back.
const DAYS_OF_HOURS: i64 = 30;
/// Sets these numbers apart from those that places and tickets are made of.
const OWN_SEED: u64 = 0x534e_4f57_464c_414b;

const METERS: [(&str, f64); 3] = [("main", 1.0), ("hvac", 0.45), ("lighting", 0.2)];
const ASSETS: [(&str, f64); 8] = [
    ("AHU-01", 13.0),
    ("AHU-02", 12.0),
    ("AHU-03", 11.0),
    ("CH-01", 9.0),
    ("CH-02", 6.0),
    ("PUMP-01", 15.0),
    ("PUMP-02", 8.0),
    ("LIFT-01", 7.0),
];

/// One table.
pub(super) struct Shape {
    pub(super) name: &'static str,
    /// Each with its type.
    pub(super) columns: &'static [&'static str],
}

pub(super) const TABLES: [Shape; 4] = [
    Shape {
        name: "energy_daily",
        columns: &[
            "site_id TEXT",
            "label TEXT",
            "day TEXT",
            "meter TEXT",
            "kwh REAL",
            "peak_kw REAL",
            "cost REAL",
        ],
    },
    Shape {
        name: "comfort_hourly",
        columns: &[
            "site_id TEXT",
            "label TEXT",
            "hour TEXT",
            "day TEXT",
            "zone TEXT",
            "temperature REAL",
            "humidity REAL",
            "co2 INTEGER",
            "is_comfortable INTEGER",
        ],
    },
    Shape {
        name: "tickets_daily",
        columns: &[
            "site_id TEXT",
            "label TEXT",
            "day TEXT",
            "opened INTEGER",
            "closed INTEGER",
            "urgent INTEGER",
        ],
    },
    Shape {
        name: "asset_runtime",
        columns: &[
            "site_id TEXT",
            "label TEXT",
            "asset_id TEXT",
            "day TEXT",
            "hours REAL",
            "starts INTEGER",
            "faults INTEGER",
        ],
    },
];

/// All rows, by table.
pub(super) fn rows(world: &World) -> Vec<(&'static str, Vec<Vec<Value>>)> {
    let mut random = Random::new(world.seed ^ OWN_SEED);
    let mut tables = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    let [energy_rows, comfort_rows, ticket_rows, runtime_rows] = &mut tables;
    for site in &BLUEPRINTS {
        for back in (1..=DAYS).rev() {
            let day = world.today - TimeDelta::days(back);
            energy(site, day, &mut random, energy_rows);
            if back <= DAYS_OF_HOURS {
                comfort(site, day, &mut random, comfort_rows);
            }
            tickets(world, site, day, ticket_rows);
            runtime(site, day, &mut random, runtime_rows);
        }
    }
    TABLES.iter().map(|table| table.name).zip(tables).collect()
}

/// A number around this one, give or take a tenth, to one place.
fn around(number: f64, random: &mut Random) -> f64 {
    let part = u32::try_from(random.below(201)).unwrap_or_default();
    (number * (0.9 + f64::from(part) / 1_000.0) * 10.0).round() / 10.0
}

fn is_weekend(day: DateTime<Utc>) -> bool {
    use chrono::Datelike;
    day.weekday().number_from_monday() > 5
}

fn date(day: DateTime<Utc>) -> String {
    day.date_naive().to_string()
}

fn energy(site: &Blueprint, day: DateTime<Utc>, random: &mut Random, rows: &mut Vec<Vec<Value>>) {
    let usual = site.daily_kwh() * if is_weekend(day) { 0.55 } else { 1.0 };
    for (meter, share) in METERS {
        let kwh = around(usual * share, random);
        let peak = around(kwh / 11.0, random);
        let cost = (kwh * 21.0).round() / 100.0;
        let label = format!("{} {meter} meter", site.name());
        rows.push(vec![
            json!(site.id),
            json!(label),
            json!(date(day)),
            json!(meter),
            json!(kwh),
            json!(peak),
            json!(cost),
        ]);
    }
}

fn comfort(site: &Blueprint, day: DateTime<Utc>, random: &mut Random, rows: &mut Vec<Vec<Value>>) {
    for hour in 0..24 {
        let busy = (8..18).contains(&hour) && !is_weekend(day);
        let temperature = around(if busy { 22.6 } else { 21.0 }, random);
        let humidity = around(46.0, random);
        let co2 = if busy { 620 + random.below(380) } else { 410 + random.below(60) };
        let comfortable = (20.5..=24.5).contains(&temperature) && co2 < 950;
        let zone = if hour % 2 == 0 { "north" } else { "south" };
        rows.push(vec![
            json!(site.id),
            json!(format!("{} {zone} zone", site.name())),
            json!(rfc3339(day + TimeDelta::hours(hour))),
            json!(date(day)),
            json!(zone),
            json!(temperature),
            json!(humidity),
            json!(co2),
            json!(i64::from(comfortable)),
        ]);
    }
}

/// As the tickets themselves say it.
fn tickets(world: &World, site: &Blueprint, day: DateTime<Utc>, rows: &mut Vec<Vec<Value>>) {
    let date = date(day);
    let on = |field: &str, also: &dyn Fn(&Value) -> bool| {
        let own = world.tickets.iter().map(|ticket| &ticket.body);
        own.filter(|ticket| text(ticket, "siteId") == site.id)
            .filter(|ticket| text(ticket, field).starts_with(&date) && also(ticket))
            .count()
    };
    let urgent = |ticket: &Value| ticket.get("priority") == Some(&json!(1));
    rows.push(vec![
        json!(site.id),
        json!(format!("{} tickets", site.name())),
        json!(date),
        json!(on("createdDate", &|_| true)),
        json!(on("closedDate", &|_| true)),
        json!(on("createdDate", &urgent)),
    ]);
}

fn runtime(site: &Blueprint, day: DateTime<Utc>, random: &mut Random, rows: &mut Vec<Vec<Value>>) {
    for (asset, usual) in ASSETS {
        let usual = if is_weekend(day) { usual * 0.4 } else { usual };
        let faults = i64::from(random.percent(4));
        rows.push(vec![
            json!(site.id),
            json!(format!("{} {asset}", site.name())),
            json!(format!("{}-{asset}", site.code)),
            json!(date(day)),
            json!(around(usual, random).min(24.0)),
            json!(1 + random.below(9)),
            json!(faults),
        ]);
    }
}
