//! Writes to WorkflowCore: what is kept, done once, or refused.

use super::*;
use crate::demo::fields::text;

const TICKETS: &str = "/workflowcore/tickets";

fn new_ticket(site: &str) -> Value {
    json!({"siteId": site, "summary": "Blind stuck", "description": "Half way down.", "priority": 3})
}

#[tokio::test]
async fn a_key_makes_one_ticket_however_often_it_is_sent() {
    let demo = Demo::start(true).await;
    let (body, key) = (new_ticket(SITE_60M), [("idempotency-key", "k-1")]);
    let before = demo.around.services().tickets().len();
    let send = |body: Value| {
        let demo = &demo;
        async move { demo.send(&BEN, "POST", TICKETS, &key, Some(&body)).await }
    };
    let replies = futures::future::join_all((0..20).map(|_| send(body.clone()))).await;
    let first = &replies[0];
    assert_eq!((first.status, &first.body["sequenceNumber"]), (201, &json!("60M-T-1097")));
    assert!(replies.iter().all(|one| one.body == first.body && one.etag == first.etag));
    assert_eq!(demo.around.services().tickets().len(), before + 1);
    let mut other = body.clone();
    other["priority"] = json!(1);
    assert_eq!(send(other).await.status, 422);
    // Another person's key is another key.
    let anas = demo.send(&ANA, "POST", TICKETS, &key, Some(&body)).await;
    assert_eq!(anas.body["sequenceNumber"], "60M-T-1098");
    let kept = demo.get(&BEN, &format!("{TICKETS}/{}", text(&first.body, "id"))).await;
    assert_eq!((kept.status, &kept.etag), (200, &first.etag));
    assert_eq!(kept.body["creatorName"], "Ben Osei");
    assert!(kept.body.to_string().contains(canary(SITE_60M).unwrap()));
}

#[tokio::test]
async fn an_update_needs_the_etag_of_now() {
    let demo = Demo::start(true).await;
    let services = demo.around.services();
    let open = |ticket: &&Value| text(ticket, "statusName") == "Open";
    let ticket = services.tickets_of(SITE_60M).iter().find(open).cloned().unwrap();
    let path = format!("{TICKETS}/{}", text(&ticket, "id"));
    let etag = demo.get(&BEN, &path).await.etag.unwrap();
    let edit = json!({"priority": if ticket["priority"] == 1 { 2 } else { 1 }});
    let send = |etag: String| {
        let (demo, path, edit) = (&demo, &path, &edit);
        async move { demo.send(&BEN, "PATCH", path, &[("if-match", &etag)], Some(edit)).await }
    };
    assert_eq!(send("\"stale\"".to_owned()).await.status, 412);
    let done = send(etag.clone()).await;
    assert_eq!((done.status, &done.body["priority"]), (200, &edit["priority"]));
    assert_ne!(done.etag.as_ref(), Some(&etag));
    assert_eq!(send(etag).await.status, 412);
    let etag = done.etag.unwrap();
    assert!(services.edit_ticket(text(&ticket, "id"), |ticket| ticket["notes"] = json!("moved")));
    assert_eq!(send(etag).await.status, 412);
    let history = demo.get(&BEN, &format!("{path}/activity")).await.body;
    let last = history["items"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["changes"][0]["field"], "priority");
    assert_eq!(last["creator"]["name"], "Ben Osei");
}

#[tokio::test]
async fn what_belongs_to_another_site_cannot_be_named() {
    let demo = Demo::start(false).await;
    let theirs = demo.around.services().records_of(SITE_3LW);
    let foreign = [
        ("categoryId", json!(theirs.categories[0]["id"])),
        ("locationId", json!(theirs.locations[1]["id"])),
        ("twinId", json!(theirs.locations[1]["twinId"])),
        ("statusId", json!("00000000-0000-0000-0000-000000000000")),
        ("colour", json!("red")),
        ("priority", json!(5)),
        ("summary", json!("")),
    ];
    for (field, value) in foreign {
        let mut body = new_ticket(SITE_60M);
        body[field] = value;
        let reply = demo.post(&BEN, TICKETS, &body).await;
        assert_eq!(reply.status, 422, "{field}");
        assert!(reply.body["errors"].get(field).is_some(), "{}", reply.body);
    }
    let mut body = new_ticket(SITE_60M);
    body["assigneeType"] = json!("workgroup");
    body["assigneeId"] = json!(theirs.workgroups[0]["id"]);
    assert_eq!(demo.post(&BEN, TICKETS, &body).await.status, 422);
    assert_eq!(demo.post(&BEN, TICKETS, &json!({"siteId": SITE_60M})).await.status, 422);
}

