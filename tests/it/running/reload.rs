//! New configuration and tool files while calls run: taken whole, or not at all.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use osier::demo::{Options, Surroundings};
use serde_json::json;
use tempfile::TempDir;

use super::{Calls, UNLIMITED, http, settings};
use crate::harness::{Client, Process, Version, three_free_ports};

/// Both are told of in the same list.
const PAIR: [&str; 2] = ["sitecore/list_sites.yaml", "sitecore/get_site.yaml"];

/// Folders that stay beside the last one.
const KEPT: usize = 100;

/// A folder with a configuration, and tools behind a link that is turned as Kubernetes turns it.
struct Deployed {
    folder: TempDir,
    turns: usize,
}

impl Deployed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut deployed = Self { folder, turns: 0 };
        deployed.turn(|_| {});
        let tools = deployed.at("tools");
        let text = fs::read_to_string("config/demo.toml").unwrap();
        fs::write(deployed.config(), format!("{text}\n[tools]\ndir = \"{}\"\n", tools.display()))
            .unwrap();
        deployed
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(&self) -> PathBuf {
        self.at("osier.toml")
    }

    /// Other tool files, all at once. Both of the pair carry the turn's number.
    fn turn(&mut self, spoil: impl FnOnce(&Path)) -> usize {
        self.turns += 1;
        let next = self.at(&format!("tools-{}", self.turns));
        copy(Path::new("tools"), &next);
        for name in PAIR {
            let file = next.join(name);
            let text = fs::read_to_string(&file).unwrap();
            let title = format!("title: Turn {}", self.turns);
            let titled: Vec<&str> = text
                .lines()
                .map(|line| if line.starts_with("title:") { title.as_str() } else { line })
                .collect();
            fs::write(&file, titled.join("\n")).unwrap();
        }
        spoil(&next);
        let link = self.at("next");
        symlink(&next, &link).unwrap();
        fs::rename(&link, self.at("tools")).unwrap();
        // A slow machine may still read what was turned away from.
        if self.turns > KEPT {
            fs::remove_dir_all(self.at(&format!("tools-{}", self.turns - KEPT))).unwrap();
        }
        self.turns
    }

    fn edit(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.config()).unwrap();
        assert!(text.contains(old), "{old}");
        let half = self.at("half");
        fs::write(&half, text.replace(old, new)).unwrap();
        fs::rename(&half, self.config()).unwrap();
    }

    fn serve(&self, around: &Surroundings) -> Process {
        let file = self.config();
        let set = settings(UNLIMITED);
        Process::serve_at(three_free_ports(), file.to_str().unwrap(), around, &set)
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The turn that the lists show; both tools have to be of the same one.
async fn shown(http: &reqwest::Client, url: &str, token: &str) -> usize {
    let ana = Client::connect(http, url, token.to_owned(), Version::V2026_07_28).await;
    let listed = ana.request("tools/list", json!({})).await;
    let tools = listed.result()["tools"].as_array().unwrap();
    let titled = |name: &str| {
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap();
        let title = tool["title"].as_str().unwrap();
        title.strip_prefix("Turn ").unwrap_or_else(|| panic!("{title}")).parse::<usize>().unwrap()
    };
    let (one, other) = (titled("list_sites"), titled("get_site"));
    assert_eq!(one, other, "a catalog of two turns");
    one
}

async fn until(server: &Process, what: &str, mut is_so: impl AsyncFnMut() -> bool) -> Duration {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < Duration::from_secs(50), "{what}: {}", server.err());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    started.elapsed()
}

