//! One yes isn't two.

use osier::confirm::Yes;

fn twice(yes: &Yes) -> Yes {
    yes.clone()
}

fn main() {}
