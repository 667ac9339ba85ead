//! A definition file as parsed YAML that remembers its lines. The loader and the compiler report
//! faults at its places; nothing here knows what a tool is.

mod node;
mod options;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Error, Spanned};

use super::problem::{Problem, Problems};
use node::Node;

/// One definition file.
#[derive(Debug)]
pub struct Document {
    path: PathBuf,
    value: Value,
    lines: OnceCell<Lines>,
    /// Where lines are looked up that aren't known yet.
    text: &'static str,
}

/// JSON Pointer -> line, counted from 1
type Lines = BTreeMap<String, u64>;

/// One place of a document: where a problem is reported.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    document: &'a Document,
    pointer: String,
}

impl Document {
    /// Parses a file's text. Duplicate keys, aliases to nowhere and `yes`/`no` as booleans are
    /// problems, not guesses. A file with a duplicate key is read on, to tell what else is wrong.
    pub fn parse(path: &Path, text: &str, problems: &mut Problems) -> Option<Self> {
        let root = match nodes(text, DuplicateKeyPolicy::Error) {
            Ok(root) => root,
            Err(error) => {
                problems.add(unreadable(path, &error));
                if !matches!(error.without_snippet(), Error::DuplicateMappingKey { .. }) {
                    return None;
                }
                nodes(text, DuplicateKeyPolicy::FirstWins).ok()?
            }
        };
        let (value, lines) = resolved(root);
        Some(Self { path: path.to_owned(), value, lines: lines.into(), text: "" })
    }

    /// A file that was read when the program was built: its text and, as JSON, what it says. Its lines are
    /// looked up where there is a problem to tell.
    pub fn built_in(path: &Path, text: &'static str, says: &str) -> Option<Self> {
        let value = serde_json::from_str(says).ok()?;
        Some(Self { path: path.to_owned(), value, lines: OnceCell::new(), text })
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

    fn lines(&self) -> &Lines {
        let look_up = || nodes(self.text, DuplicateKeyPolicy::Error).map(|root| resolved(root).1);
        self.lines.get_or_init(|| look_up().unwrap_or_default())
    }
}

impl Spot<'_> {
    /// A key or an index below this place.
    pub fn child(&self, key: impl fmt::Display) -> Self {
        let key = key.to_string().replace('~', "~0").replace('/', "~1");
        Self { document: self.document, pointer: format!("{}/{key}", self.pointer) }
    }

    /// The place that a JSON Pointer names below this one.
    pub fn below(&self, pointer: &str) -> Self {
        Self { document: self.document, pointer: format!("{}{pointer}", self.pointer) }
    }

    /// Reports what is wrong here and how to mend it.
    pub fn problem(&self, problems: &mut Problems, text: impl fmt::Display) {
        if problems.has_given_up(&self.document.path, &self.pointer) {
            return;
        }
        let place = self.pointer.trim_start_matches('/').replace('/', ".");
        let place = place.replace("~1", "/").replace("~0", "~");
        let text = if place.is_empty() { text.to_string() } else { format!("{place}: {text}") };
        problems.add(Problem { file: self.document.path.clone(), line: self.line(), text });
    }

    /// Reports what is wrong here; what is found here later on is no news.
    pub fn give_up(&self, problems: &mut Problems, text: impl fmt::Display) {
        self.problem(problems, text);
        problems.give_up(&self.document.path, &self.pointer);
    }

    /// True where something here was given up, so that what is left says little.
    pub fn is_spoilt(&self, problems: &Problems) -> bool {
        problems.has_given_up_around(&self.document.path, &self.pointer)
    }

    /// The line of this place, or of the nearest place above it that has one.
    fn line(&self) -> u64 {
        let mut pointer = self.pointer.as_str();
        loop {
            if let Some(line) = self.document.lines().get(pointer) {
                return *line;
            }
            match pointer.rfind('/') {
                Some(parent) => pointer = pointer.get(..parent).unwrap_or_default(),
                None => return 1,
            }
        }
    }
}

fn nodes(text: &str, duplicate_keys: DuplicateKeyPolicy) -> Result<Spanned<Node>, Error> {
    serde_saphyr::from_str_with_options(text, options::options(duplicate_keys))
}

