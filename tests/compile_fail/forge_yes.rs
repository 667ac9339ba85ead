//! A yes is a person's; nothing else makes one.

use osier::confirm::Yes;

fn forge() -> Yes {
    Yes { confirmation: String::new(), idempotency_key: String::new() }
}

fn main() {}
