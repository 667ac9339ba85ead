//! The definitions' names and the source's: the same people see the same, whatever a service calls it.

use std::io::Write as _;

use osier::demo::ASSIGNMENTS;

use super::little::Little;
use super::{PATIENT, by_authzen, by_openfga, sees_the_same, set};
use crate::harness::TestApp;

#[tokio::test]
async fn a_prefix_stands_before_every_name() {
    let prefixed = ASSIGNMENTS.replace("- WillowApp.", "- acme/WillowApp.");
    let little = Little::new().await;
    little.assign(&prefixed);
    let prefix = ("NAME_PREFIX", "acme/");
    sees_the_same(&by_openfga(&little, &[PATIENT, prefix]).await).await;
    sees_the_same(&by_authzen(&little, &[PATIENT, prefix]).await).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{prefixed}").unwrap();
    let path = file.path().to_str().unwrap();
    sees_the_same(&TestApp::with(set(&[("ADAPTER", "file"), ("FILE", path), prefix])).await).await;
    // Without it, the names mean nothing.
    let app = TestApp::with(set(&[("ADAPTER", "file"), ("FILE", path)])).await;
    assert_eq!(app.as_user("ana").await.tools().await, ["get_my_permissions"]);

    let app = TestApp::with(set(&[prefix])).await;
    app.around.authz().replace(&prefixed).unwrap();
    app.around.services().set_strict(false);
    assert!(app.as_user("ben").await.tools().await.len() > 5);
}
