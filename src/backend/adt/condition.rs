//! One condition of a query at a time, from checked parts: names and ids have a closed alphabet, and
//! every value is a literal whose quotes are escaped. Query text is made here and in `query` only.

use std::fmt;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::ask::{Filter, Operator};

/// The most items of an IN list that the service takes.
pub(super) const MOST_ITEMS: usize = 50;

/// A twin's id, as the service takes them. It may hold quotes.
static TWIN_ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[A-Za-z0-9\-.+%_#*?!(),=@$']{1,128}$").ok());
/// A model's id: a digital twin model identifier (DTDL v3).
static MODEL_ID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let segment = "[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?";
    Regex::new(&format!("^dtmi:{segment}(?::{segment})*;[1-9][0-9]{{0,8}}$")).ok()
});
/// A property or relationship's name (DTDL v3 §7).
static NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("^[A-Za-z](?:[A-Za-z0-9_]{0,62}[A-Za-z0-9])?$").ok());

/// Names that the language keeps for itself; such a property is written in double brackets.
const KEYWORDS: [&str; 38] = [
    "all",
    "and",
    "as",
    "asc",
    "avg",
    "by",
    "contains",
    "count",
    "desc",
    "distinct",
    "endswith",
    "exact",
    "false",
    "from",
    "group",
    "in",
    "is_bool",
    "is_defined",
    "is_null",
    "is_number",
    "is_object",
    "is_of_model",
    "is_primitive",
    "is_string",
    "join",
    "max",
    "min",
    "nin",
    "not",
    "null",
    "or",
    "order",
    "related",
    "select",
    "startswith",
    "sum",
    "true",
    "where",
];

/// Why something can't be asked, in words for the caller; no value is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    Model,
    Property,
    Relationship,
    Value(Operator),
    Text,
    TooLong,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model => f.write_str("a model's id looks like dtmi:com:willowinc:Room;1"),
            Self::Property => f.write_str(
                "a property's name is made of letters, digits and _, with a . before an inner one",
            ),
            Self::Relationship => {
                f.write_str("a relationship's name is made of letters, digits and _")
            }
            Self::Value(Operator::In) => {
                write!(f, "'in' takes a list of 1 to {MOST_ITEMS} texts or numbers")
            }
            Self::Value(Operator::Contains | Operator::StartsWith | Operator::EndsWith) => {
                f.write_str("contains, startsWith and endsWith take a text")
            }
            Self::Value(Operator::IsNull) => f.write_str("isNull takes no value, or true or false"),
            Self::Value(_) => f.write_str("this operator takes one text, number or boolean"),
            Self::Text => f.write_str("a text has no control characters"),
            Self::TooLong => f.write_str("too many conditions for one question: ask for less"),
        }
    }
}

