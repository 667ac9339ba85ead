//! From words to a query, and the limits that the service has for one.

use serde_json::Value;

use super::lexer::{Token, tokens};
use super::{Expression, Fault, From, Join, Path, Query, Select};

/// Characters of a query.
const LONGEST: usize = 8_000;
/// Items of an IN list.
const MOST_ITEMS: usize = 50;
/// AND and OR terms.
const MOST_TERMS: usize = 50;
const MOST_JOINS: usize = 5;

/// Reads a query.
///
/// # Errors
/// What isn't of the language (`SqlQueryError`), and what is beyond its limits (`BadRequest`).
pub(crate) fn parse(text: &str) -> Result<Query, Fault> {
    if text.chars().count() > LONGEST {
        return Err(Fault::bad("The query is longer than 8,000 characters."));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, terms: 0 };
    let query = parser.query()?;
    if parser.at < parser.tokens.len() {
        return Err(Fault::syntax("something follows the query's end"));
    }
    if parser.terms > MOST_TERMS {
        return Err(Fault::bad("The query has more than 50 AND/OR terms."));
    }
    if query.joins.len() > MOST_JOINS {
        return Err(Fault::bad("The query has more than 5 JOINs."));
    }
    let known = |alias: &str| query.alias == alias || query.joins.iter().any(|j| j.alias == alias);
    if let Select::Named(names) = &query.select
        && !names.iter().all(|name| known(name))
    {
        return Err(Fault::syntax("a name is selected that isn't in FROM"));
    }
    if !query.joins.is_empty() && !query.condition.as_ref().is_some_and(names_a_twin) {
        return Err(Fault::bad("A query with JOIN needs a $dtId in its WHERE."));
    }
    Ok(query)
}