#[tokio::test]
async fn r11_reload_at_10_hz_with_every_third_file_broken_fails_no_call() {
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let mut deployed = Deployed::new();
    let mut server = deployed.serve(&around);
    let http = http();
    server.ready(&http).await;
    let token = around.entra().token(&osier::demo::ANA);
    let url = server.url.clone();
    let calls = Calls::of(&token, move || url.clone());
    let mut broken = Vec::new();
    let mut seen = Vec::new();
    let started = Instant::now();
    for turn in 0.. {
        // On a slow machine until something was taken while the files changed, though not for ever.
        let has_moved = seen.last() > seen.first() || started.elapsed() > Duration::from_mins(1);
        if turn >= 80 && has_moved {
            break;
        }
        let spoilt = turn % 3 == 2;
        let number = deployed.turn(|tools| match (spoilt, turn % 4) {
            (false, _) => {}
            (true, 0) => fs::write(tools.join(PAIR[0]), "title: [half").unwrap(),
            (true, 1) => fs::write(tools.join(PAIR[1]), "").unwrap(),
            (true, 2) => fs::remove_file(tools.join("sitecore/_service.yaml")).unwrap(),
            (true, _) => {
                let text = fs::read_to_string(tools.join(PAIR[1])).unwrap();
                let kept = text.lines().filter(|line| !line.starts_with("permission"));
                fs::write(tools.join(PAIR[1]), kept.collect::<Vec<_>>().join("\n")).unwrap();
            }
        });
        if spoilt {
            broken.push(number);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        if turn % 5 == 0 {
            seen.push(shown(&http, &server.url, &token).await);
        }
    }
    let last = deployed.turn(|_| {});
    let took = until(&server, "the last turn isn't served", async || {
        shown(&http, &server.url, &token).await == last
    })
    .await;
    let made = calls.end().await;
    eprintln!("r11: {made} calls, turns seen {seen:?}, the last one live after {took:?}");
    assert!(made > 20, "{made} calls");
    assert!(seen.iter().all(|turn| !broken.contains(turn)), "{seen:?} of {broken:?}");
    assert!(seen.last() > seen.first(), "nothing was taken meanwhile: {seen:?}: {}", server.err());
}

#[tokio::test]
async fn a_reload_keeps_sessions_and_takes_settings_whole_or_not_at_all() {
    let around = Surroundings::start_anywhere(Options::default()).await.unwrap();
    let deployed = Deployed::new();
    let mut server = deployed.serve(&around);
    let http = http();
    server.ready(&http).await;
    let token = around.entra().token(&osier::demo::ANA);
    let session = Client::connect(&http, &server.url, token, Version::V2025_11_25).await;
    let has = async |name: &str| session.tools().await.iter().any(|tool| tool == name);
    assert!(has("list_sites").await);

    // A good one: the session that stands sees it.
    deployed.edit("[tools]\n", "[tools]\ndisabled = [\"list_sites\"]\n");
    until(&server, "the new settings aren't served", async || !has("list_sites").await).await;
    assert!(has("get_site").await);

    // One with a fault beside a change, one that takes a restart, and half a file.
    for (old, new, says) in [
        ("disabled = [\"list_sites\"]", "disabled = [\"get_site\"]\nsurprise = 1", "surprise"),
        (
            "[server]\n",
            "[server]\nshutdown_grace = 11\n",
            "server.shutdown_grace: read at the start",
        ),
        ("[log]\n", "[log]\nfilter = \"osier=loud\"\n", "log.filter"),
        ("format = \"text\"", "format = \"json\"", "log.format: read at the start"),
        ("[tools]", "[tools", "isn't TOML"),
    ] {
        let before = fs::read_to_string(deployed.config()).unwrap();
        deployed.edit(old, new);
        until(&server, says, async || server.err().contains(says)).await;
        assert!(!has("list_sites").await && has("get_site").await, "{says}");
        fs::write(deployed.config(), before).unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
    }

    // SIGHUP reads at once.
    deployed.edit("disabled = [\"list_sites\"]\n", "");
    server.signal("HUP");
    until(&server, "SIGHUP isn't heard", async || has("list_sites").await).await;

    // What is logged follows too: with "off" a change is served and nothing is said of it.
    let said = || server.err().matches("and is served").count();
    let before = said();
    deployed.edit("[log]\n", "[log]\nfilter = \"off\"\n");
    deployed.edit("[tools]\n", "[tools]\ndisabled = [\"list_sites\"]\n");
    until(&server, "silence isn't served", async || !has("list_sites").await).await;
    deployed.edit("[\"list_sites\"]", "[\"get_site\"]");
    until(&server, "what is silent isn't served", async || !has("get_site").await).await;
    assert_eq!(said(), before, "{}", server.err());
    deployed.edit("\"off\"", "\"info\"");
    until(&server, "nothing is said again", async || said() == before + 1).await;
    server.signal("TERM");
    assert_eq!(server.end().await.0.code(), Some(0), "{}", server.err());
}
