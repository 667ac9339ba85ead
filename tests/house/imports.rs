//! Imports point one way (`docs/ARCHITECTURE.md`): front doors, the pipeline, the stages in the order
//! of a call, definitions and foundations. Libraries of the wire stay at the edge.

use std::collections::BTreeSet;

use super::sources::{Source, sources};

/// The stages, in the order of a call. A stage may name what an earlier one hands over.
const STAGES: [&str; 9] =
    ["identity", "access", "request", "target", "confirm", "backend", "scope", "response", "audit"];
/// Above the stages: nothing below may name these.
const DOORS: [&str; 4] = ["mcp", "rest", "oauth", "admin"];
const WIRING: [&str; 10] =
    ["main", "lib", "cli", "app", "doctor", "dumps", "explain", "router", "middleware", "health"];

/// `(module, next segment)` for each `crate::module::next` of the code, in `use` lists too.
fn named(code: &str) -> BTreeSet<(String, Option<String>)> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            for item in split_list(list) {
                found.extend(name(item));
            }
        } else {
            found.extend(name(rest));
        }
    }
    found
}

/// The items of a `use` list up to its closing brace.
fn split_list(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0_i32, 0, Vec::new());
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&list[start..at]);
                return items;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

fn name(path: &str) -> Option<(String, Option<String>)> {
    let ident = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let module = ident(path);
    let rest = path.trim_start().get(module.len()..)?;
    let next = rest.strip_prefix("::").map(ident).filter(|next| !next.is_empty());
    (!module.is_empty()).then_some((module, next))
}

fn stage(module: &str) -> Option<usize> {
    STAGES.iter().position(|stage| *stage == module)
}

/// What a file's own code may not name, in words.
fn faults(file: &Source) -> Vec<String> {
    let top = file.top();
    let mut faults = Vec::new();
    let code = file.code();
    if stage(top).is_some() && code.contains("super::super::") {
        faults.push(format!("src/{}: has super::super::, which hides what it names", file.path));
    }
    for (module, next) in named(&code) {
        let door = DOORS.contains(&module.as_str());
        let wiring = WIRING.contains(&module.as_str());
        let at_edge = DOORS.contains(&top) || WIRING.contains(&top) || top == "demo";
        if (door || wiring) && !at_edge {
            faults.push(format!("src/{}: names {module}, which is above it", file.path));
        }
        if module == "demo" && !WIRING.contains(&top) && top != "demo" {
            faults.push(format!("src/{}: names demo", file.path));
        }
        if module == "pipeline" && !at_edge && top != "pipeline" {
            faults.push(format!("src/{}: names the pipeline, which calls it", file.path));
        }
        let (Some(own), Some(other)) = (stage(top), stage(&module)) else { continue };
        if other > own {
            faults.push(format!("src/{}: names {module}, a later stage", file.path));
        }
        let inside = next.filter(|next| other != own && is_module(&module, next));
        if let Some(inside) = inside {
            faults.push(format!("src/{}: names {module}::{inside}, inside a stage", file.path));
        }
    }
    faults
}

fn is_module(stage: &str, name: &str) -> bool {
    let path = format!("{}/src/{stage}/{name}.rs", env!("CARGO_MANIFEST_DIR"));
    std::path::Path::new(&path).exists()
}

#[test]
fn imports_point_one_way() {
    let faults: Vec<_> =
        sources().iter().filter(|file| !file.is_tests()).flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn definitions_and_foundations_name_no_stage() {
    let foundations =
        ["catalog", "clock", "config", "outbound", "seal", "secret", "store", "telemetry"];
    for file in
        sources().iter().filter(|file| foundations.contains(&file.top()) && !file.is_tests())
    {
        for (module, _) in named(&file.code()) {
            assert!(stage(&module).is_none(), "src/{}: names {module}", file.path);
        }
    }
}

/// Holds that only some modules name a library.
fn only(library: &str, may: &[&str]) {
    let mark = format!("{library}::");
    for file in sources().iter().filter(|file| !file.is_tests()) {
        let code = file.code();
        let names = code.match_indices(&mark).any(|(at, _)| {
            !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
        });
        let allowed = may.iter().any(|prefix| file.path.starts_with(prefix));
        assert!(!names || allowed, "src/{} names {library}", file.path);
    }
}

#[test]
fn axum_stays_in_wiring_and_front_doors() {
    let edge =
        ["app", "router", "middleware", "health", "mcp", "rest", "oauth", "admin", "demo", "cli"];
    only("axum", &edge);
}

#[test]
fn rmcp_stays_in_the_mcp_door_and_upstream() {
    only("rmcp", &["mcp", "backend/upstream"]);
}

#[test]
fn http_clients_are_made_in_one_place() {
    for file in sources().iter().filter(|file| !file.is_tests()) {
        let code = file.code();
        for call in [
            "reqwest::Client::new",
            "reqwest::Client::builder",
            "Client::builder()",
            "reqwest::get",
        ] {
            let made = code.contains(call);
            assert!(!made || file.path == "outbound.rs", "src/{} has {call}", file.path);
        }
    }
}

#[test]
fn names_are_found_in_every_form_of_use() {
    let code = "use crate::{access::{Permit, a::b}, scope::inner::X, call};\nfn f() -> crate::audit::Y {} $crate::z::q";
    let modules: Vec<_> =
        named(code).into_iter().map(|(module, next)| (module, next.unwrap_or_default())).collect();
    let expected = [("access", ""), ("audit", "Y"), ("call", ""), ("scope", "inner")];
    assert_eq!(modules, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn a_fault_is_found() {
    let said = |path: &str, text: &str| {
        faults(&Source { path: path.to_owned(), text: text.to_owned() }).len()
    };
    assert_eq!(said("access/http.rs", "use crate::scope::Rows;"), 1);
    assert_eq!(said("access/http.rs", "use crate::identity::Identity;"), 0);
    assert_eq!(said("scope/rows.rs", "use crate::access::scopes::Scopes;"), 1);
    assert_eq!(said("scope/rows.rs", "use crate::access::Scopes; // crate::mcp::x"), 0);
    assert_eq!(said("backend/rest.rs", "fn f(_: crate::mcp::Session) {}"), 1);
    assert_eq!(said("call.rs", "use crate::pipeline::run;"), 1);
    assert_eq!(said("mcp/call.rs", "use crate::pipeline::run;"), 0);
    assert_eq!(said("audit.rs", "use crate::demo::people;"), 1);
    assert_eq!(said("scope/rows.rs", "use super::super::audit::Line;"), 1);
}
