//! The sample SiteCore: sites, floors and the tree of locations (reads only).

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::bearer::Caller;
use super::fields::{contains_ignoring_case, text, texts};
use super::paging::Params;
use super::problem::Problem;
use super::services::Services;
use super::world::{World, find};
use crate::access::Scopes;

const VIEW: &str = "WillowApp.CanViewLocations";

type Answer = Result<Json<Value>, Problem>;

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/sites", get(sites))
        .route("/sites/{id}", get(site))
        .route("/sites/{id}/floors", get(floors))
        .route("/sites/{id}/preferences", get(preferences))
        .route("/floors/{id}", get(floor))
        .route("/locations/tree", get(tree))
        .route("/locations/search", get(search))
        .route("/locations/{id}", get(location))
}

/// `GET /sites?siteIds&q&status&type`
async fn sites(State(services): State<Services>, caller: Caller, params: Params) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let wanted = params.list("siteIds");
    let equal = |site: &Value, field| params.get(field).is_none_or(|one| text(site, field) == one);
    let named = |site: &Value| {
        params.get("q").is_none_or(|q| {
            ["name", "code", "address", "suburb"]
                .iter()
                .any(|field| contains_ignoring_case(text(site, field), q))
        })
    };
    let found: Vec<&Value> = world
        .sites
        .iter()
        .filter(|site| scopes.covers_site(text(site, "id")))
        .filter(|site| wanted.is_empty() || wanted.contains(&text(site, "id")))
        .filter(|site| equal(site, "status") && equal(site, "type") && named(site))
        .collect();
    params.page(&found).map(Json)
}

/// `GET /sites/{id}`
async fn site(State(services): State<Services>, caller: Caller, Path(id): Path<String>) -> Answer {
    let scopes = caller.anything()?;
    covered_site(&services.world(), &scopes, &id).cloned().map(Json)
}

fn covered_site<'a>(world: &'a World, scopes: &Scopes, id: &str) -> Result<&'a Value, Problem> {
    let site = world.site(id).filter(|_| scopes.covers_site(id));
    site.ok_or_else(|| Problem::not_found("The site"))
}

/// `GET /sites/{id}/floors`: of a site of which the caller sees a part, that part.
async fn floors(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let mut found = world.floors.iter().filter(|floor| text(floor, "siteId") == id);
    let found: Vec<&Value> = found.by_ref().filter(|floor| covers_floor(&scopes, floor)).collect();
    if found.is_empty() {
        return Err(Problem::not_found("The site"));
    }
    params.page(&found).map(Json)
}

fn covers_floor(scopes: &Scopes, floor: &Value) -> bool {
    let site = text(floor, "siteId");
    scopes.covers_site(site) || scopes.covers_any_location([text(floor, "id")], Some(site))
}

/// `GET /floors/{id}`
async fn floor(State(services): State<Services>, caller: Caller, Path(id): Path<String>) -> Answer {
    let scopes = caller.anything()?;
    let world = services.world();
    let floor = find(&world.floors, &id).filter(|floor| covers_floor(&scopes, floor));
    floor.cloned().map(Json).ok_or_else(|| Problem::not_found("The floor"))
}

/// `GET /sites/{id}/preferences`
async fn preferences(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let site = covered_site(&world, &scopes, &id)?;
    Ok(Json(json!({
        "siteId": id,
        "name": text(site, "name"),
        "timeZone": text(site, "timeZone"),
        "units": {"temperature": "celsius", "area": "m2"},
        "workingHours": {"monday-friday": ["08:00", "18:00"]},
        "notifications": {"ticketCreated": true, "insightCreated": false},
    })))
}

/// `GET /locations/tree?root&depth`: the root and so many generations below it, parents first.
/// Without a root, every portfolio is one.
async fn tree(State(services): State<Services>, caller: Caller, params: Params) -> Answer {
    let depth = params.number("depth", 2)?;
    let world = services.world();
    let view = View::of(caller.scopes(&[VIEW])?, &world);
    let mut generation: Vec<&Value> = match params.get("root") {
        Some(root) => vec![
            world
                .location(root)
                .filter(|node| view.shows(node))
                .ok_or_else(|| Problem::not_found("The location"))?,
        ],
        None => world.locations.iter().filter(|node| text(node, "parentId").is_empty()).collect(),
    };
    let mut seen = BTreeSet::new();
    let mut items: Vec<&Value> = Vec::new();
    for _ in 0..=depth {
        generation.retain(|node| view.shows(node) && seen.insert(text(node, "id")));
        items.extend(&generation);
        let parents: BTreeSet<&str> = generation.iter().map(|node| text(node, "id")).collect();
        let child = |node: &&Value| parents.contains(text(node, "parentId"));
        generation = world.locations.iter().filter(child).collect();
    }
    Ok(Json(json!({"items": items, "total": items.len()})))
}

/// `GET /locations/search?q&kind&siteIds`
async fn search(State(services): State<Services>, caller: Caller, params: Params) -> Answer {
    let world = services.world();
    let view = View::of(caller.scopes(&[VIEW])?, &world);
    let wanted = params.list("siteIds");
    let q = params.get("q").unwrap_or_default();
    let found: Vec<&Value> = world
        .locations
        .iter()
        .filter(|node| view.covers(node))
        .filter(|node| wanted.is_empty() || wanted.contains(&text(node, "siteId")))
        .filter(|node| params.get("kind").is_none_or(|kind| text(node, "kind") == kind))
        .filter(|node| {
            ["name", "twinId"].iter().any(|field| contains_ignoring_case(text(node, field), q))
        })
        .collect();
    params.page(&found).map(Json)
}

/// `GET /locations/{id}`
async fn location(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
) -> Answer {
    let world = services.world();
    let view = View::of(caller.anything()?, &world);
    let node = world.location(&id).filter(|node| view.shows(node));
    node.cloned().map(Json).ok_or_else(|| Problem::not_found("The location"))
}

/// The part of the tree that a person sees: what lies in a place of the scope, and the way up
/// from there.
struct View {
    scopes: Scopes,
    above: BTreeSet<String>,
}

impl View {
    fn of(scopes: Scopes, world: &World) -> Self {
        let places = scopes.sites().chain(scopes.locations().map(|(id, _)| id));
        let nodes = places.filter_map(|id| world.location(id));
        let above = nodes.flat_map(|node| texts(node, "path")).map(str::to_owned).collect();
        Self { scopes, above }
    }

    fn covers(&self, node: &Value) -> bool {
        let site = text(node, "siteId");
        self.scopes.covers_site(site)
            || self.scopes.covers_any_location(texts(node, "path"), Some(site))
    }

    fn shows(&self, node: &Value) -> bool {
        self.covers(node) || self.above.contains(text(node, "id"))
    }
}
