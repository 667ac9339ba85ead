//! The demo's people and the fixed ids of their tenant, read by every part of the demo and by
//! tests. What each may do stands in `config/demo-people.yaml`, not here.

/// The demo tenant's id (`tid`).
pub const TENANT_ID: &str = "f7ddedfa-cd5a-59d6-9621-8d22f6d16a87";
/// The app registration that Osier and the sample services stand behind: the tokens' `aud`.
pub const API_CLIENT_ID: &str = "0221c1d6-cf53-53e0-819c-4878edf8c1d4";
/// The `aud` of tokens for the demo's Azure Digital Twins: another API than ours.
pub const TWINS_AUDIENCE: &str = "https://digitaltwins.azure.net";
/// The `aud` of tokens for the demo's Snowflake, as its External OAuth integration names itself.
pub const SNOWFLAKE_AUDIENCE: &str = "https://snowflake.willow-demo.example";
/// The secret that this registration has in the look-alike, as a confidential client.
pub const CLIENT_SECRET: &str = "demo-secret";
/// The credential of the one party that calls the demo's Mapped: Osier, for whomever.
pub(super) const MAPPED_TOKEN: &str = "demo-mapped";
/// The public client that `osier token` signs in with: the tokens' `azp`.
pub const CLI_CLIENT_ID: &str = "c6e5e890-22a1-548b-9645-5cac0d47aa53";
/// The delegated scope that everybody but `dan` gets.
pub const SCOPE: &str = "Mcp.Access";
/// Everybody's password. The demo listens on loopback only.
pub const PASSWORD: &str = "demo";
/// Who may do what, in the format of the `file` adapter.
pub const ASSIGNMENTS: &str = include_str!("../../config/demo-people.yaml");

/// One of the demo's people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// The short name that commands and the banner use.
    pub name: &'static str,
    /// The full name, as `name` in tokens and in tickets.
    pub full_name: &'static str,
    /// `oid`: who the person is in every app of the tenant.
    pub oid: &'static str,
    /// User principal name and e-mail address at once, as `preferred_username`.
    pub email: &'static str,
    /// What a token carries in `scp`.
    pub scope: &'static str,
    /// App roles, as `roles`; the claim is absent where there are none.
    pub roles: &'static [&'static str],
    /// What the person may see and do, for the banner.
    pub may: &'static str,
}

/// Every permission, everywhere.
pub const ANA: Person = Person {
    name: "ana",
    full_name: "Ana Lima",
    oid: "a9b1bd3a-e308-59bb-a1cc-e25b3db66beb",
    email: "ana.lima@willow-demo.example",
    scope: SCOPE,
    roles: &[],
    may: "every permission at every site",
};
/// Three sites to look at, one of them to work on.
pub const BEN: Person = Person {
    name: "ben",
    full_name: "Ben Osei",
    oid: "3f3e4e1c-c46a-5bdf-9552-816213ce8f7e",
    email: "ben.osei@willow-demo.example",
    scope: SCOPE,
    roles: &[],
    may: "locations, tickets and insights at 60M, 12H and 8KP; creates, edits and comments tickets at 60M",
};
/// Locations and nothing else.
pub const CHLOE: Person = Person {
    name: "chloe",
    full_name: "Chloe Martin",
    oid: "d7326e69-171f-5363-9da7-370abc3afe06",
    email: "chloe.martin@willow-demo.example",
    scope: SCOPE,
    roles: &[],
    may: "locations at all four sites",
};
/// In the tenant, with a token for our audience, but without our scope or a role.
pub const DAN: Person = Person {
    name: "dan",
    full_name: "Dan Novak",
    oid: "2bcdf032-f5f1-5d3b-9872-ed0d615cf677",
    email: "dan.novak@willow-demo.example",
    scope: "Other.Read",
    roles: &[],
    may: "nothing: the token is for this audience, with another scope and no role",
};
/// As `ana`, and an administrator.
pub const ERIN: Person = Person {
    name: "erin",
    full_name: "Erin Walsh",
    oid: "07816c7d-a71b-5a09-b4d8-675421546015",
    email: "erin.walsh@willow-demo.example",
    scope: SCOPE,
    roles: &["Mcp.Admin"],
    may: "as ana, with the role of an administrator",
};
/// One level of one building.
pub const FINN: Person = Person {
    name: "finn",
    full_name: "Finn Larsen",
    oid: "f1f74828-0c60-550d-aa9e-b106c2b66ba9",
    email: "finn.larsen@willow-demo.example",
    scope: SCOPE,
    roles: &[],
    may: "locations and tickets of level 3 of 60M",
};

/// All of them, in the order of their names.
pub const PEOPLE: [Person; 6] = [ANA, BEN, CHLOE, DAN, ERIN, FINN];

/// The person with this short name, e-mail address or `oid`.
pub fn person(name: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|person| [person.name, person.email, person.oid].contains(&name))
}
