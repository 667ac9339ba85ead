//! A PostgreSQL server of the test's own, from Debian's programs, on a free port of the loopback. It
//! ends with the test. `tests/run` sees to it that the programs are there.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, AssertSqlSafe, Connection, Executor};

use super::three_free_ports;

/// PostgreSQL refuses to run as root; Debian's package makes this user.
const USER: &str = "postgres";
const PASSWORD: &str = "hunter2";

/// A running server with one user, `osier`, who needs a password. It is ended when it is dropped.
pub struct Postgres {
    programs: PathBuf,
    folder: String,
    /// Its port.
    pub port: u16,
    /// Its certificate, which stands for itself.
    pub certificate: PathBuf,
    server: Option<Child>,
}

impl Postgres {
    /// Starts a server with no databases of ours.
    pub async fn start() -> Self {
        let programs = programs();
        let tls = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let script = format!(
            "set -e; umask 022; folder=$(mktemp -d /tmp/osier-postgres-XXXXXX); chmod 755 $folder
            printf {PASSWORD} >$folder/password
            {}/initdb -D $folder/data -U osier --auth=scram-sha-256 --pwfile=$folder/password \
                --no-sync --locale=C --encoding=UTF8 >$folder/initdb.log 2>&1
            cat >$folder/tls.pem; cp $folder/tls.pem $folder/data/server.crt
            (umask 077; cp $folder/tls.pem $folder/data/server.key); echo $folder",
            programs.display()
        );
        let mut made = as_user("sh")
            .args(["-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pem = format!("{}{}", tls.signing_key.serialize_pem(), tls.cert.pem());
        made.stdin.take().unwrap().write_all(pem.as_bytes()).unwrap();
        let made = made.wait_with_output().unwrap();
        assert!(made.status.success(), "PostgreSQL's initdb failed");
        let folder = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        let certificate = PathBuf::from(format!("{folder}/tls.pem"));
        let mut postgres =
            Self { programs, folder, port: three_free_ports(), certificate, server: None };
        postgres.go_on().await;
        postgres
    }

    /// Starts it, again after [`Postgres::stop`], and waits until it answers.
    pub async fn go_on(&mut self) {
        let server = as_user(self.programs.join("postgres").to_str().unwrap())
            .args(["-D", &format!("{}/data", self.folder), "-p", &self.port.to_string()])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="])
            .args(["-c", "fsync=off", "-c", "ssl=on", "-c", "max_connections=60"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        self.server = Some(server.unwrap());
        let started = Instant::now();
        while let Err(error) = self.connect("postgres").await {
            assert!(started.elapsed() < Duration::from_mins(1), "PostgreSQL: {error}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Ends it at once, as if the machine had stopped; what it keeps stays.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = Command::new("kill").args(["-s", "QUIT", &server.id().to_string()]).status();
            let _ = server.wait();
        }
    }

    /// A new, empty database: its URL.
    pub async fn database(&self, name: &str) -> String {
        let mut connection = self.connect("postgres").await.unwrap();
        let sql = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        connection.execute(sql).await.unwrap();
        self.url(name)
    }

    /// A database's URL.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://osier:{PASSWORD}@127.0.0.1:{}/{name}", self.port)
    }

    /// A connection of the test's own.
    pub async fn connect(&self, name: &str) -> Result<AnyConnection, sqlx::Error> {
        install_default_drivers();
        AnyConnection::connect(&self.url(name)).await
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The folder of the newest version's programs.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let versions = versions.filter_map(|version| {
        let version = version.ok()?;
        let number = version.file_name().to_str()?.parse::<u32>().ok()?;
        let programs = version.path().join("bin");
        programs.join("postgres").exists().then_some((number, programs))
    });
    let newest = versions.max().map(|(_, programs)| programs);
    newest.unwrap_or_else(|| {
        panic!("PostgreSQL isn't installed: install Debian's package postgresql")
    })
}

/// A program, not as root, that doesn't outlive the thread that starts it.
pub(super) fn as_user(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    let id = Command::new("id").arg("-u").output().unwrap().stdout;
    if id.trim_ascii() == b"0" {
        command.args(["--reuid", USER, "--regid", USER, "--clear-groups"]);
    }
    command.args(["--pdeathsig", "KILL", program]);
    command.current_dir("/");
    command
}
