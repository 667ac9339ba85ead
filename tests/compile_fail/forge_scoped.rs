//! Only `scope::apply` holds an answer inside the scope.

use osier::backend::RawResult;
use osier::scope::{Content, Scoped};

fn forge(raw: RawResult) -> Scoped {
    Scoped { raw, content: Content::Blocks(Vec::new(), false) }
}

fn main() {}
