//! The fuzz targets on any toolchain: each input of the corpus as it stands, and then changed ones and
//! random ones by proptest, for as long as `FUZZ_SECONDS` says (1 second where it says nothing).
//! libFuzzer, which sees which code an input reaches, finds more: `tests/fuzz/run`.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "all of this is a test, its helpers too"
)]

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

/// The inputs of a target that are kept.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// One change: bytes go, bytes come, at a place.
type Change = (Index, usize, Vec<u8>);

fn changed(mut input: Vec<u8>, other: &[u8], changes: &[Change], cut: Option<&Index>) -> Vec<u8> {
    if let Some(cut) = cut {
        // The beginning of one and the end of another.
        input.truncate(cut.index(input.len() + 1));
        input.extend_from_slice(&other[cut.index(other.len() + 1)..]);
    }
    for (at, gone, come) in changes {
        let start = at.index(input.len() + 1);
        let end = (start + gone).min(input.len());
        input.splice(start..end, come.iter().copied());
    }
    input
}

fn inputs(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let sign = prop_oneof![any::<u8>(), (32_u8..127), Just(b'\n')];
    let change = (any::<Index>(), 0_usize..6, prop::collection::vec(sign, 0..6));
    let kept = proptest::sample::select(corpus);
    let made = (
        kept.clone(),
        kept,
        prop::collection::vec(change, 0..8),
        prop::option::weighted(0.3, any::<Index>()),
    )
        .prop_map(|(input, other, changes, cut)| changed(input, &other, &changes, cut.as_ref()));
    prop_oneof![9 => made, 1 => prop::collection::vec(any::<u8>(), 0..512)]
}

fn try_out(name: &str) {
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
    let ends = Instant::now() + Duration::from_secs(seconds.unwrap_or(1));
    let corpus = corpus(name);
    for input in &corpus {
        println!("{name}: {:?}", String::from_utf8_lossy(input));
        targets::run(name, input);
    }
    let inputs = inputs(corpus);
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let mut runs = 0;
    while Instant::now() < ends {
        let mut runner = TestRunner::new(config.clone());
        let ran = runner.run(&inputs, |input| {
            targets::run(name, &input);
            Ok(())
        });
        ran.unwrap_or_else(|failure| panic!("{name}: {failure}"));
        runs += config.cases;
    }
    println!("{name}: {runs} runs");
}

macro_rules! targets {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            try_out(stringify!($name));
        })*

        #[test]
        fn every_target_is_tried() {
            assert_eq!(targets::TARGETS.map(|(name, _)| name), [$(stringify!($name)),*]);
        }
    };
}

targets!(address, client_document, config, cursor, request, sealed, token, tool_file);
