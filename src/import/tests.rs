//! What comes out of descriptions, and what of hostile ones.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::catalog::{self, Document, Files, Problems};

/// Imports a description into a fresh folder; gives the files by name, and what was said.
fn import(text: &str, wanted: &Wanted) -> Result<(Vec<(String, String)>, String), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("api.yaml");
    fs::write(&file, text).unwrap();
    let out = folder.path().join("tools/api");
    let place = format!("{}/", folder.path().display());
    let report = openapi(&file, &out, wanted).map_err(|faults| {
        assert!(!out.exists(), "something was written");
        faults.to_string().replace(&place, "")
    })?;
    let mut files: Vec<(String, String)> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    Ok((files, report.to_string().replace(&place, "")))
}

fn all(text: &str) -> (Vec<(String, String)>, String) {
    import(text, &Wanted::default()).unwrap_or_else(|said| panic!("{said}"))
}

fn faults(text: &str) -> String {
    import(text, &Wanted::default()).unwrap_err()
}

/// A description with one GET, whose operation has these keys besides its answer.
fn with(operation: &Value, schemas: &Value) -> String {
    let mut get = json!({"operationId": "getThings", "summary": "Things",
        "responses": {"200": {"content": {"application/json": {"schema":
            {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}}}}}});
    let more = operation.as_object().unwrap().clone();
    get.as_object_mut().unwrap().extend(more);
    let mut all = json!({"Thing": {"properties": {"id": {"type": "string"}}}});
    all.as_object_mut().unwrap().extend(schemas.as_object().unwrap().clone());
    json!({"openapi": "3.0.3", "paths": {"/things": {"get": get}}, "components": {"schemas": all}})
        .to_string()
}

fn file<'a>(files: &'a [(String, String)], name: &str) -> &'a str {
    let found = files.iter().find(|(own, _)| own == name);
    &found.unwrap_or_else(|| panic!("no {name} in {files:?}")).1
}

fn value(text: &str) -> Value {
    let mut problems = Problems::default();
    let document = Document::parse(Path::new("x.yaml"), text, &mut problems);
    let said: Vec<_> = problems.into_sorted().iter().map(ToString::to_string).collect();
    assert!(said.is_empty(), "{said:?}: {text}");
    document.unwrap().value().clone()
}

