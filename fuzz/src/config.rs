//! Configuration files: a problem has its place, and what is accepted is safe to serve with.

use osier::config::{Config, Environment, Origin, is_loopback};

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let environment = Environment::default().with("OSIER_KEYS__CURRENT", key);
    match Config::parse("osier.toml", &text, &environment) {
        Ok(config) => {
            let url = &config.server.public_url;
            assert!(url.scheme() == "https" || is_loopback(url), "{url}");
            assert!(!config.identity.audience.is_empty());
            assert!(!config.identity.tenant_id.is_empty());
            for origin in &config.server.allowed_origins {
                assert!(!origin.contains('*') && origin != "null", "{origin}");
            }
            // Nothing of a secret is shown.
            assert!(!format!("{config:?}").contains(key));
        }
        Err(problems) => {
            let lines = text.lines().count() + 1;
            assert!(problems.iter().count() > 0);
            for problem in problems.iter() {
                if let Origin::File { line, .. } = &problem.origin {
                    assert!((1..=lines).contains(line), "{problem} of {lines} lines");
                }
                assert!(!problem.says.is_empty());
            }
        }
    }
}
