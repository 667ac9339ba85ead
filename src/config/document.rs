//! The file's text and the environment as one JSON value, with the place of every key remembered.
//! What a key means is not known here; `shape` judges the value next.

use std::path::Path;

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::environment::Environment;
use super::problems::{Origin, Report, join, variable_of};
use super::{secret_file, shape};

/// The settings as written, before anything was judged but the syntax.
pub(super) struct Document {
    pub(super) value: Value,
    pub(super) report: Report,
}

impl Document {
    pub(super) fn read(name: &str, text: &str, environment: &Environment, shape: &Value) -> Self {
        let mut report = Report::new(name);
        let lines = Lines::of(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let line = error.span().map_or(1, |span| lines.line(span.start));
            report.say_torn(line, format!("isn't TOML: {}", error.message()));
        }
        let mut value = Value::Object(read_table(table.get_ref(), "", &lines, &mut report));
        for (variable, path, text) in environment.settings() {
            let origin = Origin::Variable(variable.to_owned());
            let (path, is_file) = setting_of(path, shape);
            let key = path.join(".");
            if is_file && environment.has(&variable_of(&key)) {
                report.say_at(origin, &key, "is set twice, as itself and by its file; unset one");
                continue;
            }
            match value_of(&path, text, is_file, shape) {
                Ok(setting) => {
                    report.locate(&key, origin);
                    put(&mut value, &key, setting);
                }
                Err(says) => report.say_at(origin, &key, says),
            }
        }
        Self { value, report }
    }
}

/// Byte offsets to line numbers.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

fn read_table(
    table: &DeTable<'_>,
    within: &str,
    lines: &Lines,
    report: &mut Report,
) -> Map<String, Value> {
    let mut map = Map::new();
    for (key, value) in table {
        let path = join(within, key.get_ref());
        report.locate_line(&path, lines.line(key.span().start));
        map.insert(key.get_ref().to_string(), read_value(value.get_ref(), &path, lines, report));
    }
    map
}

fn read_value(value: &DeValue<'_>, path: &str, lines: &Lines, report: &mut Report) -> Value {
    match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Value::String(number.as_str().to_owned()), Value::from),
        DeValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, Value::from),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Table(table) => Value::Object(read_table(table, path, lines, report)),
        DeValue::Array(items) => {
            let items = items.iter().enumerate().map(|(at, item)| {
                let path = join(path, &at.to_string());
                report.locate_line(&path, lines.line(item.span().start));
                read_value(item.get_ref(), &path, lines, report)
            });
            Value::Array(items.collect())
        }
    }
}

/// The setting that a variable means, and whether it names a file that holds the value.
fn setting_of(path: Vec<String>, shape: &Value) -> (Vec<String>, bool) {
    if shape::node(shape, &path).is_some() {
        return (path, false);
    }
    let named = path.split_last().and_then(|(last, sections)| {
        let path = [sections, &[last.strip_suffix("_file")?.to_owned()]].concat();
        shape::node(shape, &path).is_some_and(shape::is_secret).then_some(path)
    });
    named.map_or((path, false), |path| (path, true))
}

/// A variable's value, read by the type that the schema gives its setting.
fn value_of(
    path: &[String],
    text: Option<&str>,
    is_file: bool,
    shape: &Value,
) -> Result<Value, String> {
    let text = text.ok_or("isn't UTF-8")?;
    if text.is_empty() {
        return Err("is set but empty: give it a value or unset it".to_owned());
    }
    if is_file {
        if let Some(fault) = secret_file::fault(Path::new(text)) {
            return Err(fault);
        }
        let secret = std::fs::read_to_string(text)
            .map_err(|error| format!("names a file that can't be read ({error})"))?;
        return Ok(Value::String(secret.trim_end_matches(['\r', '\n']).to_owned()));
    }
    match shape::node(shape, path) {
        Some(node) => typed(text, node),
        None => Err(shape::unknown_key(shape, path.split_last().map_or(&[], |(_, rest)| rest))),
    }
}

fn typed(text: &str, node: &Value) -> Result<Value, String> {
    match shape::type_of(node) {
        Some("integer") => {
            text.parse::<i64>().map(Value::from).map_err(|_| "must be a whole number".to_owned())
        }
        Some("boolean") => {
            text.parse::<bool>().map(Value::Bool).map_err(|_| "must be true or false".to_owned())
        }
        Some("array") => {
            Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
        }
        Some("object") => Err("is a section: set its keys one by one".to_owned()),
        _ => Ok(Value::String(text.to_owned())),
    }
}

/// Puts a setting in its place; a section that the file lacks is made.
fn put(value: &mut Value, key: &str, setting: Value) {
    let Value::Object(map) = value else { return };
    match key.split_once('.') {
        None => {
            map.insert(key.to_owned(), setting);
        }
        Some((section, rest)) => {
            let inner = map.entry(section).or_insert_with(|| Value::Object(Map::new()));
            put(inner, rest, setting);
        }
    }
}
