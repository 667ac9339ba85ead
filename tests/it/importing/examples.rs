//! Descriptions from npm's `@readme/oas-examples` (`tests/import/run` installs it): all of them are
//! imported, refused, and sound once they are decided; one API is answered for and called.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::service::{Asked, Service};
use super::{app, check, import};
use crate::harness::Answered;

const EXAMPLES: &str = "target/tests/import/node_modules/@readme/oas-examples";

fn example(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(EXAMPLES).join(name);
    assert!(path.exists(), "{} isn't there: tests/import/run", path.display());
    path
}

/// Every file of a service, by its name.
fn read(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let text = fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect();
    files.sort();
    files
}

/// Drafts as somebody decides them to whom everything is alike. A write that nobody's permission
/// holds is for everybody who is signed in.
fn decide(folder: &Path) {
    for (name, text) in read(folder) {
        let writes = !text.contains("effect: read") && name != "_service.yaml";
        let permission = if writes { "{signed_in: a test}" } else { "WillowApp.CanViewTickets" };
        let text = text
            .replace("permission: TODO", &format!("permission: {permission}"))
            .replace("scope: TODO", "scope: {none: pets have no places}")
            .replace("TODO: ", "");
        fs::write(folder.join(name), text).unwrap();
    }
}

#[test]
#[ignore = "needs npm's @readme/oas-examples: tests/import/run"]
fn all_are_drafted_refused_and_sound_once_decided() {
    let folder = tempfile::tempdir().unwrap();
    let (mut imported, mut drafts) = (0, 0);
    for version in ["3.0", "3.1"] {
        for entry in fs::read_dir(example(&format!("{version}/json"))).unwrap() {
            let path = entry.unwrap().path();
            let Some(stem) = path.file_stem().filter(|_| path.is_file()) else { continue };
            let stem = stem.to_str().unwrap().replace(['-', '.'], "_");
            let tools = folder.path().join(version).join(&stem);
            let (out, again) =
                (tools.join("api"), folder.path().join("yaml").join(&stem).join("api"));
            let ended = import(&path, &out);
            let said = String::from_utf8(ended.stderr).unwrap();
            if stem == "webhooks" {
                assert!(said.contains("it has no paths"), "{said}");
                continue;
            }
            assert_eq!(ended.status.code(), Some(0), "{stem}: {said}");
            imported += 1;
            let yaml = example(&format!("{version}/yaml")).join(path.file_stem().unwrap());
            let yaml = yaml.with_extension("yaml");
            if yaml.exists() {
                let _ = fs::remove_dir_all(&again);
                assert_eq!(import(&yaml, &again).status.code(), Some(0), "{stem}");
                let name = |text: String| {
                    text.replace(".yaml.\n", ".json.\n").replace(".yaml. ", ".json. ")
                };
                let other: Vec<_> =
                    read(&again).into_iter().map(|(file, text)| (file, name(text))).collect();
                assert!(read(&out) == other, "{stem}: JSON and YAML differ");
            }
            let files = read(&out);
            let tools_of = files.iter().filter(|(name, _)| name != "_service.yaml");
            if tools_of.clone().count() == 0 {
                continue;
            }
            drafts += tools_of.clone().count();
            let (code, said) = check(&tools);
            assert_eq!(code, Some(64), "{stem} isn't refused");
            for (name, _) in tools_of {
                let refused = |key: &str| {
                    let mark = format!("TOOLS/api/{name}:");
                    said.lines().any(|line| line.starts_with(&mark) && line.contains(key))
                };
                assert!(refused(": permission: ") && refused(": scope: "), "{stem}/{name}: {said}");
            }
            decide(&out);
            let (_, said) = check(&tools);
            // A change of something that no GET shows names no record: that is for a person.
            let open = |line: &str| {
                line.contains("question.title: name the record")
                    || line.contains("question.before: 'Decided'")
                    || line.contains("question.before: 'TODO' isn't an argument")
            };
            let faults: Vec<_> = said.lines().filter(|line| !open(line)).collect();
            assert!(faults.is_empty(), "{stem}: {faults:?}");
        }
    }
    assert!(imported > 50 && drafts > 150, "{imported} descriptions, {drafts} drafts");
}

/// The pet shop, with the description's own examples.
fn shop((asked, body): &Asked) -> Option<Value> {
    let pet = json!({"id": 25, "name": "doggie", "category": {"id": 1, "name": "dogs"},
        "photoUrls": ["https://example.com/photo.png"], "status": "available", "owner": "hidden"});
    let user =
        json!({"id": 1, "username": "user1", "email": "user1@example.com", "password": "hunter2"});
    match asked.split('?').next()? {
        "GET /v2/pet/findByStatus" => Some(json!([pet])),
        "GET /v2/pet/25" => Some(pet),
        "GET /v2/user/user1" => Some(user),
        "POST /v2/store/order" => {
            let mut order = body.clone();
            order["id"] = json!(7);
            order["status"] = json!("placed");
            Some(order)
        }
        _ => None,
    }
}

#[tokio::test]
#[ignore = "needs npm's @readme/oas-examples: tests/import/run"]
async fn the_pet_shop_is_imported_refused_decided_and_called() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("tools/petshop");
    let ended = import(&example("3.0/json/petstore.json"), &out);
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(said.contains("base_url = \"http://petstore.swagger.io/v2\""), "{said}");
    assert!(
        said.contains(
            "POST /user/createWithArray (createUsersWithArrayInput): its body is no object"
        )
    );
    assert_eq!(check(&folder.path().join("tools")).0, Some(64));
    decide(&out);
    assert_eq!(check(&folder.path().join("tools")), (Some(0), String::new()));

    let files = read(&out);
    let files = files.into_iter().map(|(name, text)| (format!("tools/petshop/{name}"), text));
    let service = Service::start(shop).await;
    let app = app("petshop", &format!("{}/v2", service.url), files.collect()).await;
    let ben = app.as_user("ben").await;
    let found = ben.call("find_pets_by_status", json!({"status": ["available", "sold"]})).await;
    assert_eq!(found.column("name"), ["doggie"]);
    assert!(!found.text().contains("hidden"), "{found:?}");
    assert_eq!(service.asked()[0].0, "GET /v2/pet/findByStatus?status=available&status=sold");
    let one = ben.call("get_pet_by_id", json!({"petId": "25"})).await;
    assert_eq!(one.item()["category"], json!({"id": 1, "name": "dogs"}));
    assert!(ben.call("get_pet_by_id", json!({"petId": "26"})).await.is_error());
    assert!(ben.call("find_pets_by_status", json!({"status": ["lost"]})).await.is_error());
    let user = ben.call("get_user_by_name", json!({"username": "user1"})).await;
    assert_eq!(user.item()["email"], "user1@example.com");
    assert!(!user.text().contains("hunter2"), "{user:?}");

    // An order is asked for, and placed after a yes only.
    service.asked();
    let order = json!({"petId": 25, "quantity": 2});
    let no = ben.call_answering("place_order", order.clone(), Answered::No).await;
    assert!(no.is_error() && service.asked().is_empty(), "{no:?}");
    let placed = ben.call_answering("place_order", order, Answered::Yes).await;
    assert_eq!(
        placed.item(),
        &json!({"id": 7, "petId": 25, "quantity": 2, "status": "placed", "complete": false})
    );
    let asked = service.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1, json!({"petId": 25, "quantity": 2, "complete": false}));

    // chloe doesn't hold the permission that was decided.
    let chloe = app.as_user("chloe").await;
    let tools = chloe.tools().await;
    assert!(!tools.contains(&"get_pet_by_id".to_owned()), "{tools:?}");
}
