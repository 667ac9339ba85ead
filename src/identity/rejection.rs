//! Why a caller wasn't let in, without HTTP in it. [`Rejection::kind`] is what the caller may know,
//! `Display` is what the log needs; `challenge` renders the first, the middleware logs the second.
//! Neither ever holds a piece of a token.

/// What the caller may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RejectionKind {
    /// No bearer token was sent.
    Missing,
    /// The request carries its credentials in a form that has no single meaning.
    Malformed,
    /// The token isn't good, for whatever reason.
    Invalid,
    /// The token is good and lacks the scope.
    InsufficientScope,
    /// The token is good and its holder isn't let in; another token wouldn't help.
    Forbidden,
    /// The keys that would tell aren't to be had.
    Unavailable,
}

/// Why a caller wasn't let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no `Authorization` header, or it is of another scheme.
    #[error("no bearer token was sent")]
    NoCredentials,
    /// Several `Authorization` headers, or a list in one.
    #[error("the Authorization header isn't a single credential")]
    SeveralCredentials,
    /// The token isn't one that we could verify.
    #[error("the token is refused: {0}")]
    Token(#[from] Flaw),
    /// Neither the scope nor, where a role would do, the role.
    #[error("the token lacks the scope")]
    ScopeMissing,
    /// The role that this server requires.
    #[error("the token lacks the app role")]
    RoleMissing,
    /// An app's own token, where those aren't let in.
    #[error("an app's own token, and allow_app_only is off")]
    AppOnly,
    /// A client that isn't on the list.
    #[error("the client isn't in allowed_clients")]
    ClientNotAllowed,
    /// No usable keys, or the issuer didn't answer when asked for an unknown one.
    #[error("no usable signing keys: {0}")]
    KeysUnavailable(super::KeyFault),
}

impl Rejection {
    /// What the caller may know.
    pub fn kind(self) -> RejectionKind {
        match self {
            Self::NoCredentials => RejectionKind::Missing,
            Self::SeveralCredentials => RejectionKind::Malformed,
            Self::Token(_) => RejectionKind::Invalid,
            Self::ScopeMissing => RejectionKind::InsufficientScope,
            Self::RoleMissing | Self::AppOnly | Self::ClientNotAllowed => RejectionKind::Forbidden,
            Self::KeysUnavailable(_) => RejectionKind::Unavailable,
        }
    }
}

impl RejectionKind {
    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::InsufficientScope => "insufficient_scope",
            Self::Forbidden => "forbidden",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What is wrong with a token. For the log and the audit only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// Over the size cap.
    #[error("too long")]
    TooLong,
    /// Not three segments of canonical base64url.
    #[error("not a signed token in compact form")]
    Form,
    /// The header isn't a JSON object with single members of the right types.
    #[error("bad header")]
    Header,
    /// `alg` isn't RS256.
    #[error("alg isn't RS256")]
    Algorithm,
    /// A header member that we don't take: `crit`, `jwk`, `jku`, `x5u`, `x5c`, `nonce`, …
    #[error("a header member that isn't taken")]
    HeaderMember,
    /// `typ` names another kind of token.
    #[error("typ isn't an access token's")]
    Type,
    /// `kid` is absent or of a form that no issuer uses.
    #[error("bad kid")]
    KeyId,
    /// No key of that `kid`.
    #[error("unknown kid")]
    UnknownKey,
    /// The signature doesn't verify.
    #[error("bad signature")]
    Signature,
    /// The payload isn't a JSON object with single members of the right types.
    #[error("bad payload")]
    Payload,
    /// `iss`.
    #[error("another issuer")]
    Issuer,
    /// `aud`.
    #[error("another audience")]
    Audience,
    /// `tid`.
    #[error("another tenant")]
    Tenant,
    /// `tfp` and `acr`.
    #[error("another user flow")]
    Policy,
    /// `exp` has passed.
    #[error("expired")]
    Expired,
    /// `nbf` hasn't come.
    #[error("not yet valid")]
    NotYet,
    /// `iat` hasn't come.
    #[error("issued in the future")]
    IssuedLater,
    /// A time that no issuer would write.
    #[error("times out of range")]
    Times,
    /// An ID token.
    #[error("an ID token")]
    IdToken,
    /// `oid` or another identifier has a form that Entra doesn't use.
    #[error("bad identifier")]
    Identifier,
}
