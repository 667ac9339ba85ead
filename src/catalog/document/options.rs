//! How a definition file is read as YAML. The build script reads those that come with the program, and so
//! includes this file.

use serde_saphyr::Options;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};

/// How often a file may use a node again by an alias, all uses counted with what they stand for.
const MOST_REPLAYED: usize = 20_000;

/// `yes` and `no` are no booleans, and nothing is merged.
pub(super) fn options(duplicate_keys: DuplicateKeyPolicy) -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        no_schema: false,
        duplicate_keys: duplicate_keys,
        merge_keys: MergeKeyPolicy::Error,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MOST_REPLAYED },
    }
}
