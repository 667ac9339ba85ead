//! The sample Activate: skills (rules), where they run, and what sites have to comply with (reads only).
//! A skill of the library is of no site; it is there for whoever sees a site at which it runs, and says
//! of each such site how it runs there.

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::bearer::{Caller, covers};
use super::fields::{set, text};
use super::paging::Params;
use super::problem::Problem;
use super::services::Services;
use super::world::{BLUEPRINTS, World, find};
use crate::access::Scopes;

const VIEW: &str = "WillowApp.CanViewSkills";
const VIEW_COMPLIANCE: &str = "WillowApp.CanViewCompliance";

type Answer = Result<Json<Value>, Problem>;

pub(super) fn routes() -> Router<Services> {
    Router::new()
        .route("/skills", get(skills))
        .route("/skills/{id}", get(skill))
        .route("/skills/{id}/instances", get(instances))
        .route("/skills/{id}/executions", get(executions))
        .route("/compliance/requirements", get(requirements))
}

/// `GET /skills?siteIds&category&enabled&modelId`: those that run somewhere in the caller's places, and
/// for one who sees everything and names no site those that run nowhere, too.
async fn skills(State(services): State<Services>, caller: Caller, params: Params) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    let sites = [params.list("siteIds"), params.list("siteId")].concat();
    let equal = |skill: &Value, name, field| {
        params.get(name).is_none_or(|wanted| text(skill, field) == wanted)
    };
    let enabled = params.get("enabled").map(|enabled| enabled == "true");
    let found: Vec<Value> = world
        .skills
        .skills
        .iter()
        .filter(|skill| equal(skill, "category", "category"))
        .filter(|skill| equal(skill, "modelId", "primaryModelId"))
        .filter(|skill| enabled.is_none_or(|on| skill.get("enabled") == Some(&json!(on))))
        .filter_map(|skill| told(&world, &scopes, &sites, skill))
        .collect();
    params.page(&found.iter().collect::<Vec<_>>()).map(Json)
}

/// `GET /skills/{id}`
async fn skill(State(services): State<Services>, caller: Caller, Path(id): Path<String>) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    visible(&services.world(), &scopes, &id).map(Json)
}

/// `GET /skills/{id}/instances?siteIds&twinId`
async fn instances(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    visible(&world, &scopes, &id)?;
    of_skill(&world.skills.instances, &scopes, &id, &params)
}

/// `GET /skills/{id}/executions?siteIds`, newest first at each site.
async fn executions(
    State(services): State<Services>,
    caller: Caller,
    Path(id): Path<String>,
    params: Params,
) -> Answer {
    let scopes = caller.scopes(&[VIEW])?;
    let world = services.world();
    visible(&world, &scopes, &id)?;
    of_skill(&world.skills.executions, &scopes, &id, &params)
}

fn of_skill(records: &[Value], scopes: &Scopes, skill: &str, params: &Params) -> Answer {
    let (sites, twin) = (params.list("siteIds"), params.get("twinId"));
    let found: Vec<&Value> = records
        .iter()
        .filter(|one| text(one, "skillId") == skill && covers(scopes, one))
        .filter(|one| sites.is_empty() || sites.contains(&text(one, "siteId")))
        .filter(|one| twin.is_none_or(|twin| text(one, "twinId") == twin))
        .collect();
    params.page(&found).map(Json)
}

fn visible(world: &World, scopes: &Scopes, id: &str) -> Result<Value, Problem> {
    let skill = find(&world.skills.skills, id);
    let told = skill.and_then(|skill| told(world, scopes, &[], skill));
    told.ok_or_else(|| Problem::not_found("The skill"))
}

/// A skill and how it runs at those of the wanted sites that these scopes cover; nothing where it runs
/// at none, but for one who sees everything and wants no site in particular.
fn told(world: &World, scopes: &Scopes, wanted: &[&str], skill: &Value) -> Option<Value> {
    let id = text(skill, "id");
    let runs = world.skills.instances.iter().filter(|one| text(one, "skillId") == id);
    let runs: Vec<&Value> = runs.filter(|one| covers(scopes, one)).collect();
    let insights = world.insights.insights.iter().filter(|one| text(one, "skillId") == id);
    let insights: Vec<&Value> = insights.filter(|one| covers(scopes, one)).collect();
    let mut sites = Vec::new();
    let mut all = Counts::default();
    for site in BLUEPRINTS.iter().filter(|site| wanted.is_empty() || wanted.contains(&site.id)) {
        let of_site = |one: &&&Value| text(one, "siteId") == site.id;
        let own: Vec<&&Value> = runs.iter().filter(of_site).collect();
        if own.is_empty() {
            continue;
        }
        let counts = Counts {
            instances: own.len(),
            valid: own.iter().filter(|one| one.get("isValid") == Some(&json!(true))).count(),
            insights: insights.iter().filter(of_site).count(),
        };
        let last = own.iter().map(|one| text(one, "lastExecuted")).max();
        let mut entry = json!({"siteId": site.id, "lastExecuted": last});
        counts.write(&mut entry);
        sites.push(entry);
        all.instances += counts.instances;
        all.valid += counts.valid;
        all.insights += counts.insights;
    }
    if sites.is_empty() && !(scopes.is_global() && wanted.is_empty()) {
        return None;
    }
    let mut whole = skill.clone();
    all.write(&mut whole);
    set(&mut whole, "sites", json!(sites));
    Some(whole)
}

#[derive(Default)]
struct Counts {
    instances: usize,
    valid: usize,
    insights: usize,
}

impl Counts {
    fn write(&self, record: &mut Value) {
        set(record, "instanceCount", self.instances);
        set(record, "validInstanceCount", self.valid);
        set(record, "insightCount", self.insights);
    }
}

/// `GET /compliance/requirements?siteIds&standard&status&period`: of a year (`2026`) or a quarter
/// (`2026-Q3`); of the newest quarter where none is said.
async fn requirements(State(services): State<Services>, caller: Caller, params: Params) -> Answer {
    let scopes = caller.scopes(&[VIEW_COMPLIANCE])?;
    let world = services.world();
    let sites = [params.list("siteIds"), params.list("siteId")].concat();
    let newest = world.requirements.first().map(|first| text(first, "period")).unwrap_or_default();
    let period = params.get("period").unwrap_or(newest);
    let equal =
        |one: &Value, field| params.get(field).is_none_or(|wanted| text(one, field) == wanted);
    let found: Vec<&Value> = world
        .requirements
        .iter()
        .filter(|one| covers(&scopes, one))
        .filter(|one| sites.is_empty() || sites.contains(&text(one, "siteId")))
        .filter(|one| equal(one, "standard") && equal(one, "status"))
        .filter(|one| text(one, "period").starts_with(period))
        .collect();
    params.page(&found).map(Json)
}