/// What `check` says of drafts, once each TODO is decided.
fn decided(files: &[(String, String)]) -> Vec<String> {
    let files = files.iter().map(|(name, text)| {
        let text = text
            .replace("permission: TODO", "permission: App.View")
            .replace("scope: TODO", "scope: {none: the same for all}")
            .replace("TODO", "Decided");
        (format!("api/{name}"), text)
    });
    let problems = catalog::load(&Files::of(files)).err().unwrap_or_default();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn what_does_not_describe_an_api_is_refused_in_words() {
    for (text, says) in [
        ("swagger: \"2.0\"\n", "api.yaml:1: this is Swagger 2.0"),
        ("openapi: 2.9.0\n", "api.yaml:1: not a description of OpenAPI 3.0 or 3.1"),
        ("openapi: 3.2.0\n", "api.yaml:1: not a description of OpenAPI 3.0 or 3.1"),
        ("[]", "api.yaml:1: not a description"),
        ("", "api.yaml:1: not "),
        ("openapi: 3.0.0\n", "api.yaml:1: it has no paths"),
        ("{\"openapi\": \"3.0.0\",", "api.yaml:1: not YAML"),
        (
            "openapi: 3.0.0\nopenapi: 3.0.0\npaths: {}\n",
            "api.yaml:2: openapi: this key is here already",
        ),
    ] {
        let said = faults(text);
        assert!(said.starts_with(says), "{text}: {said}");
    }
}

#[test]
fn references_stay_inside_the_file_and_all_faults_are_told_at_once() {
    let schemas = json!({
        "Thing": {"properties": {
            "id": {"type": "string"},
            "a": {"$ref": "other.yaml#/Thing"},
            "b": {"$ref": "https://evil.example/thing.json"},
            "c": {"$ref": "file:///etc/passwd"},
            "d": {"$ref": "#/components/schemas/Nothing"},
            "e": {"$ref": "#/components/schemas/One"},
        }},
        "One": {"$ref": "#/components/schemas/Two"},
        "Two": {"$ref": "#/components/schemas/One"},
    });
    let said = faults(&with(&json!({}), &schemas));
    assert_eq!(said.matches("nothing outside of this file is read").count(), 3, "{said}");
    assert_eq!(said.matches("there is nothing of this name").count(), 1, "{said}");
    assert_eq!(said.matches("a reference that only leads to others").count(), 1, "{said}");
    assert_eq!(said.lines().count(), 5, "{said}");
}

#[test]
fn bombs_and_endless_schemas_end() {
    let mut bomb = String::from("openapi: 3.0.0\na0: &a0 [x, x]\n");
    for level in 1..40 {
        let before = level - 1;
        _ = writeln!(bomb, "a{level}: &a{level} [*a{before}, *a{before}, *a{before}]");
    }
    let said = faults(&(bomb + "paths: {}\n"));
    assert!(said.starts_with("api.yaml:") && said.contains("aliases make it too long"), "{said}");
    assert!(
        faults(&format!("openapi: 3.0.0\npaths: {}", "[".repeat(100_000))).contains("not YAML")
    );

    // Each of these refers to the next one ten times.
    let mut schemas = json!({"Thing": {"$ref": "#/components/schemas/S0"}});
    for level in 0..30 {
        let next = json!({"$ref": format!("#/components/schemas/S{}", level + 1)});
        let fields: serde_json::Map<String, Value> =
            (0..10).map(|field| (format!("f{field}"), next.clone())).collect();
        schemas[format!("S{level}")] = json!({"type": "object", "properties": fields});
    }
    schemas["S30"] = json!({"type": "string"});
    let said = faults(&with(&json!({}), &schemas));
    assert!(said.contains("unfold to more than"), "{said}");

    // A tree is as deep as its data: what leads back is left out, and said.
    let tree = json!({"Thing": {"properties": {
        "id": {"type": "string"},
        "children": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
    }}});
    let (files, _) = all(&with(&json!({}), &tree));
    let service = file(&files, "_service.yaml");
    assert!(service.contains("# Not in it: children: it refers to itself"), "{service}");
    assert_eq!(value(service)["rows"]["thing"], json!({"id": "string"}));
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("api.json");
    fs::write(&path, " ".repeat(usize::try_from(MAX_BYTES).unwrap() + 1)).unwrap();
    let said = openapi(&path, &folder.path().join("api"), &Wanted::default()).unwrap_err();
    assert!(said.to_string().contains("has more than 16777216 bytes"), "{said}");
    let many: serde_json::Map<String, Value> = (0..=MAX_OPERATIONS)
        .map(|n| (format!("/p{n}"), json!({"get": {"responses": {}}})))
        .collect();
    let said = faults(&json!({"openapi": "3.1.0", "paths": many}).to_string());
    assert!(said.contains("501 operations: at most 500"), "{said}");
}

#[test]
fn names_lead_nowhere_and_are_each_given_once() {
    let ids = [
        "../../etc/passwd",
        "listThings",
        "list-things",
        "LIST_THINGS",
        "",
        "9lives",
        "名前",
        "a__b",
        "getTheVeryLongNameOfAnOperationThatNobodyWouldEverWantToType",
        "con\u{0}trol\n# x",
        "..",
        "listThings2",
    ];
    let answer = json!({"200": {"content": {"application/json": {"schema":
        {"properties": {"id": {"type": "string"}}}}}}});
    let paths: serde_json::Map<String, Value> = ids
        .iter()
        .enumerate()
        .map(|(n, id)| (format!("/p{n}"), json!({"get": {"operationId": id, "responses": answer}})))
        .collect();
    let text = json!({"openapi": "3.1.0", "paths": paths}).to_string();
    let (files, _) = all(&text);
    assert_eq!(files.len(), ids.len() + 1);
    for (name, text) in &files {
        let stem = name.strip_suffix(".yaml").unwrap();
        assert!(stem.len() <= 40 && !stem.trim_start_matches('_').contains("__"), "{name}");
        assert!(stem.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
        value(text);
    }
    assert_eq!(decided(&files), Vec::<String>::new());
    assert_eq!(all(&text), all(&text), "it isn't the same each time");

    for out in ["tools/..", "tools/A", "tools/a b", "tools/a__b", "/", "tools/é"] {
        let said = openapi(Path::new("none.yaml"), Path::new(out), &Wanted::default()).unwrap_err();
        assert!(said.to_string().contains("the folder's name is the service's"), "{out}: {said}");
    }
}

#[test]
fn what_is_there_already_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("api.json"), folder.path().join("api"));
    fs::write(&file, with(&json!({}), &json!({}))).unwrap();
    fs::create_dir(&out).unwrap();
    fs::write(out.join("get_things.yaml"), "mine").unwrap();
    fs::write(out.join("_service.yaml"), "backend: mine\n").unwrap();
    let report = openapi(&file, &out, &Wanted::default()).unwrap();
    assert!(report.written.is_empty());
    assert_eq!(report.kept.len(), 2);
    assert_eq!(fs::read_to_string(out.join("get_things.yaml")).unwrap(), "mine");
    let said = report.to_string();
    assert!(said.contains("get_things.yaml: is there already, and stays as it is"), "{said}");
    assert!(
        said.contains("The drafts need rows.thing in _service.yaml:\n  thing:\n    id: string")
    );
}

