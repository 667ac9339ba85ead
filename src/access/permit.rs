//! The decision: may this caller use this tool, and where?

use std::sync::Arc;

use crate::call::Refusal;
use crate::catalog::{Catalog, Requirement, Tool};
use crate::identity::{Identity, Principal};

use super::adapter::{Access, Freshness};
use super::scopes::Scopes;
use super::snapshot::Snapshot;

/// Proof that a caller may use a tool, and where. Only [`Access::authorize`] makes one.
#[derive(Debug)]
pub struct Permit {
    identity: Arc<Identity>,
    catalog: Arc<Catalog>,
    tool: Arc<Tool>,
    snapshot: Arc<Snapshot>,
    scopes: Scopes,
}

/// The rule that denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is no tool of that name.
    UnknownTool,
    /// The caller doesn't hold what the tool requires.
    PermissionMissing,
    /// The caller holds it, but only below a site, and the tool can only judge whole sites.
    NarrowerThanASite,
    /// The tool writes, and the caller is an app.
    AppsNeverWrite,
}

impl Denied {
    /// The rule's name in logs and audit records.
    pub fn rule(self) -> &'static str {
        match self {
            Self::UnknownTool => "unknown_tool",
            Self::PermissionMissing => "permission_missing",
            Self::NarrowerThanASite => "narrower_than_a_site",
            Self::AppsNeverWrite => "apps_never_write",
        }
    }
}

/// No permit: what the caller is told, and the rule for the record, where a rule decided.
#[derive(Debug)]
pub struct Denial {
    /// What the caller is told.
    pub refusal: Refusal,
    /// The rule that denied; none where the permission service gave no answer.
    pub rule: Option<Denied>,
    /// The tool that was meant, where there is one.
    pub tool: Option<Arc<Tool>>,
}

/// Where a caller holds what is required.
pub fn may(requirement: &Requirement, snapshot: &Snapshot) -> Result<Scopes, Denied> {
    let scopes = match requirement {
        Requirement::SignedIn(_) => return Ok(Scopes::everywhere()),
        Requirement::Any(names) => names
            .iter()
            .filter_map(|name| snapshot.scopes(name))
            .fold(Scopes::default(), |held, scopes| held.union(scopes)),
        Requirement::All(names) => names
            .iter()
            .map(|name| snapshot.scopes(name).cloned().unwrap_or_default())
            .reduce(|shared, scopes| shared.intersection(&scopes))
            .unwrap_or_default(),
    };
    if scopes.is_empty() { Err(Denied::PermissionMissing) } else { Ok(scopes) }
}

/// One permission that a tool names, and where it is held.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// Its name.
    pub permission: &'a str,
    /// Where; none where it isn't.
    pub scopes: Option<&'a Scopes>,
}

/// What was decided of a tool, and from what.
#[derive(Debug)]
pub struct Decision<'a> {
    /// The tool: the one that was asked about, or the part of it that decided.
    pub tool: &'a Tool,
    /// Each permission that it names.
    pub held: Vec<Held<'a>>,
    /// Where what it requires is held; or the rule that denies.
    pub verdict: Result<Scopes, Denied>,
    /// The decision on the part for which a composed tool is denied.
    pub part: Option<Box<Decision<'a>>>,
}

/// The one rule: where may such a caller use this tool, and why?
pub fn decide<'a>(tool: &'a Tool, caller: Principal, snapshot: &'a Snapshot) -> Decision<'a> {
    let names = tool.permission.names();
    let held = names.map(|permission| Held { permission, scopes: snapshot.scopes(permission) });
    let verdict = own(tool, caller, snapshot);
    let mut decision = Decision { tool, held: held.collect(), verdict, part: None };
    // A composed tool is no way around its parts, and isn't shown where one of them would fail.
    if decision.verdict.is_ok() {
        let mut needed = tool.parts().unwrap_or_default().iter().filter(|part| !part.if_permitted);
        let denied = needed.find_map(|part| {
            let part = decide(&part.tool, caller, snapshot);
            part.verdict.as_ref().err().copied().map(|rule| (rule, Box::new(part)))
        });
        if let Some((rule, part)) = denied {
            decision.verdict = Err(rule);
            decision.part = Some(part);
        }
    }
    decision
}

/// The rule for the tool by itself, without its parts.
fn own(tool: &Tool, caller: Principal, snapshot: &Snapshot) -> Result<Scopes, Denied> {
    if tool.writes() && caller == Principal::App {
        return Err(Denied::AppsNeverWrite);
    }
    let scopes = may(&tool.permission, snapshot)?;
    if !scopes.holds_a_whole_site() && !tool.serves_locations() {
        return Err(Denied::NarrowerThanASite);
    }
    Ok(scopes)
}

/// Where may this caller use this tool?
pub fn usable(tool: &Tool, identity: &Identity, snapshot: &Snapshot) -> Result<Scopes, Denied> {
    decide(tool, identity.principal(), snapshot).verdict
}

/// The tools that a caller may use, in the catalog's order.
pub fn visible(catalog: &Catalog, identity: &Identity, snapshot: &Snapshot) -> Vec<Arc<Tool>> {
    catalog.tools().filter(|tool| usable(tool, identity, snapshot).is_ok()).cloned().collect()
}

impl Access {
    /// Decides whether the caller may use the tool of that name.
    pub async fn authorize(
        &self,
        catalog: &Arc<Catalog>,
        identity: &Arc<Identity>,
        name: &str,
        answered: bool,
    ) -> Result<Permit, Denial> {
        let tool = catalog.tool(name).cloned();
        let freshness = match &tool {
            _ if answered => Freshness::Now,
            Some(tool) if tool.writes() => Freshness::Write,
            // An unknown name costs what a known one costs, so that neither can be told by time.
            _ => Freshness::Read,
        };
        let snapshot = match self.snapshot(identity, freshness).await {
            Ok(snapshot) => snapshot,
            Err(refusal) => return Err(Denial { refusal, rule: None, tool }),
        };
        let decision = match &tool {
            Some(tool) => usable(tool, identity, &snapshot).map(|scopes| (tool, scopes)),
            None => Err(Denied::UnknownTool),
        };
        match decision {
            Ok((tool, scopes)) => Ok(Permit {
                identity: Arc::clone(identity),
                catalog: Arc::clone(catalog),
                tool: Arc::clone(tool),
                snapshot,
                scopes,
            }),
            Err(rule) => {
                let refusal = Refusal::UnknownTool(name.to_owned());
                Err(Denial { refusal, rule: Some(rule), tool })
            }
        }
    }
}

impl Permit {
    /// Who may.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// The definitions under which it was decided.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Which tool.
    pub fn tool(&self) -> &Arc<Tool> {
        &self.tool
    }

    /// Where.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// All that the caller may do.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }
}
