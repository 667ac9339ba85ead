//! The business data of the sample services: generated from a seed, kept in memory, changed by
//! writes. The sample services answer from it; tests reach into it through the handle.

mod compliance;
pub(super) mod documents;
pub(super) mod equipment;
pub(super) mod graph;
mod insights;
mod inspections;
mod places;
mod random;
mod reference;
mod reports;
mod shared;
mod skills;
mod threads;
pub(super) mod tickets;
mod traps;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, NaiveTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

use self::documents::Paper;
use self::equipment::Equipment;
use self::graph::Graph;
use self::places::Places;
use self::reference::Reference;
use super::fields::text;
use super::twins::Graph as Twins;

pub use self::insights::{INSIGHT_WITHOUT_SITE, Insights};
pub use self::inspections::Inspections;
pub(super) use self::places::{BLUEPRINTS, Blueprint, stable_id};
pub use self::places::{
    FINN_LEVEL, PORTFOLIO_NORTH, PORTFOLIO_SOUTH, SITE_3LW, SITE_8KP, SITE_12H, SITE_60M, SITES,
    canary,
};
pub(super) use self::random::Random;
pub(super) use self::reports::{Reports, Revised};
pub(super) use self::shared::Shared;
pub(super) use self::skills::Skills;
pub use self::traps::{TICKET_WITH_EMAIL, TICKET_WITHOUT_SITE};

/// All records.
#[derive(Clone)]
pub(super) struct World {
    /// What it was made from.
    pub(super) seed: u64,
    /// The start of the day on which it was made.
    pub(super) today: DateTime<Utc>,
    pub(super) sites: Vec<Value>,
    pub(super) floors: Vec<Value>,
    pub(super) locations: Vec<Value>,
    pub(super) reference: Reference,
    pub(super) tickets: Vec<Ticket>,
    pub(super) comments: Vec<Value>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) activity: Vec<Value>,
    pub(super) inspections: Arc<Inspections>,
    pub(super) insights: Shared<Insights>,
    pub(super) skills: Shared<Skills>,
    /// What sites have to comply with, the newest quarter first.
    pub(super) requirements: Arc<Vec<Value>>,
    /// The last ticket number that was given out, by site code.
    pub(super) last_number: BTreeMap<String, usize>,
    pub(super) reports: Reports,
    pub(super) receipts: Receipts,
    /// The machines, shared by all who speak of them.
    pub(super) equipment: Shared<Equipment>,
    /// The twins of places and machines.
    pub(super) twins: Shared<Twins>,
    /// The same buildings and machines as Mapped has them.
    pub(super) graph: Shared<Graph>,
    pub(super) papers: Shared<Vec<Paper>>,
}

/// One ticket and how often it was changed.
#[derive(Clone)]
pub(super) struct Ticket {
    pub(super) body: Value,
    pub(super) version: u64,
}

/// One attachment: what is told about it, and its bytes.
#[derive(Clone)]
pub(super) struct Attachment {
    pub(super) about: Value,
    pub(super) content: Bytes,
}

/// What was answered to a write, by person and idempotency key.
pub(super) type Receipts = BTreeMap<(String, String), super::idempotency::Receipt>;

impl Ticket {
    /// The entity tag (RFC 9110 §8.8.3), quotes included.
    pub(super) fn etag(&self) -> String {
        let id = text(&self.body, "id");
        format!("\"{}-{}\"", id.get(..8).unwrap_or(id), self.version)
    }
}

impl World {
    /// The world of a seed. Its dates lie before `now`, counted from the start of that day.
    pub(super) fn generate(seed: u64, now: SystemTime) -> Self {
        let today =
            DateTime::<Utc>::from(now).with_time(NaiveTime::MIN).single().unwrap_or_default();
        Self::of(seed, today)
    }

    /// The world of a seed and a day, before anybody changed anything.
    pub(super) fn of(seed: u64, today: DateTime<Utc>) -> Self {
        /// The last world that was made: tests start many times with the same.
        static LAST: Mutex<Option<(u64, DateTime<Utc>, World)>> = Mutex::new(None);
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some((its_seed, day, world)) if *its_seed == seed && *day == today => world.clone(),
            _ => last.insert((seed, today, Self::make(seed, today))).2.clone(),
        }
    }

    fn make(seed: u64, today: DateTime<Utc>) -> Self {
        let mut random = Random::new(seed);
        let opened = rfc3339(today - TimeDelta::days(900));
        let places = Places::build(&mut random, &opened);
        let locations = Arc::new(places.locations.clone());
        let all = Arc::clone(&locations);
        let equipment = Shared::of(move || Equipment::build(seed, &all, today));
        let (all, of) = (Arc::clone(&locations), equipment.clone());
        let twins = Shared::of(move || Twins::build(&all, &of, today));
        let of = equipment.clone();
        let graph = Shared::of(move || Graph::build(&locations, &of, &opened));
        let of = equipment.clone();
        let papers = Shared::of(move || documents::build(&of, today));
        let of = equipment.clone();
        let insights = Shared::of(move || Insights::build(&of, seed, today));
        let of = equipment.clone();
        let skills = Shared::of(move || Skills::build(&of, today));
        let mut world = Self {
            seed,
            today,
            sites: places.sites,
            floors: places.floors,
            locations: places.locations,
            reference: Reference::build(),
            tickets: Vec::new(),
            comments: Vec::new(),
            attachments: Vec::new(),
            activity: Vec::new(),
            inspections: Arc::default(),
            insights,
            skills,
            requirements: Arc::default(),
            last_number: BTreeMap::new(),
            reports: Reports::build(today),
            receipts: BTreeMap::new(),
            equipment,
            twins,
            graph,
            papers,
        };
        for site in &BLUEPRINTS {
            tickets::build(&mut world, site, today, &mut random);
        }
        traps::plant(&mut world, today);
        threads::build(&mut world, &mut random);
        world.inspections = Arc::new(Inspections::build(&world, seed, today));
        world.requirements = Arc::new(compliance::build(&world, seed, today));
        world
    }

    pub(super) fn site(&self, id: &str) -> Option<&Value> {
        find(&self.sites, id)
    }

    pub(super) fn location(&self, id: &str) -> Option<&Value> {
        find(&self.locations, id)
    }

    pub(super) fn ticket(&self, id: &str) -> Option<&Ticket> {
        self.tickets.iter().find(|ticket| text(&ticket.body, "id") == id)
    }

    pub(super) fn ticket_mut(&mut self, id: &str) -> Option<&mut Ticket> {
        self.tickets.iter_mut().find(|ticket| text(&ticket.body, "id") == id)
    }

    /// The next ticket number of a site, such as `60M-T-1097`.
    pub(super) fn next_number(&mut self, site_code: &str) -> String {
        let last = self.last_number.entry(site_code.to_owned()).or_insert(1000);
        *last += 1;
        format!("{site_code}-T-{last}")
    }
}

/// The record with this id.
pub(super) fn find<'a>(records: &'a [Value], id: &str) -> Option<&'a Value> {
    records.iter().find(|record| text(record, "id") == id)
}

/// A moment as the services write it: UTC, whole seconds.
pub(super) fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests;
