//! A deployment around the look-alike, and the doctor's visit to it.

use std::collections::BTreeMap;
use std::io::Write as _;

use osier::demo::{BEN, CLIENT_SECRET, Endpoint, Options, Surroundings};

use crate::harness::{TestApp, base_urls, osier};

pub(crate) struct World {
    pub(crate) around: Surroundings,
    pub(crate) settings: BTreeMap<String, String>,
}

/// What a visit came to.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) err: String,
}

impl World {
    pub(crate) async fn new() -> Self {
        let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
        let services = around.services();
        let own = [
            ("IDENTITY__DISCOVERY_URL", around.entra().url(Endpoint::Discovery)),
            ("ACCESS__URL", services.authz_url()),
            ("KEYS__CURRENT", TestApp::new_key()),
        ];
        let settings = own.map(|(name, value)| (format!("OSIER_{name}"), value));
        let settings = settings.into_iter().chain(base_urls(&around)).collect();
        Self { around, settings }
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.insert(format!("OSIER_{name}"), value.to_owned());
    }

    /// A token that Ben gets now.
    pub(crate) fn token(&self) -> String {
        self.around.entra().token(&BEN)
    }

    /// The doctor comes; `given` is what the token file holds.
    pub(crate) async fn visit(&self, given: Option<&str>) -> Visit {
        let file = given.map(|text| {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file
        });
        let path = file.as_ref().map(|file| file.path().to_str().unwrap().to_owned());
        let mut arguments = vec!["doctor", "--config", "config/demo.toml"];
        arguments.extend(path.iter().flat_map(|path| ["--token", path]));
        let visit = Visit::of(&arguments, &self.settings).await;
        let secrets = [CLIENT_SECRET, self.settings["OSIER_KEYS__CURRENT"].as_str()];
        let parts = given.into_iter().flat_map(|text| text.split(['.', '"', ' ']));
        for secret in secrets.into_iter().chain(parts.filter(|part| part.len() > 30)) {
            let shown = format!("{}{}", visit.said, visit.err);
            assert!(!shown.contains(secret), "{secret} is shown: {shown}");
        }
        visit
    }

    /// One fault and no more: its check, and what is said of it and of its mending.
    pub(crate) async fn one_fault(&self, given: Option<&str>, check: &str, says: &[&str]) -> Visit {
        let visit = self.visit(given).await;
        let start = format!("fault    {check}: ");
        let at = visit.said.find(&start).unwrap_or_else(|| panic!("no {check}: {}", visit.said));
        let told: Vec<&str> = visit.said[at..].lines().take(2).collect();
        for word in says {
            assert!(told.join("\n").contains(word), "'{word}' isn't said: {told:#?}");
        }
        assert_eq!(visit.said.matches("fault    ").count(), 1, "{}", visit.said);
        assert_eq!((visit.code, visit.err.trim()), (Some(1), "1 fault"));
        visit
    }
}

impl Visit {
    pub(crate) async fn of(arguments: &[&str], settings: &BTreeMap<String, String>) -> Self {
        let mut command = osier(arguments, settings);
        // Its neighbours answer from this thread.
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: ended.status.code(), said: text(ended.stdout), err: text(ended.stderr) }
    }

    /// The line of one check.
    pub(crate) fn line(&self, check: &str) -> &str {
        let mark = format!(" {check}: ");
        self.said.lines().find(|line| line.contains(&mark)).unwrap_or_default()
    }
}
