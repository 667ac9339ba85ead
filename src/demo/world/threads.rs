//! What hangs on tickets: comments, attachments and the history of changes.

use std::fmt::Write as _;

use bytes::Bytes;
use serde_json::{Value, json};

use super::documents::signed_link;
use super::places::{canary, stable_id};
use super::random::Random;
use super::{Attachment, World};
use crate::demo::fields::text;
use crate::demo::people::{ANA, BEN};

const REMARKS: [&str; 5] = [
    "Had a look, a part is on order.",
    "Tenant asks for news.",
    "Access only before nine, please.",
    "Checked again this morning, still the same.",
    "Done for now, please watch it for a week.",
];

/// A PNG of one grey point.
const PICTURE: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x7e, 0x9b,
    0x55, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x68, 0x00, 0x00, 0x00,
    0x82, 0x00, 0x81, 0x77, 0xcd, 0x72, 0xb6, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae,
    0x42, 0x60, 0x82,
];

pub(super) fn build(world: &mut World, random: &mut Random) {
    let tickets: Vec<Value> = world.tickets.iter().map(|ticket| ticket.body.clone()).collect();
    for ticket in &tickets {
        let mark = canary(text(ticket, "siteId")).unwrap_or("Depot");
        let number = text(ticket, "sequenceNumber");
        let created = text(ticket, "createdDate");
        world.activity.push(json!({
            "id": stable_id(&format!("activity/{number}/created")),
            "ticketId": text(ticket, "id"),
            "siteId": ticket.get("siteId"),
            "activityType": "TicketCreated",
            "text": format!("Reported at {mark}"),
            "changes": [],
            "creatorId": text(ticket, "creatorId"),
            "creator": {
                "name": text(ticket, "creatorName"), "email": text(ticket, "creatorEmail"),
                "type": "customerUser",
            },
            "createdDate": created,
        }));
        if text(ticket, "statusName") != "Open" {
            world.activity.push(json!({
                "id": stable_id(&format!("activity/{number}/status")),
                "ticketId": text(ticket, "id"),
                "siteId": ticket.get("siteId"),
                "activityType": "TicketModified",
                "text": format!("Status changed at {mark}"),
                "changes": [{"field": "statusName", "from": "Open", "to": text(ticket, "statusName")}],
                "creatorId": BEN.oid,
                "creator": {"name": BEN.full_name, "email": BEN.email, "type": "customerUser"},
                "createdDate": text(ticket, "updatedDate"),
            }));
        }
        for index in 0..random.below(4) {
            let author = if random.percent(50) { ANA } else { BEN };
            let remark = random.pick(&REMARKS).copied().unwrap_or_default();
            world.comments.push(json!({
                "id": stable_id(&format!("comment/{number}/{index}")),
                "ticketId": text(ticket, "id"),
                "siteId": ticket.get("siteId"),
                "text": format!("{remark} ({mark})"),
                "creatorId": author.oid,
                "creator": {"name": author.full_name, "email": author.email, "type": "customerUser"},
                "createdDate": text(ticket, "updatedDate"),
            }));
        }
        attach(world, ticket, mark, random);
    }
}

fn attach(world: &mut World, ticket: &Value, mark: &str, random: &mut Random) {
    let number = text(ticket, "sequenceNumber");
    let note = format!(
        "Site visit, {number}\nBuilding: {mark}\nFound: {}\nNext: see the comments.\n",
        text(ticket, "summary")
    );
    let report = format!("%PDF-1.4\n% {mark}, {number}\n%%EOF\n");
    // The first ticket of every site has one of each kind, so that there is always one to read.
    let (notes, reports, pictures) =
        if number.ends_with("-T-1001") { (100, 100, 100) } else { (18, 10, 20) };
    let readings = if number.ends_with("-T-1002") { readings(mark, number) } else { String::new() };
    let files = [
        (notes, "note", "txt", "text/plain; charset=utf-8", Bytes::from(note)),
        (reports, "report", "pdf", "application/pdf", Bytes::from(report)),
        (pictures, "photo", "png", "image/png", Bytes::from_static(PICTURE)),
    ];
    // Long, and only where it is told: it takes nothing of the sequence of numbers.
    let long = ("readings", "csv", "text/csv", Bytes::from(readings));
    let files = files.into_iter().filter(|file| random.percent(file.0));
    let files: Vec<_> =
        files.map(|(_, what, kind, media, bytes)| (what, kind, media, bytes)).collect();
    let long = Some(long).filter(|(.., bytes)| !bytes.is_empty());
    for (what, extension, media_type, content) in files.into_iter().chain(long) {
        let id = stable_id(&format!("attachment/{number}/{what}"));
        world.attachments.push(Attachment {
            about: json!({
                "id": id,
                "ticketId": text(ticket, "id"),
                "siteId": ticket.get("siteId"),
                "type": if extension == "png" { "image" } else { "file" },
                "fileName": format!("{mark}-{number}-{what}.{extension}"),
                "mimeType": media_type,
                "size": content.len(),
                "createdDate": text(ticket, "createdDate"),
                // A secret: whoever has the link has the file. It must not reach a model.
                "url": format!("https://files.willow-demo.example/{id}?sv=2025-01-05&sig=SAS{mark}"),
            }),
            content,
        });
    }
}

/// Readings of a day, minute by minute, with a signed link among the remarks.
fn readings(mark: &str, number: &str) -> String {
    let mut text = format!("time,{mark} supply °C,remark\n");
    for minute in 0..1440 {
        let remark = match minute {
            700 => signed_link(number, mark),
            minute if minute % 60 == 0 => format!("{mark} – full hour"),
            _ => String::new(),
        };
        let reading = 16.0 + f64::from(minute % 17) / 10.0;
        _ = writeln!(text, "{:02}:{:02},{reading:.1},{remark}", minute / 60, minute % 60);
    }
    text
}
