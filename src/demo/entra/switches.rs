//! What a test wants to be otherwise with the tenant: tokens that a resource server must refuse,
//! people who lack something, policies that stop a sign-in. Everything is off in a normal run.

use std::collections::{BTreeMap, BTreeSet};

use super::{Entra, lock};
use crate::demo::people::Person;

/// A Conditional Access policy, as one person meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// No token for this person: AADSTS53003.
    Block,
    /// A second factor. An interactive sign-in shows it; sessions and refresh tokens of earlier
    /// sign-ins are refused with AADSTS50076 and a claims challenge.
    SecondFactor,
}

/// What stands between a person and a token of another API, when it is asked for on their behalf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Nobody consented: AADSTS65001.
    Consent,
    /// A second factor is needed there: AADSTS50076, with a claims challenge.
    SecondFactor,
    /// Conditional Access lets nobody in: AADSTS53003.
    Block,
}

/// The switches; the default is all off.
#[derive(Clone, Default)]
pub(super) struct Switches {
    pub(super) v1: bool,
    /// How far the tenant's clock is off, in seconds.
    pub(super) skew: i64,
    pub(super) tenant: Option<String>,
    pub(super) audience: Option<String>,
    /// The `oid`s of those who are assigned to the app, where that is required.
    pub(super) assigned: Option<BTreeSet<String>>,
    people: BTreeMap<String, Special>,
    /// By `oid`.
    obstacles: BTreeMap<String, Obstacle>,
}

/// What is otherwise with one person.
#[derive(Clone, Default)]
pub(super) struct Special {
    pub(super) roles: Option<Vec<String>>,
    pub(super) scope: Option<String>,
    pub(super) overage: bool,
    pub(super) policy: Option<Policy>,
}

impl Switches {
    pub(super) fn of(&self, person: &Person) -> Special {
        self.people.get(person.oid).cloned().unwrap_or_default()
    }

    pub(super) fn obstacle(&self, oid: &str) -> Option<Obstacle> {
        self.obstacles.get(oid).copied()
    }
}

impl Entra {
    /// Access tokens for the API are v1 (`ver`, `iss`, `aud`, `appid`, `upn`), as with an app
    /// registration whose `requestedAccessTokenVersion` is null or 1.
    pub fn tokens_are_v1(&self, v1: bool) {
        self.switch(|switches| switches.v1 = v1);
    }

    /// The tenant's clock is off by this many seconds: in `iat`, `nbf` and `exp` of its tokens, in
    /// `Date`, in the timestamps of its errors. Codes and refresh tokens expire in time.
    pub fn set_skew(&self, seconds: i64) {
        self.switch(|switches| switches.skew = seconds);
    }

    /// Access tokens name this tenant in `tid` instead.
    pub fn set_token_tenant(&self, tenant_id: Option<&str>) {
        self.switch(|switches| switches.tenant = tenant_id.map(str::to_owned));
    }

    /// Access tokens for the API name this audience instead.
    pub fn set_token_audience(&self, audience: Option<&str>) {
        self.switch(|switches| switches.audience = audience.map(str::to_owned));
    }

    /// "Assignment required" on the enterprise app: only these people get in, others AADSTS50105.
    /// Nothing: everybody.
    pub fn set_assignment_required(&self, assigned: Option<&[&Person]>) {
        let oids = |people: &[&Person]| people.iter().map(|one| one.oid.to_owned()).collect();
        self.switch(|switches| switches.assigned = assigned.map(oids));
    }

    /// The person's app roles (`roles`); none: the claim is absent.
    pub fn set_roles(&self, person: &Person, roles: &[&str]) {
        let roles = roles.iter().map(|role| (*role).to_owned()).collect();
        self.special(person, |special| special.roles = Some(roles));
    }

    /// The scope that was consented to for the person (`scp`); empty: the claim is absent.
    pub fn set_scope(&self, person: &Person, scope: &str) {
        self.special(person, |special| special.scope = Some(scope.to_owned()));
    }

    /// The person is in too many groups for a token: `_claim_names` instead of `groups`.
    pub fn set_group_overage(&self, person: &Person, overage: bool) {
        self.special(person, |special| special.overage = overage);
    }

    /// A Conditional Access policy that holds for the person.
    pub fn set_policy(&self, person: &Person, policy: Option<Policy>) {
        self.special(person, |special| special.policy = policy);
    }

    /// What stands between the person and tokens of other APIs; none: they are given.
    pub fn set_obstacle(&self, person: &Person, obstacle: Option<Obstacle>) {
        self.switch(|switches| match obstacle {
            Some(obstacle) => {
                switches.obstacles.insert(person.oid.to_owned(), obstacle);
            }
            None => {
                switches.obstacles.remove(person.oid);
            }
        });
    }

    /// Every switch off again.
    pub fn restore(&self) {
        self.switch(|switches| *switches = Switches::default());
    }

    pub(super) fn switches(&self) -> Switches {
        lock(&self.0.switches).clone()
    }

    fn switch(&self, act: impl FnOnce(&mut Switches)) {
        act(&mut lock(&self.0.switches));
    }

    fn special(&self, person: &Person, act: impl FnOnce(&mut Special)) {
        self.switch(|switches| act(switches.people.entry(person.oid.to_owned()).or_default()));
    }
}
