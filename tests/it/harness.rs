//! What every test starts from: [`TestApp`], its [`People`] and their [`Client`]s.

mod app;
mod client;
mod open;
mod postgres;
mod process;
mod reply;
mod written;

pub use app::{Setup, TestApp};
pub use client::{Client, Events, Version};
pub use open::Open;
pub use postgres::Postgres;
pub use process::{Process, osier, three_free_ports};
pub use reply::{Answered, Reply};
pub use written::Written;
