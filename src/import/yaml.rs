//! Writes drafts as YAML: short maps and lists on one line, long ones over several. Texts are quoted
//! wherever they could be read as anything else.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// As wide as a line gets where it can be helped.
const WIDTH: usize = 100;

/// One entry of a file: its key, its value and the comment above it.
pub(super) struct Entry {
    pub key: &'static str,
    pub value: Value,
    pub comment: Vec<String>,
}

/// A file: comments at its head, then its entries.
pub(super) fn file(head: &[String], entries: &[Entry]) -> String {
    let mut text = String::new();
    for line in head {
        text += &comment(line);
    }
    for entry in entries {
        for line in &entry.comment {
            text += &comment(line);
        }
        pair(entry.key, &entry.value, 0, &mut text);
    }
    text
}

/// A key and its value, as they stand in a file.
pub(super) fn section(key: &str, value: &Value, indent: usize) -> String {
    let mut text = String::new();
    pair(key, value, indent, &mut text);
    text
}

fn comment(line: &str) -> String {
    format!("# {}\n", super::words::line(line))
}

fn pair(key: &str, value: &Value, indent: usize, text: &mut String) {
    let spaces = " ".repeat(indent);
    let head = format!("{spaces}{}:", scalar(key));
    let one_line = flow(value);
    // What is deep is written out, so that it can be read.
    let roomy = depth(value) <= 2 || indent > 0;
    if head.len() + 1 + one_line.len() <= WIDTH && roomy {
        _ = writeln!(text, "{head} {one_line}");
        return;
    }
    match value {
        Value::Object(map) if !map.is_empty() => {
            *text += &head;
            text.push('\n');
            for (key, value) in map {
                pair(key, value, indent + 2, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            *text += &head;
            text.push('\n');
            for item in items {
                _ = writeln!(text, "{spaces}  - {}", flow(item));
            }
        }
        _ => _ = writeln!(text, "{head} {one_line}"),
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(map) => 1 + map.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => flow_map(map),
        other => other.to_string(),
    }
}

fn flow_map(map: &Map<String, Value>) -> String {
    let pairs = map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow(value)));
    format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
}

/// A text, plain where nothing else could be meant.
fn scalar(text: &str) -> String {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let plain = |c: char| c.is_ascii_alphanumeric() || " _-./!".contains(c);
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"];
    let taken = words.contains(&text.to_ascii_lowercase().as_str());
    let pads = text.ends_with(' ');
    if begins && text.chars().all(plain) && !taken && !pads {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
