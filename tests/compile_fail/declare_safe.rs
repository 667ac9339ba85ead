//! That a request only reads is judged once, by the compiler of definitions.

use osier::catalog::{ByEffect, HttpRequest, SafeRequest};

fn wrap(request: HttpRequest) -> SafeRequest {
    SafeRequest(request)
}

fn convert(request: HttpRequest) -> SafeRequest {
    request.into()
}

fn judge(request: HttpRequest) -> ByEffect {
    ByEffect::judge(request, true)
}

fn main() {}
