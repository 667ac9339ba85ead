//! `docs/TOOLS.md` is made of the tools as they are, and the list that clients read stays short.

use std::collections::BTreeMap;

use serde_json::json;

use super::harness::{TestApp, osier};

const PAGE: &str = include_str!("../../docs/TOOLS.md");
/// What a client has room for, beside everything else that its model is told.
const MAX_TOKENS: usize = 18_000;
const BYTES_A_TOKEN: usize = 4;

#[test]
fn the_page_is_that_of_the_tools() {
    let ended = osier(&["tools"], &BTreeMap::new()).output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    let said = String::from_utf8(ended.stdout).unwrap();
    assert!(said == PAGE, "docs/TOOLS.md is old: cargo run -- tools > docs/TOOLS.md");
}

#[tokio::test]
async fn the_list_of_everything_is_as_long_as_the_page_says_and_not_too_long() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let listed = ana.request("tools/list", json!({})).await;
    let mut tools = listed.result()["tools"].as_array().unwrap().clone();
    for tool in &mut tools {
        tool.as_object_mut().unwrap().shift_remove("outputSchema");
    }
    let bytes = serde_json::to_string(&tools).unwrap().len();
    let tokens = bytes.div_ceil(BYTES_A_TOKEN);
    assert!(tokens <= MAX_TOKENS, "{tokens} tokens");
    assert!(PAGE.contains(&format!("a list of {bytes} bytes")), "{bytes} bytes: {PAGE:.600}");
    let shown = PAGE.lines().filter(|line| line.starts_with("### ")).count();
    assert_eq!(shown, tools.len());
}
