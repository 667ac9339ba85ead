//! Every file on `docs/ADD-A-SERVICE.md` is what it says: the configuration is read, the import
//! writes that draft, and the tools answer inside the person's places.

use std::fs;

use osier::config::{Backend, Config, Environment};
use osier::demo::{SITE_3LW, SITE_12H, SITE_60M};
use serde_json::{Value, json};

use super::service::{Asked, Service};
use super::{app, check, import};

const PAGE: &str = include_str!("../../../docs/ADD-A-SERVICE.md");
const DEMO: &str = include_str!("../../../config/demo.toml");

/// The page's blocks by what stands after the language.
fn blocks() -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    for (index, part) in PAGE.split("\n```").enumerate() {
        if index % 2 == 1 {
            let (head, text) = part.split_once('\n').unwrap();
            let name = head.split_once(' ').unwrap_or_else(|| panic!("no name: {head}")).1;
            blocks.push((name.to_owned(), format!("{text}\n")));
        }
    }
    blocks
}

fn block(name: &str) -> String {
    let found = blocks().into_iter().find(|(own, _)| own == name);
    found.unwrap_or_else(|| panic!("the page has no {name}")).1
}

/// The tools' files.
fn files() -> Vec<(String, String)> {
    blocks().into_iter().filter(|(name, _)| name.starts_with("tools/")).collect()
}

fn permit(id: &str, site: &str) -> Value {
    json!({"id": id, "siteId": site, "title": format!("Hot work {id}"), "status": "open",
        "holder": "Acme", "validUntil": "2026-12-01T00:00:00Z", "salary": "secret"})
}

/// Shows everything to everybody: it overlooks `siteIds`.
fn answer((asked, _): &Asked) -> Option<Value> {
    let all = [permit("p1", SITE_60M), permit("p2", SITE_3LW), permit("p3", SITE_12H)];
    match asked.split('?').next()? {
        "GET /permits" => Some(json!({"items": all})),
        path => {
            all.into_iter().find(|one| path.strip_prefix("GET /permits/") == one["id"].as_str())
        }
    }
}

#[test]
fn each_block_is_used() {
    let names: Vec<String> = blocks().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "osier.toml",
            "tools/permits/_service.yaml",
            "tools/permits/list_permits.yaml",
            "permits.yaml",
            "drafted get_permit.yaml",
            "tools/permits/get_permit.yaml",
        ]
    );
}

#[test]
fn the_section_is_one_that_the_configuration_reads() {
    let key = crate::harness::TestApp::new_key();
    let environment = Environment::default().with("OSIER_KEYS__CURRENT", key.as_str());
    let text = format!("{DEMO}\n{}", block("osier.toml"));
    let config = Config::parse("osier.toml", &text, &environment).unwrap();
    let Backend::Rest(rest) = &config.backends["permits"] else { panic!("another kind") };
    assert_eq!(rest.base_url.as_str(), "https://permits.example.com/v1");
}

#[test]
fn the_import_writes_what_the_page_shows_and_check_refuses_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("permits.yaml"), folder.path().join("tools/permits"));
    fs::write(&file, block("permits.yaml")).unwrap();
    let ended = import(&file, &out);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let drafted = fs::read_to_string(out.join("get_permit.yaml")).unwrap();
    assert_eq!(drafted, block("drafted get_permit.yaml"));
    let (code, said) = check(&folder.path().join("tools"));
    assert_eq!(code, Some(64));
    insta::assert_snapshot!(said, @"
    TOOLS/permits/_service.yaml:8: resolve.permit.scope: is still to be decided: what holds the record inside the caller's scope: `push`, `filter`, or `none` with the reason
    TOOLS/permits/get_permit.yaml:6: permission: write the permission's name, any: [names], all: [names], or signed_in: the reason why no permission is needed; there are no wildcards
    TOOLS/permits/get_permit.yaml:15: scope: is still to be decided: what holds its answer inside the caller's scope: `push`, `filter`, `resolved`, several of them, or `none` with the reason
    TOOLS/permits/list_permits.yaml:6: permission: write the permission's name, any: [names], all: [names], or signed_in: the reason why no permission is needed; there are no wildcards
    TOOLS/permits/list_permits.yaml:21: scope: is still to be decided: what holds its answer inside the caller's scope: `push`, `filter`, `resolved`, several of them, or `none` with the reason
    ");
    // The page's own files in their place.
    for (name, text) in files() {
        fs::write(folder.path().join(name), text).unwrap();
    }
    assert_eq!(check(&folder.path().join("tools")).0, Some(0));
}

#[tokio::test]
async fn the_tools_answer_inside_the_persons_places() {
    let service = Service::start(answer).await;
    let app = app("permits", &service.url, files()).await;
    let (ana, ben, chloe) =
        (app.as_user("ana").await, app.as_user("ben").await, app.as_user("chloe").await);
    let all = ana.call("list_permits", json!({})).await;
    assert_eq!(all.column("id"), ["p1", "p2", "p3"]);
    assert!(!all.text().contains("salary"), "{all:?}");
    assert_eq!(service.asked()[0].0, "GET /permits?pageSize=25");

    // ben sees tickets at three of the four sites; the service overlooks that.
    let his = ben.call("list_permits", json!({"status": "open"})).await;
    assert_eq!(his.column("id"), ["p1", "p3"]);
    let (asked, _) = &service.asked()[0];
    assert!(asked.contains(&format!("siteIds={SITE_60M}")) && !asked.contains(SITE_3LW), "{asked}");
    let one = ben.call("get_permit", json!({"permitId": "p1"})).await;
    assert_eq!(one.item()["title"], "Hot work p1");
    let outside = ben.call("get_permit", json!({"permitId": "p2"})).await;
    let unknown = ben.call("get_permit", json!({"permitId": "p9"})).await;
    assert_eq!(outside.refusal(), unknown.refusal());

    // chloe doesn't see tickets, and so no permits.
    assert!(!chloe.tools().await.contains(&"list_permits".to_owned()));
}
