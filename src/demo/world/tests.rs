//! The world is what the demo's page says: four buildings, three hundred tickets, no canary astray.

use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::demo::fields::texts;

fn world(seed: u64) -> World {
    World::generate(seed, UNIX_EPOCH + Duration::from_secs(1_790_000_000))
}

fn records(world: &World) -> Vec<Value> {
    let lists = [
        &world.sites,
        &world.floors,
        &world.locations,
        &world.reference.categories,
        &world.reference.subcategories,
        &world.reference.workgroups,
        &world.comments,
        &world.activity,
        &world.inspections.inspections,
        &world.inspections.checks,
        &world.inspections.records,
        &world.insights.insights,
        &world.insights.occurrences,
        &world.insights.points,
        &world.insights.activities,
        // Not the skills: the library's are of no site.
        &world.skills.instances,
        &world.skills.executions,
        &world.requirements,
    ];
    let mut all: Vec<Value> = lists.into_iter().flatten().cloned().collect();
    all.extend(world.tickets.iter().map(|ticket| ticket.body.clone()));
    all.extend(world.attachments.iter().map(|attachment| attachment.about.clone()));
    all
}

#[test]
fn every_record_of_a_site_holds_its_canary_and_no_other() {
    for record in records(&world(1)) {
        let own = canary(text(&record, "siteId")).or_else(|| canary(text(&record, "id")));
        let line = record.to_string();
        for site in &BLUEPRINTS {
            assert_eq!(line.contains(site.canary), own == Some(site.canary), "{line}");
        }
    }
}

#[test]
fn there_are_four_buildings_and_about_three_hundred_tickets() {
    let world = world(1);
    assert_eq!(world.sites.len(), 4);
    assert_eq!(world.floors.len(), 31);
    let rooms = world.locations.iter().filter(|node| text(node, "kind") == "space").count();
    assert_eq!(rooms, 399);
    assert_eq!(world.tickets.len(), 301);
    let mut ids: Vec<String> =
        records(&world).iter().map(|record| text(record, "id").to_owned()).collect();
    let floors = world.floors.len() + world.sites.len();
    ids.sort();
    ids.dedup();
    // A floor and a site share their id with their node in the tree; nothing else shares one.
    assert_eq!(ids.len(), records(&world).len() - floors);
}

#[test]
fn the_same_seed_makes_the_same_world() {
    // Made anew each time, not taken from the copy that is kept.
    let made = |seed| records(&World::make(seed, DateTime::UNIX_EPOCH));
    assert_eq!(made(7), made(7));
    assert_ne!(made(7), made(8));
}

#[test]
fn finns_level_is_level_three_of_60m_and_has_tickets() {
    let world = world(1);
    let level = world.location(FINN_LEVEL).unwrap();
    assert_eq!(text(level, "twinId"), "60M-LEVEL-3");
    assert_eq!(text(level, "siteId"), SITE_60M);
    let there = |ticket: &&Ticket| texts(&ticket.body, "locationIds").any(|id| id == FINN_LEVEL);
    assert!(world.tickets.iter().filter(there).count() >= 4);
}

#[test]
fn there_are_two_hundred_insights_forty_skills_and_forty_inspections() {
    let world = world(1);
    let number = world.insights.insights.len();
    assert!((180..=230).contains(&number), "{number}");
    assert_eq!((world.skills.skills.len(), world.inspections.inspections.len()), (40, 40));
    // Every skill that an insight names is there, and runs where the insight lies.
    for insight in world.insights.insights.iter().filter(|one| !text(one, "siteId").is_empty()) {
        let runs = |one: &Value| {
            ["skillId", "siteId"].iter().all(|field| text(one, field) == text(insight, field))
        };
        assert!(world.skills.instances.iter().any(runs), "{insight}");
    }
    for part in [&world.insights.occurrences, &world.insights.points, &world.insights.activities] {
        assert!(
            part.iter().all(|one| find(&world.insights.insights, text(one, "insightId")).is_some())
        );
    }
}
