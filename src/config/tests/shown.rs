//! What people read of the settings: `config/osier.toml` shows every key at its default, and the schema beside it is
//! that of the types.

use serde_json::Value;

use super::{Config, NEEDED, key, keyed};
use crate::config::schema;

const FULL: &str = include_str!("../../../config/osier.toml");

/// `osier.toml` with the mark taken from every key and section.
fn uncommented() -> String {
    let bare = |line: &'static str| match line.strip_prefix('#') {
        Some(rest) if rest.starts_with(|c: char| "[]\"".contains(c) || c.is_ascii_lowercase()) => {
            rest
        }
        _ => line,
    };
    FULL.lines().map(bare).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_key_uncommented_is_the_default() {
    let environment = keyed()
        .with("OSIER_KEYS__PREVIOUS", key(9))
        .with("OSIER_AUTH__CLIENT_SECRET", "only-for-tests")
        .with("OSIER_ACCESS__TOKEN", "only-for-tests")
        .with("OSIER_TELEMETRY__OTLP_HEADERS", "authorization=only-for-tests");
    let full = Config::parse("osier.toml", &uncommented(), &environment).unwrap();
    let backend = r#"
        [backends.workflowcore]
        base_url = "https://workflowcore.example.com"
        audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
        [backends.snowflake]
        kind = "snowflake"
        base_url = "https://account.snowflakecomputing.com"
        audience = "5d0b7a52-1c1f-4c0e-8f0c-2b9a6f3e7d41"
        database = "WILLOW"
        schema = "OPERATIONS"
        warehouse = "DASHBOARDS"
        role = "WILLOW_VIEWER"
        # Without it, the definitions that are built in: no folder is the default.
        [tools]
        dir = "tools"
        app_url = "https://building.example.com"
    "#;
    // What has no default and needn't be there.
    let more = r#"
        identity.issuer = "https://login.microsoftonline.com/8f2c6a1e-4d3b-4f0a-9a51-0c7e5b1d2f34/v2.0"
        access.changes_url = "https://authz.example.com/v1/changes"
        access.names = { "WillowApp.CanViewTickets" = "tickets.view" }
        auth.prompt = "select_account"
        auth.domain_hint = "contoso.com"
        server.tls_certificate_file = "/etc/osier/tls.crt"
        server.tls_key_file = "/etc/osier/tls.key"
        replicas.peer_listen = "10.20.1.7:8081"
        replicas.peer_url = "http://10.20.1.7:8081"
        replicas.peers = ["10.20.0.0/16"]
        telemetry.otlp_endpoint = "https://otlp.example.com"
        telemetry.prometheus_listen = "127.0.0.1:9464"
    "#;
    let least = format!("{NEEDED}{more}{backend}");
    let least = Config::parse("least", &least, &environment).unwrap();
    assert_eq!(format!("{full:#?}"), format!("{least:#?}"));
}

#[test]
fn every_key_of_the_schema_is_in_the_file() {
    fn keys(node: &Value, within: &str, found: &mut Vec<String>) {
        let inner = node.get("additionalProperties").filter(|inner| inner.is_object());
        // A map of sections; one of words has no keys of its own.
        let inner = inner.filter(|inner| inner.get("properties").is_some());
        if let Some(inner) = inner {
            return keys(inner, &format!("{within}.workflowcore"), found);
        }
        match node.get("properties").and_then(Value::as_object) {
            None => found.push(within.trim_start_matches('.').to_owned()),
            Some(properties) => {
                for (name, node) in properties {
                    keys(node, &format!("{within}.{name}"), found);
                }
            }
        }
    }
    let mut expected = Vec::new();
    keys(&schema(), "", &mut expected);
    assert!(expected.len() > 40, "{expected:?}");
    let file: Value = toml::from_str(&uncommented()).unwrap();
    for key in expected {
        let pointer = format!("/{}", key.replace('.', "/"));
        // Some keys are for one kind of backend.
        let other = pointer.replace("/workflowcore/", "/snowflake/");
        let shown = file.pointer(&pointer).or_else(|| file.pointer(&other));
        assert!(shown.is_some(), "config/osier.toml doesn't show {key}");
    }
}

#[test]
#[cfg(not(feature = "conformance"))]
fn the_checked_in_schema_is_that_of_the_types() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/osier.schema.json");
    let checked_in = std::fs::read_to_string(path).unwrap_or_default();
    let generated = format!("{:#}\n", schema());
    assert!(
        checked_in == generated,
        "config/osier.schema.json is old: cargo run -- schema config > config/osier.schema.json"
    );
}
