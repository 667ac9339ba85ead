//! `[store]`: where it is kept which confirmations were used and which were answered by link.

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::problems::Report;
use crate::store::Location;

/// The store.
#[derive(Clone, Debug)]
pub struct Store {
    /// Where it is.
    pub location: Location,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawStore {
    /// Secret. `memory`, `sqlite:///path/osier.db` or `postgres://user:password@host/database`;
    /// several replicas need PostgreSQL. `OSIER_STORE__URL` or `OSIER_STORE__URL_FILE`
    #[schemars(with = "String", extend("writeOnly" = true))]
    url: SecretString,
}

impl Default for RawStore {
    fn default() -> Self {
        Self { url: "memory".to_owned().into() }
    }
}

impl RawStore {
    pub(super) fn resolve(self, replicas: u32, report: &mut Report) -> Option<Store> {
        let key = "store.url";
        let location = match Location::parse(self.url.expose_secret().trim()) {
            Ok(location) => location,
            Err(says) => {
                report.say(key, says);
                return None;
            }
        };
        if replicas > 1 && !location.is_shared() {
            let what = match location {
                Location::File(_) => "is a file of one machine",
                _ => "is memory of one process",
            };
            let says = format!(
                "{what}, and server.replicas is {replicas}: a confirmation could be used once at each \
                 of them; name a PostgreSQL database (postgres://…)"
            );
            report.say(key, says);
            return None;
        }
        Some(Store { location })
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;

    use crate::config::{Config, Environment, Problems};
    use crate::seal::random_bytes;
    use crate::store::Location;

    const DEMO: &str = include_str!("../../config/demo.toml");
    const SECRET: &str = "postgres://osier:hunter2@db.example.com/osier";

    fn read(text: &str, settings: &[(&str, &str)]) -> Result<Config, Problems> {
        let key = BASE64.encode(&random_bytes::<32>().unwrap());
        let environment = settings.iter().fold(
            Environment::default().with("OSIER_KEYS__CURRENT", key),
            |environment, (name, value)| environment.with(*name, *value),
        );
        Config::parse("osier.toml", &format!("{text}\n{DEMO}"), &environment)
    }

    fn problems(settings: &[(&str, &str)]) -> String {
        read("", settings).unwrap_err().to_string()
    }

    #[test]
    fn one_replica_may_keep_it_anywhere() {
        assert!(matches!(read("", &[]).unwrap().store.location, Location::Memory));
        let file = read("store.url = 'sqlite:///var/lib/osier.db'", &[]).unwrap();
        assert!(matches!(file.store.location, Location::File(_)));
        let config = read("", &[("OSIER_STORE__URL", SECRET)]).unwrap();
        assert!(matches!(config.store.location, Location::Postgres(_)));
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn several_replicas_share_a_database() {
        let several = ("OSIER_SERVER__REPLICAS", "3");
        let config = read("", &[several, ("OSIER_STORE__URL", SECRET)]).unwrap();
        assert_eq!(config.server.replicas, 3);
        insta::assert_snapshot!(problems(&[several]), @"osier.toml:1: store.url: is memory of one process, and server.replicas is 3: a confirmation could be used once at each of them; name a PostgreSQL database (postgres://…)");
        let file = ("OSIER_STORE__URL", "sqlite:///var/lib/osier.db");
        insta::assert_snapshot!(problems(&[several, file]), @"OSIER_STORE__URL: store.url: is a file of one machine, and server.replicas is 3: a confirmation could be used once at each of them; name a PostgreSQL database (postgres://…)");
    }

    #[test]
    fn a_bad_url_is_told_without_its_secret() {
        let bad = [
            "mysql://osier:hunter2@db/osier",
            "postgres://osier:hunter2@db",
            "postgres://osier:hunter2@db/osier?hunter2=1",
        ];
        for url in bad {
            let says = problems(&[("OSIER_STORE__URL", url)]);
            assert!(says.starts_with("OSIER_STORE__URL: store.url: "), "{says}");
            assert!(!says.contains("hunter2"), "{says}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        std::fs::write(&path, format!("{SECRET}\n")).unwrap();
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, own).unwrap();
        let named = [("OSIER_STORE__URL_FILE", path.to_str().unwrap())];
        assert!(matches!(read("", &named).unwrap().store.location, Location::Postgres(_)));
    }
}