fn resolved(root: Spanned<Node>) -> (Value, Lines) {
    let mut lines = Lines::new();
    let value = root.value.into_value(root.referenced.line(), String::new(), &mut lines);
    (value, lines)
}

/// Why a file isn't a definition at all, in words for the person who wrote it.
fn unreadable(path: &Path, error: &Error) -> Problem {
    let line = error.location().map_or(1, |location| location.line());
    let text = match error.without_snippet() {
        Error::DuplicateMappingKey { key, .. } => match key {
            Some(key) => format!("{key}: this key is here already: keep one of the two"),
            None => "a key is here twice: keep one of the two".to_owned(),
        },
        Error::MultipleDocuments { .. } => {
            "a file holds one definition: take the --- away, or make two files".to_owned()
        }
        Error::MergeKeyNotAllowed { .. } => "<< isn't merged: write the keys themselves".to_owned(),
        // Or inside of what says which alias it was.
        other if other.to_string().contains("alias replay limit exceeded") => {
            "aliases of aliases make it too long: write out what they stand for".to_owned()
        }
        other => {
            let text = other.to_string();
            let text = text.lines().next().unwrap_or_default();
            // The place is told before the text already.
            let text = text.rsplit_once(" at line ").map_or(text, |(text, _)| text);
            format!("not YAML: {text}")
        }
    };
    Problem { file: path.to_owned(), line, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (Option<Document>, Vec<String>) {
        let mut problems = Problems::default();
        let document = Document::parse(Path::new("tool.yaml"), text, &mut problems);
        (document, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn keeps_values_and_lines() {
        let (document, problems) = parse("a: 1\nb:\n  - x\n  - {c: no, d: true, e: null}\n");
        let document = document.unwrap();
        let expected = serde_json::json!({"a": 1, "b": ["x", {"c": "no", "d": true, "e": null}]});
        assert_eq!(document.value(), &expected);
        assert_eq!(document.at("/b/1/c").line(), 4);
        assert_eq!(document.at("/b/1/missing").line(), 4);
        assert_eq!(document.at("/b").line(), 2);
        assert!(problems.is_empty());
    }

    #[test]
    fn what_was_read_before_knows_its_lines_too() {
        let (text, says) = ("a: 1\nb:\n  - x\n", r#"{"a": 1, "b": ["x"]}"#);
        let document = Document::built_in(Path::new("tool.yaml"), text, says).unwrap();
        assert_eq!(Some(document.value()), parse(text).0.as_ref().map(Document::value));
        assert_eq!((document.at("/b/0").line(), document.at("/b").line()), (3, 2));
    }

    #[test]
    fn tells_a_duplicate_key_and_reads_on() {
        let (document, problems) = parse("a: 1\nb: 2\na: 3\n");
        assert_eq!(problems, ["tool.yaml:3: a: this key is here already: keep one of the two"]);
        assert_eq!(document.unwrap().value(), &serde_json::json!({"a": 1, "b": 2}));
    }

    #[test]
    fn aliases_of_aliases_end_soon() {
        let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for (own, before) in ["ba", "cb", "dc", "ed", "fe"].map(|pair| pair.split_at(1)) {
            let list = vec![format!("*{before}"); 9].join(", ");
            text = format!("{text}{own}: &{own} [{list}]\n");
        }
        let (document, problems) = parse(&text);
        assert!(document.is_none());
        assert!(problems.len() == 1 && problems[0].contains("aliases of aliases"), "{problems:?}");
    }

    #[test]
    fn what_is_not_one_yaml_document_is_refused_in_our_words() {
        for (text, says) in [
            ("a: 1\n---\nb: 2\n", "tool.yaml:3: a file holds one definition"),
            ("a: &x {b: 1}\nc:\n  <<: *x\n", "tool.yaml:3: <<"),
            ("a: [1\nb: 2\n", "tool.yaml:2: not YAML: "),
            ("a: *nowhere\n", "tool.yaml:1: not YAML: "),
            ("a: .inf\n", "tool.yaml:1: "),
        ] {
            let (document, problems) = parse(text);
            assert!(document.is_none(), "{text}");
            assert!(problems.len() == 1 && problems[0].starts_with(says), "{problems:?}");
        }
    }
}
