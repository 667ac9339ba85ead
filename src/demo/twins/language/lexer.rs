//! Words, literals and signs of a query.

use std::iter::Peekable;
use std::str::Chars;

use super::Fault;

/// One piece of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword, a name or a function.
    Word(String),
    /// `[[name]]`: a name that is no keyword.
    Name(String),
    Text(String),
    Number(serde_json::Number),
    Sign(&'static str),
}

const SIGNS: [&str; 13] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", ".", "*"];

/// Takes a query apart.
pub(super) fn tokens(query: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
        } else if let Some(after) = rest.strip_prefix("[[") {
            let (name, after) = after.split_once("]]").ok_or_else(|| unclosed("[["))?;
            tokens.push(Token::Name(name.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('\'') {
            let mut chars = after.chars().peekable();
            tokens.push(Token::Text(literal(&mut chars)?));
            rest =
                after.get(after.len() - chars.map(char::len_utf8).sum::<usize>()..).unwrap_or("");
        } else if first.is_ascii_digit() || first == '-' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c));
            let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
            let number = number.parse();
            let number = number.map_err(|_| Fault::syntax("a number isn't one"))?;
            tokens.push(Token::Number(number));
            rest = after;
        } else if first.is_alphabetic() || "_$".contains(first) {
            let end = rest.find(|c: char| !c.is_alphanumeric() && !"_$".contains(c));
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            tokens.push(Token::Word(word.to_owned()));
            rest = after;
        } else {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| Fault::syntax(format!("'{first}' wasn't expected")))?;
            tokens.push(Token::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or_default();
        }
    }
    Ok(tokens)
}

/// The rest of a literal, up to the quote that no backslash stands before.
fn literal(chars: &mut Peekable<Chars<'_>>) -> Result<String, Fault> {
    let mut text = String::new();
    while let Some(next) = chars.next() {
        match next {
            '\'' => return Ok(text),
            '\\' => match chars.next() {
                Some(escaped @ ('\'' | '\\' | '"')) => text.push(escaped),
                _ => return Err(Fault::syntax("an escape that there isn't")),
            },
            plain => text.push(plain),
        }
    }
    Err(unclosed("'"))
}

fn unclosed(what: &str) -> Fault {
    Fault::syntax(format!("{what} isn't closed"))
}
