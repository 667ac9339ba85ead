//! URIs of resources that try to be another's or a file's (case 88).

use serde_json::json;

use super::shown::with_resources;
use crate::harness::{Setup, TestApp, Version};

/// A family whose values nobody lists.
fn with_notes() -> Setup {
    let mut setup = with_resources();
    let note = "name: note\ntitle: Note\ndescription: A note.\n\
                permission: WillowApp.CanViewTickets\nmimeType: text/plain\n\
                uriTemplate: \"osier://notes/{id}/text\"\narguments:\n\
                \x20 - {name: id, description: An id.}\ntext: \"Note {id}.\"\n";
    let path = "tools/workflowcore/resources/note.yaml";
    setup.files.push((path.to_owned(), note.to_owned()));
    setup
}

#[tokio::test]
async fn case_088_a_uri_is_one_of_ours_letter_by_letter_or_none() {
    let app = TestApp::with(with_notes()).await;
    for version in Version::ALL {
        let ana = app.speaking("ana", version).await;
        let read = async |uri: &str| ana.request("resources/read", json!({"uri": uri})).await;
        assert_eq!(read("osier://rules").await.result()["contents"][0]["text"], "Be brief.");
        let code = if version.is_stateless() { -32602 } else { -32002 };
        let unknown = read("osier://nothing").await;
        for uri in [
            "file:///etc/passwd",
            "file://rules",
            "http://rules",
            "https://127.0.0.1/rules",
            "OSIER://rules",
            "osier:rules",
            "osier:///rules",
            "osier://Rules",
            "osier://rules/",
            "osier://rules/.",
            "osier://rules/../rules",
            "osier://x/../rules",
            "osier://user@rules",
            "osier://rules:80",
            "osier://rules?x=1",
            "osier://rules#x",
            " osier://rules",
            "osier://rules\n",
            "osier://rule%73",
            "osier%3a//rules",
            "osier://rules%2f",
            "osier://rules/noise%2f..",
            "osier://rules/..%2frules",
            "osier://rules/%256eoise",
            "osier://rules/noise%00",
            "osier://rules/NOISE",
            "osier://rules/%ff",
            "osier://notes//text",
            "osier://notes/a/b/text",
            "osier://notes/../text/text",
            "osier://notes/a/../text",
            "other__osier://rules",
            "ui://rules",
            "",
            "\u{0}",
        ] {
            // The newest version says the URI in a header too, where these can't be.
            if version.is_stateless() && (uri.trim() != uri || uri.contains('\0')) {
                continue;
            }
            let answered = read(uri).await;
            assert_eq!(answered.code(), Some(code), "{version:?} {uri:?}: {answered:?}");
            assert_eq!(answered.text(), unknown.text(), "{version:?} {uri:?}");
        }
        // What is decoded is decoded once, and is a word in a text: it leads nowhere.
        for (id, word) in [("..%2F..%2Fetc", "../../etc"), ("%252e", "%2e"), ("..", "..")] {
            let note = read(&format!("osier://notes/{id}/text")).await;
            let text = &note.result()["contents"][0]["text"];
            assert_eq!(*text, format!("Note {word}."), "{version:?}");
        }
        // Another spelling of an unreserved letter is the same value (RFC 3986 §2.3).
        let rule = read("osier://rules/%6eoise").await;
        assert_eq!(rule.result()["contents"][0]["text"], "On noise: be careful.");
    }
}
