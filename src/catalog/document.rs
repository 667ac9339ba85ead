//! A definition file as parsed YAML that remembers its lines, and the list of problems found in
//! such files. The loader and the compiler report through it; nothing here knows what a tool is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

/// One definition file.
#[derive(Debug)]
pub struct Document {
    path: PathBuf,
    value: Value,
    /// JSON Pointer -> line, counted from 1
    lines: BTreeMap<String, u64>,
}

/// What is wrong at one place of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: u64,
    /// What is wrong and how to mend it.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.text)
    }
}

/// All problems of one load.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Notes a problem.
    pub fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// True where nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many problems there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The problems by file and line, each once.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}

/// One place of a document: where a problem is reported.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    document: &'a Document,
    pointer: String,
}

impl Document {
    /// Parses a file's text. Duplicate keys, aliases to nowhere and `yes`/`no` as booleans are
    /// problems, not guesses.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Problem> {
        let options = serde_saphyr::options! { strict_booleans: true, no_schema: false };
        let root: Spanned<Node> = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| unreadable(path, &error))?;
        let mut lines = BTreeMap::new();
        let value = root.value.into_value(root.referenced.line(), String::new(), &mut lines);
        Ok(Self { path: path.to_owned(), value, lines })
    }

    /// The file's content.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file as a whole.
    pub fn root(&self) -> Spot<'_> {
        Spot { document: self, pointer: String::new() }
    }

    /// The place that a JSON Pointer names.
    pub fn at(&self, pointer: &str) -> Spot<'_> {
        Spot { document: self, pointer: pointer.to_owned() }
    }
}

impl Spot<'_> {
    /// A key or an index below this place.
    pub fn child(&self, key: impl fmt::Display) -> Self {
        let key = key.to_string().replace('~', "~0").replace('/', "~1");
        Self { document: self.document, pointer: format!("{}/{key}", self.pointer) }
    }

    /// Reports what is wrong here and how to mend it.
    pub fn problem(&self, problems: &mut Problems, text: impl fmt::Display) {
        let place = self.pointer.trim_start_matches('/').replace('/', ".");
        let text = if place.is_empty() { text.to_string() } else { format!("{place}: {text}") };
        problems.add(Problem { file: self.document.path.clone(), line: self.line(), text });
    }

    /// The line of this place, or of the nearest place above it that has one.
    fn line(&self) -> u64 {
        let mut pointer = self.pointer.as_str();
        loop {
            if let Some(line) = self.document.lines.get(pointer) {
                return *line;
            }
            match pointer.rfind('/') {
                Some(parent) => pointer = pointer.get(..parent).unwrap_or_default(),
                None => return 1,
            }
        }
    }
}

fn unreadable(path: &Path, error: &serde_saphyr::Error) -> Problem {
    let line = error.location().map_or(1, |location| location.line());
    let text = error.without_snippet().to_string();
    let text = text.lines().next().unwrap_or("not YAML").to_owned();
    Problem { file: path.to_owned(), line, text }
}

/// A YAML node whose children know their lines.
enum Node {
    Scalar(Value),
    List(Vec<Spanned<Self>>),
    Map(Vec<(Spanned<String>, Spanned<Self>)>),
}

impl Node {
    fn into_value(self, line: u64, pointer: String, lines: &mut BTreeMap<String, u64>) -> Value {
        let value = match self {
            Self::Scalar(value) => value,
            Self::List(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    let line = item.referenced.line();
                    item.value.into_value(line, format!("{pointer}/{index}"), lines)
                })
                .collect(),
            Self::Map(entries) => {
                let mut map = Map::new();
                for (key, item) in entries {
                    let escaped = key.value.replace('~', "~0").replace('/', "~1");
                    let below = format!("{pointer}/{escaped}");
                    let line = key.referenced.line();
                    map.insert(key.value, item.value.into_value(line, below, lines));
                }
                Value::Object(map)
            }
        };
        lines.insert(pointer, line);
        value
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::from(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(Value::from(value)))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Node, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("a number must be finite"))?;
        Ok(Node::Scalar(Value::Number(number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(Value::from(value)))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Scalar(Value::from(value)))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Document, Problem> {
        Document::parse(Path::new("tool.yaml"), text)
    }

    #[test]
    fn keeps_values_and_lines() {
        let document = parse("a: 1\nb:\n  - x\n  - {c: no, d: true, e: null}\n").unwrap();
        let expected = serde_json::json!({"a": 1, "b": ["x", {"c": "no", "d": true, "e": null}]});
        assert_eq!(document.value(), &expected);
        assert_eq!(document.at("/b/1/c").line(), 4);
        assert_eq!(document.at("/b/1/missing").line(), 4);
        assert_eq!(document.at("/b").line(), 2);
    }

    #[test]
    fn refuses_duplicate_keys_with_their_line() {
        let problem = parse("a: 1\nb: 2\na: 3\n").unwrap_err();
        assert_eq!(problem.line, 3);
        assert!(problem.text.contains("duplicate"), "{problem}");
    }
}
