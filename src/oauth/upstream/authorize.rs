//! The URL of Entra's authorize page. What goes into it is listed here, and each value is encoded
//! anew; nothing else of a client's request gets there. No `resource`: Entra compares it with the
//! scope and refuses. No `prompt=consent`: it asks for an administrator each time.

use url::Url;

use super::Leg;
use crate::config::Prompt;

/// The longest login hint, that of an e-mail address (RFC 5321 §4.5.3.1).
const LONGEST_HINT: usize = 254;

/// What every sign-in has alike.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) client_id: String,
    pub(super) redirect_uri: Url,
    pub(super) scope: String,
    pub(super) prompt: Option<Prompt>,
    pub(super) domain_hint: Option<String>,
}

impl Request {
    /// The authorize page for one sign-in.
    pub(super) fn url(&self, endpoint: Url, leg: &Leg<'_>) -> Url {
        let mut url = endpoint;
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("client_id", &self.client_id)
                .append_pair("response_type", "code")
                .append_pair("response_mode", "query")
                .append_pair("redirect_uri", self.redirect_uri.as_str())
                .append_pair("scope", &self.scope)
                .append_pair("state", leg.state)
                .append_pair("code_challenge", leg.challenge)
                .append_pair("code_challenge_method", "S256");
            if let Some(hint) = leg.login_hint.filter(|hint| is_plain(hint)) {
                query.append_pair("login_hint", hint);
            }
            if let Some(domain) = &self.domain_hint {
                query.append_pair("domain_hint", domain);
            }
            let choose = leg.select_account.then_some(Prompt::SelectAccount);
            if let Some(prompt) = self.prompt.or(choose) {
                query.append_pair("prompt", prompt.as_str());
            }
        }
        url
    }
}

/// A hint is a convenience: one that no account could be called is dropped.
fn is_plain(hint: &str) -> bool {
    let odd = |sign: char| sign.is_control() || sign.is_whitespace();
    !hint.is_empty() && hint.len() <= LONGEST_HINT && !hint.contains(odd)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn request() -> Request {
        Request {
            client_id: "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41".to_owned(),
            redirect_uri: "https://osier.example/oauth/callback".parse().unwrap(),
            scope: "api://osier/Mcp.Access openid profile offline_access".to_owned(),
            prompt: None,
            domain_hint: None,
        }
    }

    fn query(request: &Request, hint: Option<&str>) -> BTreeMap<String, String> {
        let leg =
            Leg { state: "n&once", challenge: "E9Melhoa", login_hint: hint, select_account: false };
        let endpoint = "https://login.example/authorize?p=b2c_1_sign_in".parse().unwrap();
        let url = request.url(endpoint, &leg);
        assert_eq!(url.query_pairs().count(), url.query().unwrap().split('&').count(), "{url}");
        url.query_pairs().into_owned().collect()
    }

    #[test]
    fn case_054_only_what_is_listed_goes_to_entra() {
        let plain = query(&request(), None);
        let names: Vec<_> = plain.keys().map(String::as_str).collect();
        let listed = [
            "client_id",
            "code_challenge",
            "code_challenge_method",
            "p",
            "redirect_uri",
            "response_mode",
            "response_type",
            "scope",
            "state",
        ];
        assert_eq!(names, listed);
        assert_eq!(plain["state"], "n&once");
        assert_eq!(plain["redirect_uri"], "https://osier.example/oauth/callback");
        let told = Request {
            prompt: Some(Prompt::SelectAccount),
            domain_hint: Some("contoso.com".to_owned()),
            ..request()
        };
        let told = query(&told, Some("ben@contoso.com"));
        assert_eq!(told["prompt"], "select_account");
        assert_eq!(told["domain_hint"], "contoso.com");
        assert_eq!(told["login_hint"], "ben@contoso.com");
    }

    #[test]
    fn case_054_a_hint_brings_no_parameter_along() {
        let smuggled = query(&request(), Some("ben@contoso.com&prompt=consent&resource=x#y"));
        assert_eq!(smuggled["login_hint"], "ben@contoso.com&prompt=consent&resource=x#y");
        assert!(!smuggled.contains_key("prompt") && !smuggled.contains_key("resource"));
        let long = "b".repeat(255);
        for odd in ["ben\r\nLocation: x", "ben osei", "", "\u{0}", long.as_str()] {
            assert!(!query(&request(), Some(odd)).contains_key("login_hint"), "{odd:?}");
        }
    }
}
