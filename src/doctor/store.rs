//! The store, without writing to it.

use super::Bench;
use super::report::{Report, shown};
use crate::store::{Location, StoreFault, reach};

pub(super) async fn examine(bench: &Bench<'_>, report: &mut Report) {
    let location = &bench.config.store.location;
    let what = match location {
        Location::Memory => "in memory: enough for one replica, and gone with it",
        Location::File(_) => "the file can be written, or its folder is there",
        Location::Postgres(_) => "the database answers",
    };
    match reach(location).await {
        Ok(()) => report.ok("store", what),
        Err(fault) => {
            let mend = match fault {
                StoreFault::Unavailable(_) => {
                    "let this machine reach the database of store.url (DNS, firewall), and see that it runs"
                }
                _ => {
                    "see store.url and docs/STORE.md: the folder, the role's rights, the password, sslmode"
                }
            };
            report.fault("store", shown(&fault.to_string()), mend);
        }
    }
}
