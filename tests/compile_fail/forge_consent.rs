//! Only `Confirmations::decide` lets a call be carried out.

use osier::confirm::Consent;
use osier::target::Located;

fn forge(located: Located) -> Consent {
    Consent { located, yes: None, service: None }
}

fn main() {}
