//! One cell of a result: from the text that the service writes to JSON. A number is never rounded: one
//! that JSON's readers would round stays a text.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta};
use serde_json::{Number, Value};

use crate::catalog::ColumnKind;

/// The value of a cell; none where it isn't what the definition says.
pub(super) fn value(kind: ColumnKind, cell: &Value) -> Option<Value> {
    let text = match cell {
        Value::Null => return Some(Value::Null),
        Value::String(text) => text,
        _ => return None,
    };
    match kind {
        ColumnKind::String => Some(text.as_str().into()),
        ColumnKind::Integer => {
            let whole = text.strip_prefix('-').unwrap_or(text);
            let whole = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
            whole.then(|| number(text)).flatten()
        }
        ColumnKind::Number => number(text),
        ColumnKind::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true.into()),
            "false" | "0" => Some(false.into()),
            _ => None,
        },
        ColumnKind::Date => {
            let days = TimeDelta::try_days(text.parse().ok()?)?;
            let day = NaiveDate::default().checked_add_signed(days)?;
            Some(day.to_string().into())
        }
        ColumnKind::Time => {
            let (seconds, part) = text.split_once('.').unwrap_or((text, ""));
            let nanos: u32 = format!("{part:0<9}").get(..9)?.parse().ok()?;
            // What follows the point counts on from the second, before 1970 too.
            let time = DateTime::from_timestamp(seconds.parse().ok()?, nanos)?;
            Some(time.to_rfc3339_opts(SecondsFormat::AutoSi, true).into())
        }
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.into());
    }
    let float: f64 = text.parse().ok()?;
    let exact = text.contains(['e', 'E']) || shortest(text) == float.to_string();
    match Number::from_f64(float).filter(|_| exact) {
        Some(number) => Some(Value::Number(number)),
        None => Some(text.into()),
    }
}

/// The text without zeros that say nothing.
fn shortest(text: &str) -> &str {
    let text = text.strip_prefix('+').unwrap_or(text);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}
