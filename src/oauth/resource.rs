//! The `resource` parameter (RFC 8707): which spellings mean this server. Clients send the origin, a
//! trailing slash or none; each of those is ours and maps to the one identifier. It never goes to
//! Entra, which would refuse it (AADSTS9010010).

use url::Url;

/// The origins that are ours, as they are serialised.
#[derive(Clone, Debug)]
pub struct Resource {
    origins: Vec<String>,
}

/// Another server's resource, or several (RFC 8707 §2: `invalid_target`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the resource isn't this server")]
pub struct InvalidTarget;

impl Resource {
    /// The resource of a server that is known by these origins.
    pub fn new(origins: Vec<String>) -> Self {
        Self { origins }
    }

    /// Judges the values that a request brought; none means ours.
    ///
    /// # Errors
    /// Where there are several, or it is another server's.
    pub fn accept<'a>(
        &self,
        mut values: impl Iterator<Item = &'a str>,
    ) -> Result<(), InvalidTarget> {
        let Some(value) = values.next() else { return Ok(()) };
        if values.next().is_some() || !self.is_ours(value) {
            return Err(InvalidTarget);
        }
        Ok(())
    }

    fn is_ours(&self, value: &str) -> bool {
        let Ok(url) = Url::parse(value) else { return false };
        let bare = url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        // The parser would resolve `..`; what it changed in the path isn't one of the spellings.
        let path = ["", "/", "/mcp", "/mcp/"].iter().any(|path| {
            value.ends_with(path) && !value.contains("/.") && url.path() == path_of(path)
        });
        bare && path && self.origins.contains(&url.origin().ascii_serialization())
    }
}

fn path_of(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_ours_and_nothing_else() {
        let resource = Resource::new(vec!["https://osier.example".to_owned()]);
        let judge = |values: &[&str]| resource.accept(values.iter().copied()).is_ok();
        assert!(judge(&[]));
        for ours in [
            "https://osier.example",
            "https://osier.example/",
            "https://osier.example/mcp",
            "https://osier.example/mcp/",
            "HTTPS://OSIER.example/mcp",
            "https://osier.example:443/mcp",
        ] {
            assert!(judge(&[ours]), "{ours}");
        }
        for other in [
            "",
            "mcp",
            "https://osier.example/other",
            "https://osier.example/mcp/x",
            "https://osier.example/x/../mcp",
            "https://osier.example/mcp?a",
            "https://osier.example/mcp#a",
            "https://a@osier.example/mcp",
            "https://osier.example.evil.example/mcp",
            "http://osier.example/mcp",
            "https://osier.example:8443/mcp",
        ] {
            assert!(!judge(&[other]), "{other}");
        }
        assert!(!judge(&["https://osier.example/mcp", "https://osier.example/mcp"]));
    }
}