#[tokio::test]
async fn strict_services_refuse_writes_beyond_the_persons_places() {
    let demo = Demo::start(true).await;
    let services = demo.around.services();
    for site in [SITE_12H, SITE_3LW] {
        assert_eq!(demo.post(&BEN, TICKETS, &new_ticket(site)).await.status, 404);
        let id = text(&services.tickets_of(site)[0], "id").to_owned();
        let path = format!("{TICKETS}/{id}");
        let edit = json!({"notes": "mine"});
        assert_eq!(demo.send(&BEN, "PATCH", &path, &[], Some(&edit)).await.status, 404);
        let path = format!("{path}/comments");
        assert_eq!(demo.post(&BEN, &path, &json!({"text": "hello"})).await.status, 404);
    }
    assert_eq!(demo.post(&FINN, TICKETS, &new_ticket(SITE_60M)).await.status, 403);
    let id = text(&services.tickets_of(SITE_60M)[0], "id").to_owned();
    let path = format!("{TICKETS}/{id}");
    let away = json!({"siteId": SITE_12H});
    assert_eq!(demo.send(&BEN, "PATCH", &path, &[], Some(&away)).await.status, 404);
    assert!(services.move_ticket(&id, SITE_3LW));
    assert_eq!(demo.get(&BEN, &path).await.status, 404);
    let etag = services.etag(&id).unwrap();
    assert_eq!(demo.get(&ANA, &path).await.etag, Some(etag));
}

#[tokio::test]
async fn comments_are_kept_and_paged() {
    let demo = Demo::start(true).await;
    let id = text(&demo.around.services().tickets_of(SITE_60M)[0], "id").to_owned();
    let path = format!("{TICKETS}/{id}/comments");
    let before = demo.around.services().comments_of(&id).len();
    let key = [("idempotency-key", "c-1")];
    let body = json!({"text": "Seen, part ordered."});
    for _ in 0..2 {
        assert_eq!(demo.send(&BEN, "POST", &path, &key, Some(&body)).await.status, 201);
    }
    assert_eq!(demo.post(&BEN, &path, &json!({"text": " "})).await.status, 422);
    assert_eq!(demo.post(&BEN, &path, &json!({"text": "x".repeat(2001)})).await.status, 422);
    assert_eq!(demo.around.services().comments_of(&id).len(), before + 1);
    let (mut token, mut texts) = (String::new(), Vec::new());
    loop {
        let page =
            demo.get(&BEN, &format!("{path}?pageSize=1&continuationToken={token}")).await.body;
        texts.extend(
            page["items"].as_array().unwrap().iter().map(|one| text(one, "text").to_owned()),
        );
        match page.get("continuationToken").and_then(Value::as_str) {
            Some(next) => next.clone_into(&mut token),
            None => break,
        }
    }
    assert_eq!(texts.len(), before + 1);
    assert_eq!(texts.last().unwrap(), "Seen, part ordered.");
    assert_eq!(demo.get(&BEN, &format!("{path}?continuationToken=x")).await.status, 400);
}

#[tokio::test]
async fn attachments_are_told_and_read() {
    let demo = Demo::start(true).await;
    let ticket = demo.around.services().ticket("60M-T-1001").unwrap();
    let path = format!("{TICKETS}/{}/attachments", text(&ticket, "id"));
    let list = demo.get(&BEN, &path).await.body;
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert!(items.iter().all(|one| one["url"].as_str().unwrap().contains("sig=")));
    let note = format!(
        "{}{path}/{}/content",
        demo.around.services().authz_url().trim_end_matches("/authz"),
        text(&items[0], "id")
    );
    let token = demo.around.entra().token(&BEN);
    let ask = |range: &'static str| {
        demo.client.get(&note).bearer_auth(&token).header("range", range).send()
    };
    let whole = ask("none").await.unwrap();
    assert_eq!(whole.headers()["content-type"], "text/plain; charset=utf-8");
    let whole = whole.text().await.unwrap();
    assert!(whole.contains(canary(SITE_60M).unwrap()));
    let part = ask("bytes=5-9").await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.text().await.unwrap(), whole[5..10]);
    assert_eq!(ask("bytes=99999-").await.unwrap().status(), 416);
}
