//! `deploy/compose` says what the program takes: the settings of each replica, with secrets of the
//! test's own, pass `osier check`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{TestApp, osier};

#[test]
fn the_settings_of_each_replica_are_sound() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/compose");
    let text = std::fs::read_to_string(format!("{folder}/compose.yaml")).unwrap();
    let compose: Value = serde_saphyr::from_str(&text).unwrap();
    let settings = |value: &Value| -> BTreeMap<String, String> {
        let entries = value.as_object().unwrap().iter();
        let plain =
            entries.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        plain.collect()
    };
    let secrets = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("osier_key", TestApp::new_key()),
        ("osier_store_url", "postgres://osier:x@postgres/osier?sslmode=disable".to_owned()),
        ("entra_client_secret", "abc8Q~".to_owned() + &"d".repeat(34)),
    ] {
        let path = secrets.path().join(name);
        std::fs::write(&path, text).unwrap();
        let own = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, own).unwrap();
    }
    let mut addresses = Vec::new();
    for service in ["osier-1", "osier-2"] {
        let service = &compose["services"][service];
        let mut all = settings(&compose["x-settings"]);
        all.extend(settings(&service["environment"]));
        let own = all["OSIER_REPLICAS__PEER_URL"].clone();
        let address = service["networks"]["peers"]["ipv4_address"].as_str().unwrap();
        assert_eq!(own, format!("http://{address}:8081"));
        addresses.push(own);
        for value in all.values_mut() {
            *value = value.replace("/run/secrets", secrets.path().to_str().unwrap());
        }
        let checked = osier(&["check", "--config", &format!("{folder}/osier.toml")], &all);
        let output = { checked }.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{said}");
    }
    assert_ne!(addresses[0], addresses[1]);
    // nginx goes to their public doors, and the listeners for replicas aren't published.
    let nginx = &compose["services"]["nginx"]["environment"];
    assert_eq!(
        (&nginx["OSIER_1"], &nginx["OSIER_2"]),
        (&"osier-1:8080".into(), &"osier-2:8080".into())
    );
    assert!(!text.contains("8081:"));
}
