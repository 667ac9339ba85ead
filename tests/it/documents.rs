//! Documents and attachments: their text in parts, inside the caller's places, and never a link or a
//! key in it.

use osier::demo::{Fault, Person, SITE_12H, SITE_60M, SITES, canary};
use serde_json::{Value, json};

use crate::harness::{Client, TestApp, Version};

/// What stands for a link in a text.
const MARKER: &str = "[a link or key was left out]";
const NOBODYS: &str = "99999999-0000-4000-8000-000000000000";

/// Somebody who holds these at one site only.
async fn holder(app: &TestApp, permission: &str, site: &str) -> Client {
    let oid: &'static str = uuid::Uuid::new_v4().to_string().leak();
    app.around
        .authz()
        .replace(&format!(
            "roles:\n  holder: [{permission}]\nusers:\n  - {{id: {oid}}}\nassignments:\n  \
             - {{user: {oid}, role: holder, at: {{site: {site}}}}}\n"
        ))
        .unwrap();
    let person = Person { oid, ..*osier::demo::person("ben").unwrap() };
    app.speaking_as(&person, Version::V2026_07_28).await
}

/// Reads a whole text, part by part.
async fn walk(client: &Client, tool: &str, mut arguments: Value) -> (String, usize) {
    let (mut text, mut parts) = (String::new(), 0);
    loop {
        let reply = client.call(tool, arguments.clone()).await;
        let item = reply.item();
        text.push_str(item["text"].as_str().unwrap());
        parts += 1;
        assert_eq!(item["truncated"], item.get("nextOffset").is_some());
        match item.get("nextOffset") {
            None => return (text, parts),
            Some(next) => arguments["offset"] = next.clone(),
        }
        assert!(parts < 1_000);
    }
}

fn without_links(text: &str) -> String {
    let mut shown = text.to_owned();
    while let Some(at) = shown.find("https://files.willow-demo.example/") {
        let rest = &shown[at..];
        let end = rest.find(['\n', ',']).unwrap_or(rest.len());
        shown.replace_range(at..at + end, MARKER);
    }
    shown
}

/// An attachment of a site's tickets whose file ends so.
fn attachment(app: &TestApp, site: &str, ending: &str) -> (Value, String) {
    let all = app.around.services().attachments_of(site);
    let is_it = |about: &Value| about["fileName"].as_str().unwrap().ends_with(ending);
    let (about, bytes) = all.into_iter().find(|(about, _)| is_it(about)).unwrap();
    (about, String::from_utf8_lossy(&bytes).into_owned())
}

fn of(about: &Value) -> Value {
    json!({"ticketId": about["ticketId"], "attachmentId": about["id"]})
}

#[tokio::test]
async fn the_parts_of_a_text_add_up_to_the_whole_with_and_without_ranges() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let (about, pages) = services.documents_of(SITE_60M)[0].clone();
    let whole = pages.join("\u{c}");
    assert!(whole.len() > 45_000 && !whole.is_ascii());
    let (readings, table) = attachment(&app, SITE_60M, "readings.csv");
    let table = without_links(&table);
    assert!(table.contains(MARKER));
    for ignore in [false, true] {
        services.ignore_ranges(ignore);
        let asked = json!({"documentId": about["id"], "maxChars": 20_000});
        let (read, parts) = walk(&ana, "read_document", asked).await;
        assert!(read == whole && parts > 2, "{parts}");
        let asked = json!({"documentId": about["id"], "maxChars": 777, "page": 2});
        assert_eq!(walk(&ana, "read_document", asked).await.0, pages[1]);
        let mut asked = of(&readings);
        asked["maxBytes"] = 3_001.into();
        assert_eq!(walk(&ana, "get_ticket_attachment", asked).await.0, table);
    }
    services.ignore_ranges(false);
    let part = ana.call("get_ticket_attachment", of(&readings)).await;
    let size = services
        .attachments_of(SITE_60M)
        .iter()
        .find(|(one, _)| one["id"] == readings["id"])
        .unwrap()
        .1
        .len();
    assert_eq!(part.item()["size"], size);
    assert_eq!(part.item()["contentType"], "text/csv");
    let behind = json!({"documentId": about["id"], "offset": 900_000_000});
    assert_eq!(ana.call("read_document", behind).await.item()["text"], "");
}

