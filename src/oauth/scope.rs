//! The scopes of a request (RFC 6749 §3.3): ours and `offline_access`, whatever else was asked for.
//! Clients send them bare, with `api://…/` in front, with a leading blank, or not at all; what isn't
//! known is dropped, so that nobody can ask Entra for more than this server's own.

/// To stay signed in (OpenID Connect Core §11).
pub const OFFLINE: &str = "offline_access";

/// The scopes that are granted, in the order of the metadata: ours always, `offline_access` where it
/// was asked for. The client gets a refresh token either way.
pub fn granted(asked: Option<&str>, ours: &str) -> Vec<String> {
    let offline = asked.unwrap_or_default().split_whitespace().any(|scope| scope == OFFLINE);
    let mut scopes = vec![ours.to_owned()];
    scopes.extend(offline.then(|| OFFLINE.to_owned()));
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ours_are_granted() {
        let granted = |asked| granted(asked, "Mcp.Access").join(" ");
        assert_eq!(granted(None), "Mcp.Access");
        assert_eq!(granted(Some(" offline_access")), "Mcp.Access offline_access");
        assert_eq!(granted(Some("api://x/Mcp.Access openid")), "Mcp.Access");
        let greedy = ".default offline_access Directory.ReadWrite.All Mcp.Access";
        assert_eq!(granted(Some(greedy)), "Mcp.Access offline_access");
    }
}
