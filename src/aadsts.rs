//! The AADSTS codes that Entra's refusals carry: what each means in a plain sentence, who mends it and
//! how. The sign-in's leg to Entra reads it to decide, `osier doctor` to explain. It never quotes
//! Entra's own description, which may name people.

mod table;

/// What one code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The number after `AADSTS`.
    pub code: u32,
    /// What happened, in one plain sentence. Fit for a person's eyes: it names nobody and nothing.
    pub what: &'static str,
    /// Who mends it.
    pub who: Mender,
    /// How: the place in the portal, the `az` command or the setting.
    pub how: &'static str,
    /// How a token request that ends with it is answered.
    pub treat: Treat,
}

/// Who mends a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mender {
    /// The person who signs in.
    Person,
    /// The tenant's administrator.
    Administrator,
    /// Whoever runs Osier.
    Operator,
    /// Nobody: it passes.
    Time,
}

/// How a token request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treat {
    /// `invalid_grant`: the person signs in again.
    Grant,
    /// A server error, and a line for the operator: Osier or its registration is set up wrong.
    Misconfigured,
    /// 503: later it may work.
    Unavailable,
}

/// The meaning of a code, where it is known.
pub fn meaning(code: u32) -> Option<Meaning> {
    all().find(|meaning| meaning.code == code)
}

/// Every code that is known.
pub fn all() -> impl Iterator<Item = Meaning> {
    table::all()
}

/// The code in Entra's `error_description`: `AADSTS50105: Your administrator …`. Where there are
/// several, the first that says more than that something was refused.
pub fn parse(description: &str) -> Option<u32> {
    most_telling(description.split("AADSTS").skip(1).filter_map(leading_number))
}

/// The same of Entra's list `error_codes`.
pub fn most_telling(codes: impl IntoIterator<Item = u32>) -> Option<u32> {
    let mut any = None;
    for code in codes {
        if code != VALIDATING {
            return Some(code);
        }
        any = Some(code);
    }
    any
}

/// 'Error validating credentials', in front of the code that says which.
const VALIDATING: u32 = 70002;

fn leading_number(text: &str) -> Option<u32> {
    let end = text.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

impl Mender {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "the person who signs in",
            Self::Administrator => "an administrator of the tenant",
            Self::Operator => "whoever runs Osier",
            Self::Time => "nobody; it passes",
        }
    }
}

#[cfg(test)]
mod tests;
