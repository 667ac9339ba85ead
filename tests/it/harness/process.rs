//! The real program as a process of its own: what it says on both of its ways out, and how it ends.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use osier::demo::Surroundings;
use serde_json::Value;

use super::app::of_a_call;

/// Looked at this often while something is waited for.
const LOOK: Duration = Duration::from_millis(20);

/// A running `osier`. It is killed when it is dropped.
pub struct Process {
    child: Child,
    /// Osier's port.
    pub port: u16,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    /// When it was started.
    pub started: Instant,
    out: Output,
    err: Output,
}

/// One way out, read to its end by a thread.
#[derive(Default)]
struct Output {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

/// The program with these arguments and settings, and none of the settings of whoever runs it.
pub fn osier(arguments: &[&str], settings: &BTreeMap<String, String>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_osier"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("OSIER_")) {
        command.env_remove(name);
    }
    command.envs(settings);
    command
}

/// A port that is free, as are the two after it. Below the range that the system gives out by
/// itself, so that no other test takes one meanwhile.
pub fn three_free_ports() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        let bytes = osier::seal::random_bytes::<2>().unwrap();
        AtomicU16::new(u16::from_be_bytes(bytes))
    });
    loop {
        let port = 20_000 + NEXT.fetch_add(3, Ordering::Relaxed) % 10_000;
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (port..port + 3).all(free) {
            return port;
        }
    }
}

/// The settings that lead to the sample services.
pub fn base_urls(around: &Surroundings) -> impl Iterator<Item = (String, String)> {
    let urls = around.services().base_urls();
    urls.into_iter()
        .map(|(name, url)| (format!("OSIER_BACKENDS__{}__BASE_URL", name.to_uppercase()), url))
}

impl Process {
    /// `osier demo` on free ports.
    pub fn demo(settings: &BTreeMap<String, String>) -> Self {
        let port = three_free_ports();
        Self::spawn(osier(&["demo", "--port", &port.to_string()], settings), port, Stdio::piped())
    }

    /// `osier serve` around these surroundings.
    pub fn serve(around: &Surroundings, settings: &BTreeMap<String, String>) -> Self {
        Self::serve_into(around, settings, Stdio::piped())
    }

    /// The same, with its standard output going there. Only what comes through a pipe of its own is
    /// read.
    pub fn serve_into(
        around: &Surroundings,
        settings: &BTreeMap<String, String>,
        out: Stdio,
    ) -> Self {
        let port = three_free_ports();
        Self::spawn(Self::serving(port, "config/demo.toml", around, settings), port, out)
    }

    /// The same on this port, with another configuration file below the settings.
    pub fn serve_at(
        port: u16,
        file: &str,
        around: &Surroundings,
        settings: &BTreeMap<String, String>,
    ) -> Self {
        Self::spawn(Self::serving(port, file, around, settings), port, Stdio::piped())
    }

    /// The same where the system lets processes dump as much as they like.
    pub fn serve_where_cores_are_dumped(
        around: &Surroundings,
        settings: &BTreeMap<String, String>,
    ) -> Self {
        let port = three_free_ports();
        let own = Self::serving(port, "config/demo.toml", around, settings);
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -S -c \"$(ulimit -H -c)\" && exec \"$0\" \"$@\""]);
        Self::spawn(around_of(shell, &own), port, Stdio::piped())
    }

    /// The same with so many files that it may have open.
    pub fn serve_within(
        files: u32,
        around: &Surroundings,
        settings: &BTreeMap<String, String>,
    ) -> Self {
        let port = three_free_ports();
        let own = Self::serving(port, "config/demo.toml", around, settings);
        let mut limited = Command::new("prlimit");
        limited.arg(format!("--nofile={files}:{files}"));
        Self::spawn(around_of(limited, &own), port, Stdio::piped())
    }

    fn serving(
        port: u16,
        file: &str,
        around: &Surroundings,
        settings: &BTreeMap<String, String>,
    ) -> Command {
        let services = around.services();
        let own = [
            ("SERVER__LISTEN", format!("127.0.0.1:{port}")),
            ("SERVER__PUBLIC_URL", format!("http://127.0.0.1:{port}")),
            ("IDENTITY__DISCOVERY_URL", around.entra().url(osier::demo::Endpoint::Discovery)),
            ("ACCESS__URL", services.authz_url()),
            ("ACCESS__CHANGES_URL", format!("{}/v1/changes", services.authz_url())),
            ("KEYS__CURRENT", super::TestApp::new_key()),
        ];
        let own = own.map(|(name, value)| (format!("OSIER_{name}"), value));
        let mut all: BTreeMap<String, String> = own.into_iter().chain(base_urls(around)).collect();
        all.extend(
            super::app::UNHURRIED
                .map(|(name, value)| (format!("OSIER_LIMITS__{name}"), value.to_owned())),
        );
        all.extend(settings.clone());
        osier(&["serve", "--config", file], &all)
    }

    fn spawn(mut command: Command, port: u16, out: Stdio) -> Self {
        let started = Instant::now();
        let mut child =
            command.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).spawn().unwrap();
        let out = child.stdout.take().map(Output::of).unwrap_or_default();
        let err = Output::of(child.stderr.take().unwrap());
        Self { child, port, url: format!("http://127.0.0.1:{port}"), started, out, err }
    }

    /// Waits until `/readyz` says yes; gives how long after the start that was.
    pub async fn ready(&mut self, http: &reqwest::Client) -> Duration {
        loop {
            let asked = http.get(format!("{}/readyz", self.url)).send().await;
            if asked.is_ok_and(|answer| answer.status() == 200) {
                return self.started.elapsed();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended with {ended:?}: {}", self.err());
            assert!(self.started.elapsed() < Duration::from_mins(1), "never ready: {}", self.err());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Does it run?
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it, as a crash would end it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end; gives how it ended and how long that took.
    pub async fn end(&mut self) -> (ExitStatus, Duration) {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.out.wait();
                self.err.wait();
                return (status, asked.elapsed());
            }
            assert!(asked.elapsed() < Duration::from_secs(30), "it doesn't end: {}", self.err());
            tokio::time::sleep(LOOK).await;
        }
    }

    /// What it said on standard output so far.
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// What it said on standard error so far.
    pub fn err(&self) -> String {
        self.err.text()
    }

    /// The audit records of calls: every line of standard output has to be a record.
    pub fn records(&self) -> Vec<Value> {
        self.chain().into_iter().filter(of_a_call).collect()
    }

    /// Every audit record.
    pub fn chain(&self) -> Vec<Value> {
        let out = self.out();
        out.lines()
            .map(|line| {
                let record: Result<Value, _> = serde_json::from_str(line);
                record.unwrap_or_else(|_| panic!("not a record: {line}"))
            })
            .collect()
    }
}

/// A program that runs another one in its own place.
fn around_of(mut outer: Command, own: &Command) -> Command {
    outer.current_dir(env!("CARGO_MANIFEST_DIR")).arg(own.get_program()).args(own.get_args());
    for (name, value) in own.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Output {
    fn of(mut from: impl Read + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&kept);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = from.read(&mut buffer) {
                into.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        Self { kept, reader: Some(reader) }
    }

    fn wait(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.kept.lock().unwrap()).into_owned()
    }
}