#[test]
fn words_of_the_description_stay_words() {
    let hostile = "Things\n# permission: nobody\r\npermission: x\u{1b}[2J\u{202e}\": {yes}";
    let operation = json!({"summary": hostile, "description": hostile, "parameters": [
        {"name": "x\n: y", "in": "query", "description": hostile, "schema": {"type": "string"}},
        {"name": "cursor", "in": "query", "schema": {"type": "string"}},
        {"name": "fields", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        {"name": "password", "in": "query", "schema": {"type": "string"}},
        {"name": "lost\n# x", "in": "cookie", "schema": {"type": "string"}},
    ]});
    let (files, _) = all(&with(&operation, &json!({})));
    let text = file(&files, "get_things.yaml");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    assert_eq!(text.matches("\npermission:").count(), 1, "{text}");
    let tool = value(text);
    assert_eq!(tool["permission"], "TODO");
    let arguments: Vec<_> = tool["input"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(arguments, ["x___y", "cursor_value", "fields_value"]);
    assert_eq!(tool["request"]["query"]["x\n: y"], json!({"arg": "x___y"}));
    assert_eq!(decided(&files), Vec::<String>::new());
}

#[test]
fn arguments_have_the_limits_of_both_versions() {
    let parameter =
        |name: &str, schema: Value| json!({"name": name, "in": "query", "schema": schema});
    let operation = json!({"parameters": [
        parameter("a", json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "maximum": 9})),
        parameter("b", json!({"type": "integer", "exclusiveMinimum": 1, "format": "int64"})),
        parameter("c", json!({"type": ["string", "null"], "maxLength": 5, "pattern": "^a"})),
        parameter("d", json!({"type": "string", "nullable": true, "pattern": "(?=look)around"})),
        parameter("e", json!({"enum": ["x", "y", null], "default": "z"})),
        parameter("f", json!({"type": "boolean", "default": false})),
        parameter("g", json!({"type": "array", "items": {"type": "string"}, "maxItems": 3})),
        parameter("h", json!({"type": "object", "properties": {"x": {"type": "string"}}})),
        parameter("i", json!({"oneOf": [{"type": "string"}, {"type": "null"}]})),
    ]});
    let (files, _) = all(&with(&operation, &json!({})));
    let tool = value(file(&files, "get_things.yaml"));
    assert_eq!(
        tool["input"]["properties"],
        json!({
            "a": {"type": "integer", "maximum": 9, "exclusiveMinimum": 1},
            "b": {"type": "integer", "exclusiveMinimum": 1},
            "c": {"type": "string", "maxLength": 5, "pattern": "^a"},
            "d": {"type": "string"},
            "e": {"enum": ["x", "y"]},
            "f": {"type": "boolean", "default": false},
            "g": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
            "i": {"type": "string"},
        })
    );
    assert!(file(&files, "get_things.yaml").contains("# Not sent: h: it is more than a value"));
    assert_eq!(decided(&files), Vec::<String>::new());
}

