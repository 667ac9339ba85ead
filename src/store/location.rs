//! Where the store is: what `store.url` may say, and the URL that the driver is given. `config` reads
//! it. The whole of it is a secret, since it may hold a password; what is said of a bad one holds
//! nothing of it.

use std::path::PathBuf;

use secrecy::SecretString;
use url::{Host, Url};

/// Where the store is.
#[derive(Clone, Debug)]
pub enum Location {
    /// In this process, gone with it.
    Memory,
    /// A SQLite file, of one process on this machine.
    File(PathBuf),
    /// A PostgreSQL database, for any number of replicas: the URL as the driver takes it.
    Postgres(SecretString),
}

/// What a PostgreSQL URL may say behind its `?`. The driver would pass others over, and log them.
const PARAMETERS: [&str; 8] = [
    "application_name",
    "host",
    "options",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "statement-cache-capacity",
];
/// `prefer` and `allow` are left out: they go on in plain text where the server asks for it.
const MODES: [&str; 4] = ["disable", "require", "verify-ca", "verify-full"];

impl Location {
    /// Reads `memory`, `sqlite:///path/file.db` or `postgres://user:password@host/database`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "memory" {
            return Ok(Self::Memory);
        }
        if let Some(path) = text.strip_prefix("sqlite://") {
            return file(path);
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return postgres(text);
        }
        Err("must be \"memory\", sqlite:///path/osier.db or \
             postgres://user:password@host/database"
            .to_owned())
    }

    /// True where several replicas can share it.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

fn file(path: &str) -> Result<Location, String> {
    if !path.starts_with('/') || path.ends_with('/') {
        return Err("must name a file by its whole path, such as \
                    sqlite:///var/lib/osier/osier.db"
            .to_owned());
    }
    if path.contains(['?', '#', '\0']) {
        return Err("must be a path alone behind sqlite://, without ? and #".to_owned());
    }
    Ok(Location::File(PathBuf::from(path)))
}

fn postgres(text: &str) -> Result<Location, String> {
    let mut url = Url::parse(text).map_err(|error| format!("isn't a URL: {error}"))?;
    let said: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let value = |name: &str| said.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    if let Some((key, _)) = said.iter().find(|(key, _)| !PARAMETERS.contains(&key.as_str())) {
        // A name that isn't known may be anything, a password with a '?' in it too.
        let shown = if key.len() <= 24 && key.bytes().all(|byte| byte.is_ascii_lowercase()) {
            format!("must not say {key}")
        } else {
            "says something behind its ? that isn't known".to_owned()
        };
        return Err(format!("{shown}; known there are {}", PARAMETERS.join(", ")));
    }
    if url.fragment().is_some() {
        return Err("must have no # part; in a password write it as %23".to_owned());
    }
    let socket = value("host").is_some_and(|host| host.starts_with('/'));
    if url.host_str().is_none_or(str::is_empty) && !socket {
        return Err("must name a host".to_owned());
    }
    if url.username().is_empty() {
        return Err("must name a user: postgres://user:password@host/database".to_owned());
    }
    if url.path().trim_start_matches('/').is_empty() {
        return Err("must name a database: postgres://user:password@host/database".to_owned());
    }
    match value("sslmode") {
        Some(mode) if !MODES.contains(&mode.as_str()) => {
            return Err(format!("must have an sslmode of {}", MODES.join(", ")));
        }
        Some(_) => {}
        // Off this machine the server's certificate is checked, unless something else is said.
        None => {
            let mode = if socket || is_loopback(&url) { "disable" } else { "verify-full" };
            url.query_pairs_mut().append_pair("sslmode", mode);
        }
    }
    if value("application_name").is_none() {
        url.query_pairs_mut().append_pair("application_name", "osier");
    }
    Ok(Location::Postgres(String::from(url).into()))
}

/// The scheme isn't one of the web's, so that a literal address is read as a name.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().and_then(|host| Host::parse(host).ok());
    match host {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn read(text: &str) -> String {
        match Location::parse(text).unwrap() {
            Location::Memory => "memory".to_owned(),
            Location::File(path) => path.display().to_string(),
            Location::Postgres(url) => url.expose_secret().to_owned(),
        }
    }

    #[test]
    fn each_form_is_read() {
        assert_eq!(read("memory"), "memory");
        assert_eq!(read("sqlite:///var/lib/osier/o s.db"), "/var/lib/osier/o s.db");
        for (text, ends) in [
            ("postgres://u:p@db.example.com/o", "?sslmode=verify-full&application_name=osier"),
            ("postgresql://u@10.0.0.4:6432/o", "?sslmode=verify-full&application_name=osier"),
            ("postgres://u@127.0.0.1/o", "?sslmode=disable&application_name=osier"),
            ("postgres://u@[::1]/o", "?sslmode=disable&application_name=osier"),
            ("postgres://u@localhost/o?application_name=x", "?application_name=x&sslmode=disable"),
            ("postgres://u@db/o?sslmode=require", "?sslmode=require&application_name=osier"),
            (
                "postgres://u@x/o?host=/run/pg",
                "?host=/run/pg&sslmode=disable&application_name=osier",
            ),
        ] {
            assert!(read(text).ends_with(ends), "{}", read(text));
        }
    }

    #[test]
    fn a_bad_one_is_refused_without_its_secrets() {
        for text in [
            "",
            "Memory",
            "sqlite://relative.db",
            "sqlite:///",
            "sqlite:///o.db?mode=memory",
            "sqlite::memory:",
            "mysql://u:hunter2@db/o",
            "postgres://u:hunter2@db",
            "postgres://:hunter2@db/o",
            "postgres://u:hunter2@/o",
            "postgres://u:hunter2@db:nix/o",
            "postgres://u:hunter2@db/o?sslmode=prefer",
            "postgres://u:hunter2@db/o?sslmode=hunter2",
            "postgres://u:x?hunter2@db/o",
            "postgres://u@db/o?x&HUNTER2",
            "postgres://u:hunter2@db/o#x",
        ] {
            let says = Location::parse(text).unwrap_err();
            assert!(!says.is_empty() && !says.to_lowercase().contains("hunter2"), "{text}: {says}");
        }
        let location = Location::parse("postgres://u:hunter2@db/o").unwrap();
        assert!(!format!("{location:?}").contains("hunter2"));
        assert!(location.is_shared());
    }
}
