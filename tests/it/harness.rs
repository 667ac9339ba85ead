//! What every test starts from: [`TestApp`], its [`People`] and their [`Client`]s.

mod app;
mod assistant;
mod browser;
mod client;
mod collector;
mod front;
mod nginx;
mod open;
mod postgres;
mod process;
mod reply;
mod written;

pub use app::{Setup, TestApp};
pub use assistant::Assistant;
pub use browser::{Browser, Page};
pub use client::{Client, Events, Version};
pub use collector::Collector;
pub use front::Front;
pub use nginx::Nginx;
pub use open::Open;
pub use postgres::Postgres;
pub use process::{Process, base_urls, osier, three_free_ports};
pub use reply::{Answered, Reply};
pub use written::Written;
