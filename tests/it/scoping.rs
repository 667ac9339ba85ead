//! Nobody reads, counts or changes what lies outside of their scope, whichever way they ask: each
//! check runs with services that fence by themselves and with services that don't, in each
//! protocol version.

mod addresses;
mod answers;
mod arguments;
mod ben;
mod clocks;
mod finn;
pub mod matrix;
mod oracles;
mod others;
mod pages;
mod random;
mod raw;
mod revocation;
mod secrets;
mod traps;
mod versions;
mod writes;

pub use matrix::stranger;