#[test]
fn lists_are_paged_where_that_is_plain() {
    let page = json!({"200": {"content": {"application/json": {"schema": {"properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
        "nextToken": {"type": "string"},
    }}}}}});
    let with_size = |size: Value| {
        let operation = json!({"responses": page, "parameters": [
            {"name": "nextToken", "in": "query", "schema": {"type": "string"}},
            {"name": "limit", "in": "query", "schema": size},
        ]});
        let (files, _) = all(&with(&operation, &json!({})));
        assert_eq!(decided(&files), Vec::<String>::new());
        value(file(&files, "get_things.yaml"))
    };
    let tool = with_size(json!({"type": "integer"}));
    assert_eq!(tool["input"], json!({"use": ["page"]}));
    assert_eq!(
        tool["request"]["query"],
        json!({"nextToken": {"cursor": "token"}, "limit": {"arg": "pageSize"}})
    );
    assert_eq!(tool["answer"]["more"], json!({"token": "/nextToken"}));
    // Pages as long as Osier's can't be asked for.
    let tool = with_size(json!({"type": "integer", "maximum": 50}));
    assert_eq!(tool["answer"], json!({"items": "/items", "row": "thing"}));
}

#[test]
fn only_what_is_wanted_is_drafted_and_a_search_may_be_said_to_be_safe() {
    let answer = json!({"200": {"content": {"application/json": {"schema":
        {"type": "array", "items": {"properties": {"id": {"type": "string"}}}}}}}});
    let body = json!({"content": {"application/json": {"schema":
        {"properties": {"q": {"type": "string"}, "near": {"properties": {"x": {"type": "number"}}}}}}}});
    let post = json!({"operationId": "searchThings", "summary": "Search", "requestBody": body, "responses": answer});
    let text = json!({"openapi": "3.1.0", "paths": {"/things/search": {"post": post}, "/others": {
        "get": {"operationId": "others", "responses": answer}}}})
    .to_string();
    let (_, said) = all(&text);
    assert!(said.contains("POST /things/search (searchThings): it writes and answers with a list"));
    let name = || vec!["searchThings".to_owned()];
    let (files, _) = import(&text, &Wanted { only: name(), safe: name() }).unwrap();
    assert_eq!(files.len(), 2);
    assert_eq!(
        value(file(&files, "search_things.yaml"))["request"],
        json!({"post": ["things", "search"], "safe": true,
            "body": {"q": {"arg": "q"}, "near": {"x": {"arg": "near_x"}}}})
    );
    assert_eq!(decided(&files), Vec::<String>::new());
    let unknown = Wanted { only: vec!["nothing".to_owned()], safe: vec!["others".to_owned()] };
    let said = import(&text, &unknown).unwrap_err();
    assert_eq!(said.lines().count(), 2, "{said}");
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-z :#{}\\[\\]|>&*!%@-]{0,12}".prop_map(Value::from),
        "(yes|no|null|true|1e3|0x10|~|\\.inf|-|---|1_000|2026-01-01| a|a )".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(given in any_value(), comment in any::<String>()) {
        let entries = [
            yaml::Entry { key: "first", value: given.clone(), comment: vec![comment.clone()] },
            yaml::Entry { key: "last", value: json!(1), comment: Vec::new() },
        ];
        let text = yaml::file(&[comment], &entries);
        let mut problems = Problems::default();
        let document = Document::parse(Path::new("x.yaml"), &text, &mut problems);
        let read = document.map(|document| document.value().clone());
        prop_assert_eq!(read, Some(json!({"first": given, "last": 1})), "{}", text);
    }
}
