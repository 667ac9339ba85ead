//! A result as the SQL API writes it: every value a text, days and times as numbers, in partitions of
//! which all but the first come packed.

use std::io::Write;

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::demo::problem::Problem;

/// What a statement gave: names, and values as SQLite has them.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

/// A column's type. SQLite has fewer kinds of values, so that some are known by their looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Fixed,
    Real,
    Boolean,
    Date,
    Timestamp,
    Text,
}

impl Kind {
    fn of(name: &str, values: &[&Value]) -> Self {
        let all = |fits: &dyn Fn(&Value) -> bool| {
            !values.is_empty() && values.iter().all(|one| fits(one))
        };
        let text = |fits: fn(&str) -> bool| move |value: &Value| value.as_str().is_some_and(fits);
        if all(&Value::is_i64) {
            return if name.starts_with("is_") { Self::Boolean } else { Self::Fixed };
        }
        if all(&Value::is_number) {
            return Self::Real;
        }
        if all(&text(|text| text.parse::<NaiveDate>().is_ok())) {
            return Self::Date;
        }
        if all(&text(|text| DateTime::parse_from_rfc3339(text).is_ok())) {
            return Self::Timestamp;
        }
        Self::Text
    }

    fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Real => "real",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Timestamp => "timestamp_ntz",
            Self::Text => "text",
        }
    }

    fn cell(self, value: &Value) -> Value {
        let text = value.as_str().unwrap_or_default();
        match (self, value) {
            (_, Value::Null) => Value::Null,
            (Self::Boolean, value) => (value.as_i64() != Some(0)).to_string().into(),
            (Self::Date, _) => {
                let day: NaiveDate = text.parse().unwrap_or_default();
                day.signed_duration_since(NaiveDate::default()).num_days().to_string().into()
            }
            (Self::Timestamp, _) => {
                let time = DateTime::parse_from_rfc3339(text).unwrap_or_default();
                format!("{}.000000000", time.timestamp()).into()
            }
            (Self::Text, _) if value.is_string() => text.into(),
            (_, value) => value.to_string().into(),
        }
    }
}

/// One partition of a result.
pub(super) fn answer(table: &Table, handle: &str, partition: usize, size: usize) -> Response {
    let kinds: Vec<Kind> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let values = table.rows.iter().filter_map(|row| row.get(index));
            let values: Vec<&Value> = values.filter(|value| !value.is_null()).collect();
            Kind::of(&name.to_ascii_lowercase(), &values)
        })
        .collect();
    let cells = |row: &Vec<Value>| -> Value {
        row.iter().zip(&kinds).map(|(value, kind)| kind.cell(value)).collect()
    };
    let partitions: Vec<Vec<Value>> =
        table.rows.chunks(size).map(|rows| rows.iter().map(cells).collect()).collect();
    let data = match partitions.get(partition) {
        Some(data) => json!(data),
        None if partition == 0 => json!([]),
        None => return Problem::not_found("The partition").into_response(),
    };
    if partition > 0 {
        return packed(&json!({"data": data}));
    }
    let row_type: Vec<Value> = table
        .columns
        .iter()
        .zip(&kinds)
        .map(|(name, kind)| {
            let scale = (*kind == Kind::Fixed).then_some(0);
            json!({"name": name.to_uppercase(), "type": kind.name(), "nullable": true, "scale": scale})
        })
        .collect();
    let info: Vec<Value> = partitions
        .iter()
        .map(|rows| json!({"rowCount": rows.len(), "uncompressedSize": json!(rows).to_string().len()}))
        .collect();
    let body = json!({
        "code": "090001",
        "message": "Statement executed successfully.",
        "statementHandle": handle,
        "statementStatusUrl": format!("/api/v2/statements/{handle}"),
        "resultSetMetaData": {
            "numRows": table.rows.len(),
            "format": "jsonv2",
            "rowType": row_type,
            "partitionInfo": info,
        },
        "data": data,
    });
    Json(body).into_response()
}

/// Gzip, whether it was asked for or not.
fn packed(body: &Value) -> Response {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let packed = gzip.write_all(body.to_string().as_bytes()).and_then(|()| gzip.finish());
    match packed {
        Ok(bytes) => {
            let headers =
                [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, "gzip")];
            (headers, bytes).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