#[tokio::test]
async fn no_more_is_given_and_no_more_is_asked_for_than_the_cap() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let about = services.documents_of(SITE_60M)[0].0.clone();
    let asked = |chars: u64| json!({"documentId": about["id"], "maxChars": chars});
    for (chars, most) in [(100, 100), (20_000, 20_000)] {
        let part = ana.call("read_document", asked(chars)).await;
        assert!(part.item()["text"].as_str().unwrap().chars().count() <= most);
        assert!(part.result()["structuredContent"].to_string().chars().count() <= 20_000);
    }
    assert!(ana.call("read_document", asked(20_001)).await.is_error());
    // A service that sends without an end is listened to no longer than it takes.
    let endless = Fault::answer(200, vec![b'x'; 3_000_000]).header("content-type", "text/plain");
    services
        .inject(&format!("/documents/documents/{}/text", about["id"].as_str().unwrap()), endless);
    let part = ana.call("read_document", asked(500)).await;
    assert_eq!(part.item()["text"].as_str().unwrap().len(), 500);
    assert_eq!(
        (&part.item()["nextOffset"], &part.item()["size"]),
        (&500.into(), &3_000_000.into())
    );
    let far = json!({"documentId": about["id"], "offset": 2_900_000});
    assert!(ana.call("read_document", far).await.is_error());
}

#[tokio::test]
async fn what_is_no_text_is_refused_by_its_type() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    for (ending, kind) in [("report.pdf", "application/pdf"), ("photo.png", "image/png")] {
        let (about, _) = attachment(&app, SITE_60M, ending);
        let told = ana.call("get_ticket_attachment", of(&about)).await;
        assert_eq!(
            told.refusal().2,
            format!(
                "This file is {kind} and can't be shown as text. Only text can be read; documents \
                 have theirs in read_document."
            )
        );
    }
    let services = app.around.services();
    let unread = services.documents_of(SITE_60M).into_iter().find(|(_, pages)| pages.is_empty());
    let told = ana.call("read_document", json!({"documentId": unread.unwrap().0["id"]})).await;
    assert_eq!(told.refusal().2, "There is no text of this file.");
    let (note, _) = attachment(&app, SITE_60M, "note.txt");
    for (header, says) in [
        (Some("text/plain; charset=utf-16"), "text/plain"),
        (Some("<script>"), "of an unknown type"),
        (None, "of an unknown type"),
    ] {
        let mut odd = Fault::answer(200, "abc");
        if let Some(header) = header {
            odd = odd.header("content-type", header);
        }
        let path = format!(
            "/workflowcore/tickets/{}/attachments/{}/content",
            note["ticketId"].as_str().unwrap(),
            note["id"].as_str().unwrap()
        );
        services.inject(&path, odd);
        let told = ana.call("get_ticket_attachment", of(&note)).await;
        assert!(told.refusal().2.starts_with(&format!("This file is {says} and")), "{told:?}");
    }
}

#[tokio::test]
async fn trap_17_a_link_that_somebody_pasted_into_a_record_is_left_out() {
    let app = TestApp::new().await;
    let services = app.around.services();
    let ticket = services.tickets_of(SITE_60M)[0]["id"].as_str().unwrap().to_owned();
    let link = "https://files.example/photo.jpg?sv=2025-01-05&sig=AbC%2Bd";
    services.edit_ticket(&ticket, |ticket| {
        ticket["description"] =
            json!(format!("Photo: {link}, taken at https://app.example/t?id=7"));
    });
    let ana = app.as_user("ana").await;
    let fetched = ana.call("fetch", json!({"id": format!("ticket:{ticket}")})).await;
    let shown = ana.call("get_ticket", json!({"ticketId": ticket})).await;
    let kept = "Photo: [a link or key was left out], taken at https://app.example/t?id=7";
    assert_eq!(shown.item()["description"], kept);
    for reply in [shown, fetched] {
        assert!(reply.message.to_string().contains("left out]"), "{reply:?}");
        assert!(!reply.message.to_string().contains("sig="), "{reply:?}");
    }
}

#[tokio::test]
async fn trap_17_no_answer_has_a_link_or_a_key() {
    let app = TestApp::new().await;
    let ana = app.as_user("ana").await;
    let services = app.around.services();
    let clean = |reply: &Value| {
        let text = reply.to_string();
        for secret in ["sig=", "SAS", "sasUrl", "files.willow-demo.example", "\"url\""] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    };
    for site in SITES {
        let listed =
            ana.call("search_documents", json!({"siteIds": [site], "pageSize": 100})).await;
        clean(&listed.message);
        for id in listed.column("id") {
            clean(&ana.call("get_document", json!({"documentId": id})).await.message);
        }
        // The one whose text has a link, at whatever place a part begins.
        let (about, pages) = services.documents_of(site)[1].clone();
        let at = pages[0].find("https://").unwrap();
        for offset in (at.saturating_sub(150)..at + 150).step_by(7) {
            let asked = json!({"documentId": about["id"], "offset": offset, "maxChars": 100});
            clean(&ana.call("read_document", asked).await.message);
        }
        let asked = json!({"documentId": about["id"], "page": 1});
        assert_eq!(walk(&ana, "read_document", asked).await.0, without_links(&pages[0]));
    }
    let (readings, _) = attachment(&app, SITE_60M, "readings.csv");
    let listed =
        ana.call("list_ticket_attachments", json!({"ticketId": readings["ticketId"]})).await;
    clean(&listed.message);
    // A service that hands files out by link.
    services.give_links(true);
    services.wire().forget();
    let told = ana.call("get_ticket_attachment", of(&readings)).await;
    assert!(told.text().starts_with("The service hands this file out by a link"), "{told:?}");
    clean(&told.message);
    let moved =
        Fault::answer(302, "").header("location", "https://files.willow-demo.example/x?sig=a");
    let path =
        format!("/workflowcore/tickets/{}/attachments", readings["ticketId"].as_str().unwrap());
    services.inject(&format!("{path}/{}/content", readings["id"].as_str().unwrap()), moved);
    let told = ana.call("get_ticket_attachment", of(&readings)).await;
    assert!(told.text().starts_with("The service hands this file out by a link"), "{told:?}");
    clean(&told.message);
}

