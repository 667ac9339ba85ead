//! The fuzz targets' bodies: what is done with bytes, and what must hold whatever they are. libFuzzer
//! calls them from `fuzz_targets/`, and `tests/fuzz/main.rs` without it. A target panics where a
//! promise is broken.

mod address;
mod client_document;
mod config;
mod cursor;
mod edits;
mod request;
mod sealed;
mod token;
mod tool_file;
mod world;

/// A target's name, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them; `corpus/` has a folder for each.
pub const TARGETS: [Target; 8] = [
    ("address", address::run),
    ("client_document", client_document::run),
    ("config", config::run),
    ("cursor", cursor::run),
    ("request", request::run),
    ("sealed", sealed::run),
    ("token", token::run),
    ("tool_file", tool_file::run),
];

/// Runs the target of this name.
pub fn run(name: &str, bytes: &[u8]) {
    let found = TARGETS.iter().find(|(target, _)| *target == name);
    let (_, target) = found.unwrap_or_else(|| panic!("no target is called {name}"));
    target(bytes);
}
