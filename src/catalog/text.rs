//! Texts of prompts and resources: words of the definition with `{argument}` holes. `{{` and `}}`
//! stand for the braces themselves.

use std::collections::BTreeMap;

/// A text with holes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Words(String),
    Hole(String),
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with its braces.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut words = String::new();
        let mut signs = text.chars().peekable();
        while let Some(sign) = signs.next() {
            match sign {
                '{' | '}' if signs.peek() == Some(&sign) => {
                    signs.next();
                    words.push(sign);
                }
                '{' => {
                    let mut name = String::new();
                    loop {
                        match signs.next() {
                            Some('}') => break,
                            Some(sign) if is_of_a_name(sign) => name.push(sign),
                            _ => return Err(format!("`{{{name}` isn't closed; `{{{{` is a brace")),
                        }
                    }
                    if !words.is_empty() {
                        pieces.push(Piece::Words(std::mem::take(&mut words)));
                    }
                    pieces.push(Piece::Hole(name));
                }
                '}' => return Err("a `}` without its `{`; `}}` is a brace".to_owned()),
                sign => words.push(sign),
            }
        }
        if !words.is_empty() {
            pieces.push(Piece::Words(words));
        }
        Ok(Self(pieces))
    }

    /// The names of its holes.
    pub fn holes(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(name) => Some(name.as_str()),
            Piece::Words(_) => None,
        })
    }

    /// The text with its holes filled; one that has no value stays empty.
    pub fn fill(&self, values: &BTreeMap<String, String>) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Words(words) => words.as_str(),
                Piece::Hole(name) => values.get(name).map_or("", String::as_str),
            })
            .collect()
    }
}

fn is_of_a_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_holes_and_keeps_braces() {
        let text = Text::parse("{a} and {{a}} and {b}").unwrap();
        assert_eq!(text.holes().collect::<Vec<_>>(), ["a", "b"]);
        let values = BTreeMap::from([("a".to_owned(), "{b}".to_owned())]);
        // A value is never read for holes again.
        assert_eq!(text.fill(&values), "{b} and {a} and ");
    }

    #[test]
    fn refuses_lone_braces() {
        for text in ["{", "}", "{a", "{a b}", "a}b"] {
            assert!(Text::parse(text).is_err(), "{text}");
        }
    }
}
