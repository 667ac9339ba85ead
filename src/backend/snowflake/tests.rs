//! The statement that is sent, what a cell becomes, and what is unpacked.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::page::{Place, inflate};
use super::*;
use crate::catalog::{Column, ColumnKind, Dashboard, Parameter};

fn query(scope_column: Option<usize>) -> SavedQuery {
    let column = |name: &str, kind| Column { name: name.to_owned(), kind, unit: None };
    let parameter: Parameter =
        serde_json::from_value(json!({"name": "since", "type": "date", "required": true})).unwrap();
    SavedQuery {
        id: "a".to_owned(),
        title: "A".to_owned(),
        description: "A".to_owned(),
        backend: "lake".to_owned(),
        dashboard: Dashboard { id: "d".to_owned(), name: "D".to_owned() },
        statement: "SELECT site, kwh FROM t WHERE day >= ?".to_owned(),
        parameters: vec![parameter],
        columns: vec![column("site", ColumnKind::String), column("kwh", ColumnKind::Number)],
        scope_column,
        order: vec![(1, true), (0, false)],
        max_rows: 10,
        timeout: Duration::from_secs(5),
    }
}

#[test]
fn the_sites_are_demanded_around_whatever_is_asked() {
    let sites = ["x' OR 1=1 --".to_owned(), "y".to_owned()];
    let wrapped = Wrapped::of(&query(Some(0)), vec!["2026-01-01".to_owned()], Some(&sites));
    assert_eq!(
        wrapped.statement,
        "SELECT site, kwh FROM (\nSELECT site, kwh FROM t WHERE day >= ?\n) AS saved_query\n\
         WHERE (site IN (?, ?))\nORDER BY kwh DESC, site\nLIMIT 11"
    );
    let bindings = json!({
        "1": {"type": "TEXT", "value": "2026-01-01"},
        "2": {"type": "TEXT", "value": "x' OR 1=1 --"},
        "3": {"type": "TEXT", "value": "y"},
    });
    assert_eq!(Value::Object(wrapped.bindings), bindings);
}

#[test]
fn many_sites_are_compared_some_at_a_time() {
    let sites: Vec<String> = (0..2_500).map(|number| number.to_string()).collect();
    let wrapped = Wrapped::of(&query(Some(0)), vec![String::new()], Some(&sites));
    assert_eq!(wrapped.statement.matches(" IN (").count(), 3);
    assert_eq!(wrapped.statement.matches('?').count(), 2_501);
    assert_eq!(wrapped.bindings.len(), 2_501);
    assert_eq!(wrapped.bindings["2501"]["value"], "2499");
}

#[test]
fn cells_are_what_the_service_wrote_to_the_last_digit() {
    use ColumnKind::{Boolean, Date, Integer, Number, String, Time};
    for (kind, cell, value) in [
        (String, json!("a"), json!("a")),
        (String, Value::Null, Value::Null),
        (Integer, json!("-42"), json!(-42)),
        (Integer, json!("9223372036854775808"), json!("9223372036854775808")),
        (Number, json!("123.450"), json!(123.45)),
        (Number, json!("7.000"), json!(7.0)),
        (Number, json!("0.1"), json!(0.1)),
        (Number, json!("0.30000000000000004"), json!(0.300_000_000_000_000_04)),
        (Number, json!("12345678901234567.89"), json!("12345678901234567.89")),
        (Number, json!("1.5E10"), json!(1.5e10)),
        (Number, json!("NaN"), json!("NaN")),
        (Boolean, json!("true"), json!(true)),
        (Boolean, json!("0"), json!(false)),
        (Date, json!("20454"), json!("2026-01-01")),
        (Date, json!("-1"), json!("1969-12-31")),
        (Time, json!("1767225600.000000000"), json!("2026-01-01T00:00:00Z")),
        (Time, json!("1767225600.250000000"), json!("2026-01-01T00:00:00.250Z")),
    ] {
        assert_eq!(cells::value(kind, &cell), Some(value), "{cell}");
    }
    for (kind, cell) in [
        (Integer, json!("1.5")),
        (Integer, json!("")),
        (Integer, json!(1)),
        (Number, json!("x")),
        (Boolean, json!("maybe")),
        (Date, json!("2026-01-01")),
        (Date, json!("99999999999")),
        (Time, json!("now")),
        (String, json!(["a"])),
    ] {
        assert_eq!(cells::value(kind, &cell), None, "{cell}");
    }
}

#[test]
fn a_small_packet_that_unpacks_to_much_is_refused() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&vec![b' '; 10_000_000]).unwrap();
    let packed = gzip.finish().unwrap();
    assert!(packed.len() < 20_000);
    assert_eq!(inflate(&packed, 100_000), Err(TroubleKind::BadAnswer));
    assert_eq!(inflate(&packed, 10_000_000).unwrap().len(), 10_000_000);
    assert_eq!(inflate(b"no gzip", 100), Err(TroubleKind::BadAnswer));
}

#[test]
fn a_place_is_read_as_it_was_written() {
    let text = "01b2-c3/1/3/100/limited";
    assert_eq!(Place::read(text).unwrap().to_string(), text);
    for odd in [
        "",
        "a",
        "a/1/2/3",
        "a/1/2/3/whole/x",
        "../x/1/2/3/whole",
        "a?b/1/2/3/whole",
        "/1/2/3/whole",
    ] {
        assert_eq!(Place::read(odd), None, "{odd}");
    }
}
