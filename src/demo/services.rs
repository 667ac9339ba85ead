//! The server of the sample services: one listener for all of them and the authorisation service,
//! each below its own path. [`Services`] is both the routes' state and the handle
//! by which a test looks in, changes data and lets things go wrong.

mod insights;
mod whereabouts;

pub use whereabouts::Whereabouts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::get;
use serde_json::Value;

use super::authz::{self, Authz};
use super::bearer;
use super::entra::Entra;
use super::fields::{set, text};
use super::people::API_CLIENT_ID;
use super::problem::Problem;
use super::snowflake::{self, Snowflake};
use super::wire::{self, Fault, Wire};
use super::world::World;
use super::{
    activate, documents, insightcore, livedata, mapped, reports, sitecore, twins, workflowcore,
};
use crate::access::Assignments;
use crate::clock::Clock;

/// The sample services' handle. Clones are the same services.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    base: String,
    clock: Clock,
    entra: Entra,
    authz: Authz,
    wire: Wire,
    snowflake: Snowflake,
    world: Mutex<World>,
    strict: AtomicBool,
    /// Points of which LiveDataCore says that it can't read them just now.
    unreadable: Mutex<BTreeSet<String>>,
    /// The audience that a test has a service demand, by its path.
    audiences: Mutex<BTreeMap<&'static str, &'static str>>,
    links: AtomicBool,
    whole: AtomicBool,
}

impl Services {
    pub(super) fn new(
        base: String,
        clock: Clock,
        entra: Entra,
        assignments: Assignments,
        world: World,
        strict: bool,
    ) -> Self {
        let wire = Wire::default();
        let authz = Authz::new(assignments, wire.clone());
        let strict = AtomicBool::new(strict);
        let snowflake = Snowflake::new(&world);
        let world = Mutex::new(world);
        let audiences = Mutex::new(bearer::OTHER_AUDIENCES.into());
        Self(Arc::new(Inner {
            base,
            clock,
            entra,
            authz,
            wire,
            snowflake,
            world,
            strict,
            unreadable: Mutex::default(),
            audiences,
            links: AtomicBool::new(false),
            whole: AtomicBool::new(false),
        }))
    }

