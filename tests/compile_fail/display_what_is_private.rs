//! What belongs to people has no display form, so that no line can be made of it.

use osier::private::Private;

fn tell(state: &Private<String>) -> String {
    format!("{state}")
}

fn main() {}
