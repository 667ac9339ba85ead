//! The documents: fifteen at each site, of one to seven pages, each page with the site's canary. One
//! of each site holds a signed link in its text, one has no text, and one belongs to a machine of
//! another site as well.

use std::fmt::Write as _;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::equipment::Equipment;
use super::places::{BLUEPRINTS, Blueprint, stable_id};
use super::rfc3339;

/// How many documents each site has.
const EACH: usize = 15;

/// What they are, and the words in their names.
const KINDS: [(&str, &str); 10] = [
    ("manual", "operating manual"),
    ("specification", "specification"),
    ("warranty", "warranty"),
    ("commissioningReport", "commissioning report"),
    ("productData", "product data"),
    ("submittal", "submittal"),
    ("contract", "maintenance contract"),
    ("testReport", "test report"),
    ("lease", "lease"),
    ("drawing", "drawing"),
];

const SENTENCES: [&str; 8] = [
    "The supply air temperature is held at 16 °C by day and may float by night.",
    "Check the belts every quarter; replace them when the deflection is more than 12 mm.",
    "Areas of more than 250 m² have a controller of their own.",
    "Noise at the façade stays below 45 dB(A) at a distance of 5 m.",
    "The coefficient of performance at full load is 5.8, measured to ±0.2.",
    "Set-points are changed by the building's operator only, never by a tenant.",
    "Refrigerant is R-513A; the charge is written on the plate beside the compressor.",
    "Naïve resets of the controller lose its trend logs: export them first.",
];

/// One document: what is told of it, its file and its text by pages.
#[derive(Clone)]
pub(in crate::demo) struct Paper {
    pub(in crate::demo) about: Value,
    pub(in crate::demo) file: Bytes,
    pub(in crate::demo) pages: Vec<String>,
}

pub(super) fn build(equipment: &Equipment, today: DateTime<Utc>) -> Vec<Paper> {
    let of_site = |site| (0..EACH).map(move |number| paper(site, number, equipment, today));
    BLUEPRINTS.iter().flat_map(of_site).collect()
}

fn paper(site: &Blueprint, number: usize, equipment: &Equipment, today: DateTime<Utc>) -> Paper {
    let (kind, words) = KINDS.get(number % KINDS.len()).copied().unwrap_or_default();
    let id = stable_id(&format!("document/{}/{number}", site.code));
    let own: Vec<&str> = twins(equipment, |other| other == site.id);
    let others: Vec<&str> = twins(equipment, |other| other != site.id);
    let mut related: Vec<&str> = own.get(number % own.len().max(1)).copied().into_iter().collect();
    if number == 2 {
        related.extend(others.first());
    }
    let name = format!("{} {words} {}", site.canary, number + 1);
    let readable = number + 1 < EACH;
    let count = if readable { 1 + (number * 5 + 6) % 7 } else { 0 };
    let pages: Vec<String> = (1..=count)
        .map(|page| {
            let mut text = format!("{name}, page {page} of {count} ({})\n\n", site.canary);
            // The first one is long, so that it takes several parts to read.
            let paragraphs = if number == 0 { 24 } else { 3 + (number + page) % 4 };
            for paragraph in 0..paragraphs {
                let from = number + page + paragraph;
                let said = (0..4).filter_map(|step| SENTENCES.get((from * 3 + step) % 8).copied());
                let said = said.collect::<Vec<_>>().join(" ");
                _ = write!(text, "{page}.{} {said}\n\n", paragraph + 1);
            }
            if number == 1 && page == 1 {
                text.push_str(&signed_link(&id, site.canary));
                text.push_str("\n\nThe file above is the original.\n");
            }
            text
        })
        .collect();
    let file = Bytes::from(format!("%PDF-1.7\n% {name}\n%%EOF\n"));
    let days = i64::try_from(30 + number * 11).unwrap_or_default();
    let about = json!({
        "id": id,
        "twinId": format!("{}-DOC-{:02}", site.code, number + 1),
        "name": name,
        "fileName": format!("{}-{}-{:02}.pdf", site.canary, kind, number + 1),
        "mimeType": "application/pdf",
        "size": file.len(),
        "sha256": stable_id(&format!("sha/{}/{number}", site.code)).replace('-', "").repeat(2),
        "documentType": kind,
        "siteId": site.id,
        "relatedTwinIds": related,
        "collectionIds": [stable_id(&format!("collection/{}", site.code))],
        "revision": format!("{}", 1 + number % 4),
        "language": "en",
        "uploadedBy": "Ana Lima",
        "uploadedDate": rfc3339(today - TimeDelta::days(days)),
        "validFrom": rfc3339(today - TimeDelta::days(days)),
        "validTo": if kind == "warranty" { json!(rfc3339(today + TimeDelta::days(700))) } else { Value::Null },
        "indexStatus": if readable { "indexed" } else { "notIndexed" },
        "pageCount": count.max(1),
        // A secret: whoever has the link has the file. It must not reach a model.
        "url": signed_link(&id, site.canary),
    });
    Paper { about, file, pages }
}

fn twins(equipment: &Equipment, wanted: impl Fn(&str) -> bool) -> Vec<&str> {
    let assets = equipment.assets.iter().filter(|asset| wanted(asset.site));
    assets.map(|asset| asset.twin_id.as_str()).collect()
}

/// A link that opens a file for whoever has it.
pub(in crate::demo) fn signed_link(id: &str, mark: &str) -> String {
    format!("https://files.willow-demo.example/{id}?sv=2025-01-05&se=2027-01-01&sig=SAS{mark}%3D")
}
