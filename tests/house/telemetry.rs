//! `docs/TELEMETRY.md` and the instruments list the same metrics, with the same units and attributes;
//! the dashboard and the alerts ask for no other.

use std::collections::BTreeSet;

use osier::telemetry::{INSTRUMENTS, Kind};

const PAGE: &str = include_str!("../../docs/TELEMETRY.md");
const DASHBOARD: &str = include_str!("../../deploy/grafana/osier.json");
const ALERTS: &str = include_str!("../../deploy/grafana/alerts.yaml");

/// The cells of each row of the page's table of metrics, without the backquotes.
fn rows() -> Vec<Vec<String>> {
    let table = PAGE.split("## Metrics").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split('|').map(|cell| cell.trim().replace('`', "")));
    cells.map(|cells| cells.skip(1).collect()).collect()
}

#[test]
fn the_page_and_the_instruments_agree() {
    let rows = rows();
    assert_eq!(rows.len(), INSTRUMENTS.len());
    for (row, instrument) in rows.iter().zip(INSTRUMENTS) {
        let kind = match instrument.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let attributes = match instrument.attributes {
            [] => "-".to_owned(),
            some => some.join(", "),
        };
        let stated: Vec<&str> = row.iter().map(String::as_str).collect();
        let about = stated[4].to_lowercase();
        assert_eq!(stated[..4], [instrument.name, kind, instrument.unit, &attributes]);
        assert!(
            about.starts_with(&instrument.about.to_lowercase()),
            "{}: {about}",
            instrument.name
        );
    }
    let names: BTreeSet<_> = INSTRUMENTS.iter().map(|instrument| instrument.name).collect();
    assert_eq!(names.len(), INSTRUMENTS.len(), "a name stands twice");
}

#[test]
fn the_dashboard_shows_each_metric_and_nothing_asks_for_another() {
    let known = INSTRUMENTS.iter().map(|instrument| {
        let unit = match instrument.unit {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        let suffix = if instrument.kind == Kind::Counter { "_total" } else { "" };
        (instrument.name.replace('.', "_") + unit + suffix, instrument.name)
    });
    let known: Vec<_> = known.collect();
    for (name, of) in &known {
        // Its hash is for people, who find it in Prometheus itself.
        let shown = DASHBOARD.contains(name.as_str()) || *of == "osier.audit.head";
        assert!(shown, "the dashboard doesn't show {name}");
    }
    let words = |text: &'static str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let asked = words(DASHBOARD).chain(words(ALERTS)).filter(|word| {
        ["osier_", "http_server_", "http_client_", "process_"]
            .iter()
            .any(|begin| word.starts_with(begin))
    });
    let labels: BTreeSet<_> = INSTRUMENTS
        .iter()
        .flat_map(|instrument| instrument.attributes)
        .map(|attribute| attribute.replace('.', "_"))
        .collect();
    for word in asked.filter(|word| !labels.contains(*word)) {
        let name = word.trim_end_matches("_bucket").trim_end_matches("_count");
        let is = |(known, _): &(String, &str)| known == word || known == name;
        assert!(known.iter().any(is), "{word} is asked for");
    }
}