    /// The routes, behind the wire.
    pub(super) fn router(&self) -> Router {
        Router::new()
            .route(authz::PERMISSIONS_PATH, get(authz::my_permissions))
            .route(authz::CHANGES_PATH, get(authz::changes))
            .nest("/documents", documents::routes())
            .nest("/mapped", mapped::routes())
            .nest("/reports", reports::routes())
            .nest("/sitecore", sitecore::routes())
            .nest("/snowflake", snowflake::routes())
            .nest("/workflowcore", workflowcore::routes())
            .nest("/livedatacore", livedata::routes())
            .nest("/insightcore", insightcore::routes())
            .nest("/activate", activate::routes())
            .nest("/adt", twins::routes())
            .fallback(|| async { Problem::not_found("The page") })
            .with_state(self.clone())
            .layer(axum::middleware::from_fn_with_state(self.0.wire.clone(), wire::pass))
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(super) fn entra(&self) -> &Entra {
        &self.0.entra
    }

    pub(super) fn authz(&self) -> &Authz {
        &self.0.authz
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.0.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The base URL of the authorisation service, without a trailing slash.
    pub fn authz_url(&self) -> String {
        format!("{}/authz", self.0.base)
    }

    /// The base URL of SiteCore, without a trailing slash.
    pub fn sitecore_url(&self) -> String {
        format!("{}/sitecore", self.0.base)
    }

    /// The base URL of WorkflowCore, without a trailing slash.
    pub fn workflowcore_url(&self) -> String {
        format!("{}/workflowcore", self.0.base)
    }

    /// Where each service is, by the name that it has under `[backends]` in the demo's settings.
    pub fn base_urls(&self) -> [(&'static str, String); 10] {
        [
            ("activate", self.activate_url()),
            ("adt", self.twins_url()),
            ("documents", self.documents_url()),
            ("insightcore", self.insightcore_url()),
            ("livedatacore", self.livedatacore_url()),
            ("mapped", self.mapped_url()),
            ("reports", self.reports_url()),
            ("sitecore", self.sitecore_url()),
            ("snowflake", self.snowflake_url()),
            ("workflowcore", self.workflowcore_url()),
        ]
    }

    /// The base URL of LiveDataCore, without a trailing slash.
    pub fn livedatacore_url(&self) -> String {
        format!("{}/livedatacore", self.0.base)
    }

    /// Points that LiveDataCore can't read from now on: it leaves their samples out of an answer
    /// and names them there under `errorData`. An empty list mends it.
    pub fn set_unreadable(&self, twin_ids: &[&str]) {
        let ids = twin_ids.iter().map(|&id| id.to_owned()).collect();
        *self.unreadable_points() = ids;
    }

    pub(super) fn unreadable_points(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.unreadable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The base URL of the digital twins, without a trailing slash.
    pub fn twins_url(&self) -> String {
        format!("{}/adt", self.0.base)
    }

    /// Every twin, as served.
    pub fn twins(&self) -> Vec<Value> {
        self.world().twins.twins.clone()
    }

    /// The id of a twin, by a number that may be larger than there are twins.
    pub fn twin_id(&self, number: usize) -> String {
        let twins = self.world().twins.clone();
        let twin = twins.twins.get(number % twins.twins.len().max(1));
        twin.map(|twin| text(twin, "$dtId").to_owned()).unwrap_or_default()
    }

    /// How many twins fit.
    pub fn count_twins(&self, fits: impl Fn(&Value) -> bool) -> usize {
        let twins = self.world().twins.clone();
        twins.twins.iter().filter(|twin| fits(twin)).count()
    }

    /// Every relationship between twins, as served.
    pub fn relationships(&self) -> Vec<Value> {
        self.world().twins.relationships.clone()
    }

    /// The base URL of the Document API, without a trailing slash.
    pub fn documents_url(&self) -> String {
        format!("{}/documents", self.0.base)
    }

    /// The address of Mapped's one endpoint.
    pub fn mapped_url(&self) -> String {
        format!("{}/mapped/graphql", self.0.base)
    }

    /// The base URL of Reports, without a trailing slash.
    pub fn reports_url(&self) -> String {
        format!("{}/reports", self.0.base)
    }

    /// All reports, as they are now.
    pub fn reports(&self) -> Vec<Value> {
        self.world().reports.reports.iter().map(|report| report.body.clone()).collect()
    }

    /// The report of that name, as it is now.
    pub fn report(&self, name: &str) -> Option<Value> {
        self.reports().into_iter().find(|report| text(report, "name") == name)
    }

    /// The notifications of a report.
    pub fn notifications_of(&self, report: &str) -> Vec<Value> {
        self.world().reports.notifications_of(report).into_iter().cloned().collect()
    }

    /// Everybody who can be told of a report.
    pub fn directory(&self) -> Vec<Value> {
        self.world().reports.directory.clone()
    }

    /// Changes a report as somebody else would: its ETag changes too. False where there is none.
    pub fn edit_report(&self, id: &str, edit: impl FnOnce(&mut Value)) -> bool {
        let mut world = self.world();
        let Some(report) = world.reports.report(id) else { return false };
        let mut report = report.clone();
        edit(&mut report.body);
        report.version += 1;
        world.reports.keep_report(id, report);
        true
    }

    /// Changes a notification as somebody else would: its ETag changes too.
    pub fn edit_notification(&self, id: &str, edit: impl FnOnce(&mut Value)) -> bool {
        let mut world = self.world();
        let Some(notification) = world.reports.notification(id) else { return false };
        let mut notification = notification.clone();
        edit(&mut notification.body);
        notification.version += 1;
        world.reports.keep_notification(id, notification);
        true
    }

    /// The sample Snowflake.
    pub fn snowflake(&self) -> &Snowflake {
        &self.0.snowflake
    }

    /// The base URL of Snowflake, without a trailing slash.
    pub fn snowflake_url(&self) -> String {
        format!("{}/snowflake", self.0.base)
    }

    /// What was asked of the services; paths begin with `/authz`, `/sitecore`, `/workflowcore`.
    pub fn wire(&self) -> &Wire {
        &self.0.wire
    }

    /// Makes paths that start with this fail or wait, until `wire().heal()`.
    pub fn inject(&self, prefix: &str, fault: Fault) {
        self.0.wire.inject(prefix, fault);
    }

    /// Do the services fence by the person themselves?
    pub fn is_strict(&self) -> bool {
        self.0.strict.load(Ordering::Relaxed)
    }

    /// Strict: every read, count and write is fenced by the token's person. Lax: any good token
    /// sees and does everything.
    pub fn set_strict(&self, strict: bool) {
        self.0.strict.store(strict, Ordering::Relaxed);
    }

    /// From now on the service below this path (`/sitecore`) takes only tokens of this audience.
    pub fn demand(&self, path: &'static str, audience: &'static str) {
        let mut audiences = self.0.audiences.lock().unwrap_or_else(PoisonError::into_inner);
        audiences.insert(path, audience);
    }

    /// The audience that a service of ours takes tokens for.
    pub(super) fn audience_at(&self, path: &str) -> &'static str {
        let audiences = self.0.audiences.lock().unwrap_or_else(PoisonError::into_inner);
        let demanded = audiences.iter().find(|(below, _)| path.starts_with(**below));
        demanded.map_or(API_CLIENT_ID, |(_, audience)| audience)
    }

    /// From now on files are handed out by signed links (`{sasUrl, expiresOn}`), or as they are.
    pub fn give_links(&self, links: bool) {
        self.0.links.store(links, Ordering::Relaxed);
    }

    pub(super) fn gives_links(&self) -> bool {
        self.0.links.load(Ordering::Relaxed)
    }

    /// From now on files come as a whole, whatever `Range` says, or by ranges again.
    pub fn ignore_ranges(&self, ignore: bool) {
        self.0.whole.store(ignore, Ordering::Relaxed);
    }

    pub(super) fn honours_ranges(&self) -> bool {
        !self.0.whole.load(Ordering::Relaxed)
    }

    /// The ids of a site's nodes at Mapped, of one type such as `Space`.
    pub fn mapped_ids(&self, kind: &str, site_id: &str) -> Vec<String> {
        self.world().graph.ids(kind, site_id)
    }

    /// The documents of a site: what is told of each, and its pages.
    pub fn documents_of(&self, site_id: &str) -> Vec<(Value, Vec<String>)> {
        let world = self.world();
        let papers = world.papers.iter().filter(|paper| text(&paper.about, "siteId") == site_id);
        papers.map(|paper| (paper.about.clone(), paper.pages.clone())).collect()
    }

    /// The attachments of a site: what is told of each, and its bytes.
    pub fn attachments_of(&self, site_id: &str) -> Vec<(Value, bytes::Bytes)> {
        let world = self.world();
        let of_site = world.attachments.iter().filter(|one| text(&one.about, "siteId") == site_id);
        of_site.map(|one| (one.about.clone(), one.content.clone())).collect()
    }

    /// All tickets, as they are now.
    pub fn tickets(&self) -> Vec<Value> {
        self.world().tickets.iter().map(|ticket| ticket.body.clone()).collect()
    }

    /// One ticket by id or number, as it is now.
    pub fn ticket(&self, id_or_number: &str) -> Option<Value> {
        let is_it = |ticket: &&Value| {
            [text(ticket, "id"), text(ticket, "sequenceNumber")].contains(&id_or_number)
        };
        self.world().tickets.iter().map(|ticket| &ticket.body).find(is_it).cloned()
    }

    /// One of the tickets, whatever the number.
    pub fn any_ticket(&self, number: usize) -> Option<Value> {
        let world = self.world();
        let number = number.checked_rem(world.tickets.len())?;
        world.tickets.get(number).map(|ticket| ticket.body.clone())
    }

    /// The tickets of one site.
    pub fn tickets_of(&self, site_id: &str) -> Vec<Value> {
        let world = self.world();
        let tickets = world.tickets.iter().map(|ticket| &ticket.body);
        tickets.filter(|ticket| text(ticket, "siteId") == site_id).cloned().collect()
    }

    /// Changes a ticket as somebody else would: its ETag changes too. False where there is none.
    pub fn edit_ticket(&self, id: &str, edit: impl FnOnce(&mut Value)) -> bool {
        let mut world = self.world();
        let Some(ticket) = world.ticket_mut(id) else { return false };
        edit(&mut ticket.body);
        ticket.version += 1;
        true
    }

    /// Moves a ticket to another site as a whole.
    pub fn move_ticket(&self, id: &str, site_id: &str) -> bool {
        self.edit_ticket(id, |ticket| {
            set(ticket, "siteId", site_id);
            set(ticket, "locationIds", vec![site_id]);
        })
    }

    /// A ticket's present entity tag, quotes included.
    pub fn etag(&self, id: &str) -> Option<String> {
        self.world().ticket(id).map(super::world::Ticket::etag)
    }

    /// The comments of a ticket, oldest first.
    pub fn comments_of(&self, ticket_id: &str) -> Vec<Value> {
        let world = self.world();
        world.comments.iter().filter(|one| text(one, "ticketId") == ticket_id).cloned().collect()
    }

    /// The categories, workgroups and floors of a site, for a test that names one of another site.
    pub fn records_of(&self, site_id: &str) -> SiteRecords {
        let world = self.world();
        let of_site = |records: &[Value]| -> Vec<Value> {
            records.iter().filter(|one| text(one, "siteId") == site_id).cloned().collect()
        };
        SiteRecords {
            floors: of_site(&world.floors),
            locations: of_site(&world.locations),
            categories: of_site(&world.reference.categories),
            workgroups: of_site(&world.reference.workgroups),
        }
    }

    /// The ticket statuses, as served.
    pub fn statuses(&self) -> Vec<Value> {
        self.world().reference.statuses.clone()
    }

    /// Adds two spaces at 3LW that are each other's parent; gives their ids.
    pub fn add_location_cycle(&self) -> [String; 2] {
        self.world().add_location_cycle()
    }
}

/// What one site has beside its tickets.
#[derive(Clone, Debug)]
pub struct SiteRecords {
    /// Floors, lowest first.
    pub floors: Vec<Value>,
    /// Location nodes: the building, its levels and what is on them.
    pub locations: Vec<Value>,
    /// Ticket categories.
    pub categories: Vec<Value>,
    /// Workgroups, with their members.
    pub workgroups: Vec<Value>,
}