#[tokio::test]
async fn documents_are_those_of_the_callers_sites() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let reader = holder(&app, "WillowApp.CanViewDocuments", SITE_60M).await;
        let services = app.around.services();
        let rows = reader.all_rows("search_documents", json!({"pageSize": 7})).await;
        assert_eq!(rows.len(), 15);
        let text = Value::from(rows).to_string();
        assert!(SITES[1..].iter().all(|site| !text.contains(canary(site).unwrap())));
        let hidden = services.documents_of(SITE_12H)[0].0["id"].clone();
        for tool in ["get_document", "read_document"] {
            let told = reader.call(tool, json!({"documentId": hidden})).await;
            let unknown = reader.call(tool, json!({"documentId": NOBODYS})).await;
            assert_eq!(told.refusal(), unknown.refusal(), "{tool}");
        }
        // A twin of another site, to which one of this site's documents belongs as well.
        let shared = services.documents_of(SITE_60M)[2].0.clone();
        let foreign = shared["relatedTwinIds"][1].as_str().unwrap().to_owned();
        assert!(!foreign.starts_with("60M"));
        for (tool, asked) in [
            ("search_documents", json!({"pageSize": 100})),
            ("get_document", json!({"documentId": shared["id"]})),
            ("read_document", json!({"documentId": shared["id"]})),
        ] {
            let reply = reader.call(tool, asked).await;
            assert!(!reply.is_error() && !reply.message.to_string().contains(&foreign), "{tool}");
        }
        // A service that answers for another document.
        let other = services.documents_of(SITE_12H)[0].0.clone();
        services.inject("/documents/documents", Fault::json(&other));
        let told = reader.call("read_document", json!({"documentId": shared["id"]})).await;
        assert_eq!(
            told.refusal(),
            reader.call("read_document", json!({"documentId": NOBODYS})).await.refusal()
        );
    }
}

#[tokio::test]
async fn an_attachment_is_there_only_with_its_own_ticket() {
    for app in [TestApp::new().await, TestApp::lax().await] {
        let reader = holder(&app, "WillowApp.CanViewTickets", SITE_60M).await;
        let services = app.around.services();
        let (mine, text) = attachment(&app, SITE_60M, "T-1001-note.txt");
        let (other, _) = attachment(&app, SITE_60M, "readings.csv");
        let (hidden, _) = attachment(&app, SITE_12H, "T-1001-note.txt");
        let read = reader.call("get_ticket_attachment", of(&mine)).await;
        assert_eq!(read.item()["text"], text);
        let asked = |ticket: &Value, attachment: &Value| json!({"ticketId": ticket, "attachmentId": attachment});
        let nobodys = Value::from(NOBODYS);
        let by_ticket = async |attachment: &Value, ticket: &Value| {
            reader.call("get_ticket_attachment", asked(ticket, attachment)).await.refusal()
        };
        // A ticket that is hidden, and one that doesn't exist.
        let unknown = by_ticket(&hidden["id"], &nobodys).await;
        assert_eq!(by_ticket(&hidden["id"], &hidden["ticketId"]).await, unknown);
        // An attachment of another ticket of the same site, of a hidden one, and none.
        let unknown = by_ticket(&nobodys, &mine["ticketId"]).await;
        assert_eq!(by_ticket(&other["id"], &mine["ticketId"]).await, unknown);
        assert_eq!(by_ticket(&hidden["id"], &mine["ticketId"]).await, unknown);
        // A service that overlooks the ticket in the path.
        let path =
            format!("/workflowcore/tickets/{}/attachments/", mine["ticketId"].as_str().unwrap());
        services.inject(&path, Fault::json(&hidden));
        assert_eq!(by_ticket(&hidden["id"], &mine["ticketId"]).await, unknown);
        for odd in ["../x", "a/b", ".."] {
            let told = by_ticket(&odd.into(), &mine["ticketId"]).await;
            assert!(!told.2.contains(odd), "{told:?}");
        }
    }
}