fn fits(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// True for what can be a twin's id. The dots would be steps of a path.
pub(super) fn is_twin_id(id: &str) -> bool {
    fits(&TWIN_ID, id) && id != "." && id != ".."
}

/// True for what can be a model's id.
pub(super) fn is_model_id(id: &str) -> bool {
    id.len() <= 128 && fits(&MODEL_ID, id)
}

/// True for what can be the name of a relationship.
pub(super) fn is_name(name: &str) -> bool {
    fits(&NAME, name)
}

/// A text as a literal.
pub(super) fn quoted(text: &str) -> Result<String, Unfit> {
    if text.contains(char::is_control) {
        return Err(Unfit::Text);
    }
    Ok(format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")))
}

/// A list of texts as literals, `['a','b']`.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<String, Unfit> {
    let items: Result<Vec<String>, Unfit> = texts.into_iter().map(quoted).collect();
    Ok(format!("[{}]", items?.join(",")))
}

/// `IS_OF_MODEL(T, 'dtmi:…')`
pub(super) fn of_model(alias: char, model: &str, exact: bool) -> Result<String, Unfit> {
    if !is_model_id(model) {
        return Err(Unfit::Model);
    }
    let exact = if exact { ", exact" } else { "" };
    Ok(format!("IS_OF_MODEL({alias}, {}{exact})", quoted(model)?))
}

/// Part of the name or the id. The language tells capitals from small letters and has no way around
/// it, so that the usual ways to write a word are asked for together.
pub(super) fn named(alias: char, text: &str) -> Result<Vec<String>, Unfit> {
    let mut capital = text.to_lowercase();
    if let Some(first) = capital.chars().next() {
        let rest = capital.split_off(first.len_utf8());
        capital = first.to_uppercase().chain(rest.chars()).collect();
    }
    let mut spellings = vec![text.to_owned(), text.to_lowercase(), capital, text.to_uppercase()];
    let mut seen = std::collections::BTreeSet::new();
    spellings.retain(|one| seen.insert(one.clone()));
    let mut terms = Vec::new();
    for one in &spellings {
        terms.push(format!("CONTAINS({alias}.name, {})", quoted(one)?));
    }
    let upper = text.to_uppercase();
    terms.push(format!("CONTAINS({alias}.$dtId, {})", quoted(text)?));
    if upper != text {
        terms.push(format!("CONTAINS({alias}.$dtId, {})", quoted(&upper)?));
    }
    Ok(terms)
}

/// What one property must be.
pub(super) fn property(alias: char, filter: &Filter) -> Result<String, Unfit> {
    let name = path(alias, &filter.property)?;
    let operator = filter.operator;
    let unfit = Unfit::Value(operator);
    let value = filter.value.as_ref();
    let compared = |sign: &str| Ok(format!("{name} {sign} {}", literal(value, unfit)?));
    let called = |function: &str| match value {
        Some(Value::String(text)) => Ok(format!("{function}({name}, {})", quoted(text)?)),
        _ => Err(unfit),
    };
    match operator {
        Operator::Equals => compared("="),
        Operator::NotEquals => compared("!="),
        Operator::GreaterThan => compared(">"),
        Operator::GreaterThanOrEqual => compared(">="),
        Operator::LessThan => compared("<"),
        Operator::LessThanOrEqual => compared("<="),
        Operator::Contains => called("CONTAINS"),
        Operator::StartsWith => called("STARTSWITH"),
        Operator::EndsWith => called("ENDSWITH"),
        Operator::In => match value {
            Some(Value::Array(items)) if (1..=MOST_ITEMS).contains(&items.len()) => {
                let items = items.iter().map(|item| literal(Some(item), unfit));
                let items: Vec<String> = items.collect::<Result<_, _>>()?;
                Ok(format!("{name} IN [{}]", items.join(",")))
            }
            _ => Err(unfit),
        },
        Operator::IsNull => match value {
            None | Some(Value::Bool(true)) => Ok(format!("NOT IS_DEFINED({name})")),
            Some(Value::Bool(false)) => Ok(format!("IS_DEFINED({name})")),
            Some(_) => Err(unfit),
        },
    }
}

/// `T.name`, `T.customProperties.source`: Osier's own names of fields stand for the service's.
fn path(alias: char, property: &str) -> Result<String, Unfit> {
    /// Properties lie no deeper than objects may (DTDL v3: five levels).
    const DEEPEST: usize = 6;
    let mut written = alias.to_string();
    match property {
        "id" => return Ok(format!("{alias}.$dtId")),
        "siteId" => return Ok(format!("{alias}.siteID")),
        _ => {}
    }
    for (depth, name) in property.split('.').enumerate() {
        if !is_name(name) || depth >= DEEPEST {
            return Err(Unfit::Property);
        }
        let kept = KEYWORDS.contains(&name.to_ascii_lowercase().as_str());
        let (open, close) = if kept { ("[[", "]]") } else { ("", "") };
        write!(written, ".{open}{name}{close}").map_err(|_| Unfit::Property)?;
    }
    Ok(written)
}

fn literal(value: Option<&Value>, unfit: Unfit) -> Result<String, Unfit> {
    match value {
        Some(Value::String(text)) => quoted(text),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Bool(flag)) => Ok(flag.to_string()),
        _ => Err(unfit),
    }
}
