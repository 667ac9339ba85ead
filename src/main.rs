//! The program `osier`: a thin binary around the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    osier::cli::run()
}
