//! `osier doctor --explain`: one AADSTS code, by number, by name or as the message that holds it.

use crate::aadsts::{self, Treat};

/// What a code means, who mends it and how; `None` where it isn't known here. `text` is a number,
/// `AADSTS50105`, or a whole message of Entra's, of which nothing is repeated.
pub fn explain(text: &str) -> Option<String> {
    let code = text.trim().parse().ok().or_else(|| aadsts::parse(text))?;
    let aadsts::Meaning { what, who, how, treat, .. } = aadsts::meaning(code)?;
    let then = match treat {
        Treat::Grant => "The client is told invalid_grant, and the person signs in again.",
        Treat::Misconfigured => "Nobody can sign in until it is mended; the log has an error.",
        Treat::Unavailable => "The client is told to come again later.",
    };
    let who = who.as_str();
    Some(format!("AADSTS{code}: {what}\nMended by {who}.\n{how}.\nAt /token: {then}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_explained_however_it_is_given() {
        let expected = explain("50105").unwrap();
        assert!(expected.starts_with("AADSTS50105: The person isn't assigned"), "{expected}");
        assert!(expected.contains("Users and groups"), "{expected}");
        let message = "AADSTS50105: Your administrator … user 'dan@contoso.example' is blocked";
        for given in ["AADSTS50105", " 50105 ", message] {
            assert_eq!(explain(given).as_deref(), Some(expected.as_str()), "{given}");
        }
        for unknown in ["1", "", "AADSTS", "help"] {
            assert_eq!(explain(unknown), None);
        }
    }
}
