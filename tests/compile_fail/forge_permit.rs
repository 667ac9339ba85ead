//! Only `Access::authorize` says what they may do and where.

use std::sync::Arc;

use osier::access::{Permit, Scopes, Snapshot};
use osier::catalog::{Catalog, Tool};
use osier::identity::Identity;

fn forge(
    identity: Arc<Identity>,
    catalog: Arc<Catalog>,
    tool: Arc<Tool>,
    snapshot: Arc<Snapshot>,
) -> Permit {
    Permit { identity, catalog, tool, snapshot, scopes: Scopes::everywhere() }
}

fn main() {}
