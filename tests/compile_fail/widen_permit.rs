//! A permit's scopes are those of its decision.

use osier::access::{Permit, Place, Scopes};

fn add(permit: &mut Permit) {
    permit.scopes().add(Place::Global);
}

fn replace(permit: &mut Permit) {
    permit.scopes = Scopes::everywhere();
}

fn main() {}
