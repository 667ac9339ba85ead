//! The parameters of a request, parsed once (RFC 6749 §3.1, §3.2): a parameter that comes twice has
//! no meaning and is refused, one that is empty counts as absent, one that isn't known is ignored.

/// Parameters as they came, decoded.
#[derive(Debug, Default)]
pub struct Parameters(Vec<(String, String)>);

/// No request of ours has more.
const MOST: usize = 64;

/// A parameter that came more than once (RFC 6749 §3.1: it must not).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the parameter {0} was sent more than once")]
pub struct Repeated(pub &'static str);

impl Parameters {
    /// Parses a query or an `application/x-www-form-urlencoded` body.
    pub fn parse(text: &[u8]) -> Self {
        let pairs = url::form_urlencoded::parse(text).take(MOST);
        Self(
            pairs
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// A parameter that may come once.
    ///
    /// # Errors
    /// Where it came more often.
    pub fn one(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut all = self.all(name);
        let value = all.next();
        if all.next().is_some() { Err(Repeated(name)) } else { Ok(value) }
    }

    /// Every value of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
