//! Keys that mean nothing beside the one which says in which way a request asks. Tools and resolvers
//! are held to it alike: what isn't sent isn't passed over in silence.

use crate::catalog::document::Spot;
use crate::catalog::problem::Problems;

/// Tells each key that is written and that a request of this way doesn't take.
pub(super) fn check(
    way: &str,
    taken: &[&str],
    written: &[(&str, bool)],
    spot: &Spot<'_>,
    problems: &mut Problems,
) {
    for (key, _) in written.iter().filter(|(key, there)| *there && !taken.contains(key)) {
        let text = match *key {
            "variables" => {
                "variables are a GraphQL query's: write graphql, or take them away".into()
            }
            "by_prefix" => "picks a part of a composed tool: write compose, or take it away".into(),
            _ => format!("nothing of this is sent beside '{way}': take one of the two away"),
        };
        spot.child(key).problem(problems, text);
    }
}