fn names_a_twin(condition: &Expression) -> bool {
    let is_id = |path: &Path| path.names == ["$dtId"];
    match condition {
        Expression::And(several) => several.iter().any(names_a_twin),
        Expression::Compare(path, "=", _) | Expression::In(path, false, _) => is_id(path),
        _ => false,
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    terms: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, Fault> {
        let token = self.peek().cloned().ok_or_else(|| Fault::syntax("the query ends early"))?;
        self.at += 1;
        Ok(token)
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(own)) if own.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        if self.takes(word) { Ok(()) } else { Err(Fault::syntax(format!("{word} was expected"))) }
    }

    fn sign(&mut self, sign: &str) -> Result<(), Fault> {
        if self.takes_sign(sign) {
            Ok(())
        } else {
            Err(Fault::syntax(format!("'{sign}' was expected")))
        }
    }

    fn name(&mut self) -> Result<String, Fault> {
        match self.next()? {
            Token::Word(word) if !is_keyword(&word) => Ok(word),
            Token::Name(name) => Ok(name),
            _ => Err(Fault::syntax("a name was expected")),
        }
    }

    fn query(&mut self) -> Result<Query, Fault> {
        self.word("SELECT")?;
        let select = self.select()?;
        self.word("FROM")?;
        let from = if self.takes("DIGITALTWINS") {
            From::Twins
        } else {
            self.word("RELATIONSHIPS")?;
            From::Relationships
        };
        let alias = match self.peek() {
            Some(Token::Word(word)) if !is_keyword(word) => self.name()?,
            _ => String::new(),
        };
        let mut joins = Vec::new();
        while self.takes("JOIN") {
            let alias = self.name()?;
            self.word("RELATED")?;
            let of = self.name()?;
            self.sign(".")?;
            joins.push(Join { alias, of, relationship: self.name()? });
        }
        let condition = if self.takes("WHERE") { Some(self.any_of()?) } else { None };
        Ok(Query { select, from, alias, joins, condition })
    }

    fn select(&mut self) -> Result<Select, Fault> {
        if self.takes_sign("*") {
            return Ok(Select::All);
        }
        if self.takes("COUNT") {
            self.sign("(")?;
            self.sign(")")?;
            return Ok(Select::Count);
        }
        let mut names = vec![self.name()?];
        while self.takes_sign(",") {
            names.push(self.name()?);
        }
        Ok(Select::Named(names))
    }

    fn any_of(&mut self) -> Result<Expression, Fault> {
        let mut several = vec![self.all_of()?];
        while self.takes("OR") {
            several.push(self.all_of()?);
        }
        Ok(single(several, Expression::Or))
    }

    fn all_of(&mut self) -> Result<Expression, Fault> {
        let mut several = vec![self.term()?];
        while self.takes("AND") {
            several.push(self.term()?);
        }
        Ok(single(several, Expression::And))
    }

    fn term(&mut self) -> Result<Expression, Fault> {
        if self.takes("NOT") {
            return Ok(Expression::Not(Box::new(self.term()?)));
        }
        if self.takes_sign("(") {
            let inner = self.any_of()?;
            self.sign(")")?;
            return Ok(inner);
        }
        self.terms += 1;
        if self.takes("IS_OF_MODEL") {
            return self.of_model();
        }
        if self.takes("IS_DEFINED") {
            self.sign("(")?;
            let path = self.path()?;
            self.sign(")")?;
            return Ok(Expression::Defined(path));
        }
        for function in ["CONTAINS", "STARTSWITH", "ENDSWITH"] {
            if self.takes(function) {
                self.sign("(")?;
                let path = self.path()?;
                self.sign(",")?;
                let text = self.text()?;
                self.sign(")")?;
                return Ok(Expression::Text(function, path, text));
            }
        }
        let path = self.path()?;
        for (word, not) in [("IN", false), ("NIN", true)] {
            if self.takes(word) {
                return Ok(Expression::In(path, not, self.list()?));
            }
        }
        for sign in ["=", "!=", "<=", ">=", "<", ">"] {
            if self.takes_sign(sign) {
                return Ok(Expression::Compare(path, sign, self.literal()?));
            }
        }
        Err(Fault::syntax("a comparison was expected"))
    }

    fn of_model(&mut self) -> Result<Expression, Fault> {
        self.sign("(")?;
        let alias = self.name()?;
        self.sign(",")?;
        let model = self.text()?;
        let exact = self.takes_sign(",");
        if exact {
            self.word("exact")?;
        }
        self.sign(")")?;
        if !model.starts_with("dtmi:") || !model.contains(';') {
            return Err(Fault::bad("The model isn't a DTMI."));
        }
        Ok(Expression::OfModel(alias, model, exact))
    }

    fn path(&mut self) -> Result<Path, Fault> {
        let alias = self.name()?;
        let mut names = Vec::new();
        while self.takes_sign(".") {
            names.push(self.name()?);
        }
        if names.is_empty() {
            Err(Fault::syntax("'.' was expected"))
        } else {
            Ok(Path { alias, names })
        }
    }

    fn list(&mut self) -> Result<Vec<Value>, Fault> {
        self.sign("[")?;
        let mut items = vec![self.literal()?];
        while self.takes_sign(",") {
            items.push(self.literal()?);
        }
        self.sign("]")?;
        if items.len() > MOST_ITEMS {
            return Err(Fault::bad("The IN list has more than 50 items."));
        }
        Ok(items)
    }

    fn text(&mut self) -> Result<String, Fault> {
        match self.next()? {
            Token::Text(text) => Ok(text),
            _ => Err(Fault::syntax("a text was expected")),
        }
    }

    fn literal(&mut self) -> Result<Value, Fault> {
        match self.next()? {
            Token::Text(text) => Ok(text.into()),
            Token::Number(number) => Ok(Value::Number(number)),
            Token::Word(word) if word.eq_ignore_ascii_case("true") => Ok(true.into()),
            Token::Word(word) if word.eq_ignore_ascii_case("false") => Ok(false.into()),
            _ => Err(Fault::syntax("a value was expected")),
        }
    }
}

fn single(mut several: Vec<Expression>, join: fn(Vec<Expression>) -> Expression) -> Expression {
    match (several.pop(), several.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            several.extend(last);
            join(several)
        }
    }
}

fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 24] = [
        "SELECT",
        "FROM",
        "WHERE",
        "JOIN",
        "RELATED",
        "AND",
        "OR",
        "NOT",
        "IN",
        "NIN",
        "COUNT",
        "TOP",
        "DIGITALTWINS",
        "RELATIONSHIPS",
        "IS_OF_MODEL",
        "IS_DEFINED",
        "CONTAINS",
        "STARTSWITH",
        "ENDSWITH",
        "TRUE",
        "FALSE",
        "NULL",
        "ORDER",
        "GROUP",
    ];
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}
