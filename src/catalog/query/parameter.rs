//! The parameters of saved queries: what each takes, and a caller's value as the text that is bound.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;

/// A text may be this long where the definition doesn't say.
const USUAL_LENGTH: usize = 200;

/// One parameter.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name, as callers write it: letters, digits and `_`.
    pub name: String,
    /// What it takes.
    #[serde(rename = "type")]
    pub kind: ParameterKind,
    /// What it is for.
    pub description: Option<String>,
    /// It must be given. A parameter that needn't be has a `default`.
    #[serde(default)]
    pub required: bool,
    /// The only values that it takes.
    #[serde(default, rename = "enum")]
    pub values: Vec<Value>,
    /// What is bound where it isn't given. A date may be `today` or `today-30`.
    pub default: Option<Value>,
    /// The least number.
    pub min: Option<f64>,
    /// The greatest number.
    pub max: Option<f64>,
    /// The longest text, in characters; 200 where it isn't said.
    pub max_length: Option<usize>,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParameterKind {
    /// A text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// True or false.
    Boolean,
    /// A day, such as 2026-01-31.
    Date,
    /// A moment (RFC 3339).
    Time,
}

impl ParameterKind {
    /// Its name in files and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
            Self::Time => "time",
        }
    }
}

impl Parameter {
    /// A caller's value, or the default, as the text that is bound.
    ///
    /// # Errors
    /// What the parameter takes, in words; the value isn't repeated.
    pub fn bind(&self, given: Option<&Value>, now: DateTime<Utc>) -> Result<String, String> {
        match (given, &self.default) {
            (Some(value), _) => self.text_of(value),
            (None, Some(default)) => match day_from_today(default, now) {
                Some(day) if self.kind == ParameterKind::Date => Ok(day.to_string()),
                _ => self.text_of(default),
            },
            (None, None) => Err("is required".to_owned()),
        }
    }

    /// The text of a value that fits.
    fn text_of(&self, value: &Value) -> Result<String, String> {
        if !self.values.is_empty() && !self.values.contains(value) {
            let values: Vec<String> = self.values.iter().map(plain).collect();
            return Err(format!("must be one of {}", values.join(", ")));
        }
        match self.kind {
            ParameterKind::String => {
                let longest = self.max_length.unwrap_or(USUAL_LENGTH);
                let text = value.as_str().ok_or("must be a text")?;
                let fits = text.chars().count() <= longest && !text.contains('\0');
                if fits {
                    Ok(text.to_owned())
                } else {
                    Err(format!("has at most {longest} characters"))
                }
            }
            ParameterKind::Integer => {
                let whole = value.is_i64() || value.is_u64();
                if !whole {
                    return Err("must be a whole number".to_owned());
                }
                self.in_range(value)
            }
            ParameterKind::Number => {
                if !value.is_number() {
                    return Err("must be a number".to_owned());
                }
                self.in_range(value)
            }
            ParameterKind::Boolean => {
                let truth = value.as_bool().ok_or("must be true or false")?;
                Ok(truth.to_string())
            }
            ParameterKind::Date => {
                let text = value.as_str().unwrap_or_default();
                let day = NaiveDate::parse_from_str(text, "%Y-%m-%d");
                let day = day.ok().filter(|day| day.to_string() == text);
                day.map(|day| day.to_string())
                    .ok_or_else(|| "must be a day, such as 2026-01-31".to_owned())
            }
            ParameterKind::Time => {
                let time = DateTime::parse_from_rfc3339(value.as_str().unwrap_or_default());
                let time = time.map_err(|_| "must be a time, such as 2026-01-31T08:00:00Z")?;
                Ok(time.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
            }
        }
    }

    fn in_range(&self, value: &Value) -> Result<String, String> {
        let number = value.as_f64().unwrap_or(f64::NAN);
        let low = self.min.is_some_and(|min| number < min || number.is_nan());
        let high = self.max.is_some_and(|max| number > max || number.is_nan());
        match (low || high, self.min, self.max) {
            (false, _, _) => Ok(value.to_string()),
            (true, Some(min), Some(max)) => Err(format!("must be from {min} to {max}")),
            (true, Some(min), None) => Err(format!("must be at least {min}")),
            (true, None, max) => Err(format!("must be at most {}", max.unwrap_or_default())),
        }
    }

    /// Holds the parts of the definition against each other.
    pub(super) fn check(&self, spot: &Spot<'_>, problems: &mut Problems) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let begins = self.name.starts_with(|c: char| c.is_ascii_alphabetic());
        if !begins || !self.name.chars().all(plain) || self.name.len() > 64 {
            let text = "letters, digits and _, starting with a letter, at most 64 long";
            spot.child("name").problem(problems, text);
        }
        match (self.required, &self.default) {
            (true, Some(_)) => {
                let text = "a parameter that must be given has no default";
                spot.child("default").problem(problems, text);
            }
            (false, None) => {
                let text = "every placeholder has a value: write required: true, or a default";
                spot.problem(problems, text);
            }
            _ => {}
        }
        let number = matches!(self.kind, ParameterKind::Integer | ParameterKind::Number);
        for (key, there) in [("min", self.min.is_some()), ("max", self.max.is_some())] {
            if there && !number {
                spot.child(key).problem(problems, "is for numbers");
            }
        }
        if self.min.zip(self.max).is_some_and(|(min, max)| min > max) {
            spot.child("min").problem(problems, "is greater than max");
        }
        if self.max_length.is_some() && self.kind != ParameterKind::String {
            spot.child("max_length").problem(problems, "is for texts");
        }
        for (index, value) in self.values.iter().enumerate() {
            if let Err(says) = self.text_of(value) {
                spot.child("enum").child(index).problem(problems, says);
            }
        }
        let Some(default) = &self.default else { return };
        let relative = self.kind == ParameterKind::Date && days_back(default).is_some();
        if let (false, Err(says)) = (relative, self.text_of(default)) {
            spot.child("default").problem(problems, says);
        }
    }
}

/// `today` or `today-N`.
fn day_from_today(default: &Value, now: DateTime<Utc>) -> Option<NaiveDate> {
    now.date_naive().checked_sub_signed(TimeDelta::days(days_back(default)?.into()))
}

/// How many days before today.
fn days_back(default: &Value) -> Option<u32> {
    /// Some ten years: nobody means more.
    const FARTHEST: u32 = 3_660;
    let rest = default.as_str()?.strip_prefix("today")?;
    match rest.strip_prefix('-') {
        Some(days) => days.parse().ok().filter(|days| *days <= FARTHEST),
        None => rest.is_empty().then_some(0),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
