//! The source files, and their text without comments, strings and inline tests.

use std::fs;
use std::path::{Path, PathBuf};

/// One file of `src`.
pub(crate) struct Source {
    /// Path below `src`, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// The module below the crate's root that the file belongs to: `mcp` for `mcp/list.rs`.
    pub(crate) fn top(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// True for a module's own tests (`foo/tests.rs`), which may reach anywhere.
    pub(crate) fn is_tests(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The code: comments and the contents of strings gone, the inline test module too.
    pub(crate) fn code(&self) -> String {
        let code = strip(&self.text);
        match code.find("#[cfg(test)]\nmod tests {") {
            Some(at) => code[..at].to_owned(),
            None => code,
        }
    }
}

/// Every file of `src`, in the order of their paths.
pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    assert!(paths.len() > 5, "src is nearly empty: {paths:?}");
    let read = |path: PathBuf| Source {
        path: path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"),
        text: fs::read_to_string(path).unwrap(),
    };
    paths.into_iter().map(read).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Replaces comments and string contents; line breaks stay.
fn strip(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let gone = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else if let Some(marks) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(marks));
            let body = marks + 2;
            rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len())
        } else if c == '"' {
            string_end(rest)
        } else if let Some(length) = char_literal(rest) {
            length
        } else {
            code.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        };
        code.extend(rest[..gone].chars().filter(|c| *c == '\n'));
        rest = &rest[gone..];
    }
    code
}

/// `r"`, `r#"`, `r##"`: how many marks.
fn raw_string(text: &str) -> Option<usize> {
    let marked = text.strip_prefix('r')?;
    let inner = marked.trim_start_matches('#');
    inner.starts_with('"').then(|| marked.len() - inner.len())
}

fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `'"'`, `'\''` and other character literals; lifetimes are none.
fn char_literal(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let mut chars = inner.char_indices();
    let (_, first) = chars.next()?;
    if first == '\\' {
        chars.next()?;
        return inner.get(2..)?.find('\'').map(|at| at + 4);
    }
    chars.next().filter(|(_, c)| *c == '\'').map(|(at, _)| at + 2)
}

#[test]
fn code_is_what_is_left_of_the_text() {
    let text = "a // crate::b\n\"crate::c \\\" d\" r#\"crate::e\"# 'x' '\\'' <'a> /* f\n */ g";
    assert_eq!(strip(text), "a \n    <'a> \n g");
}
