//! `answer: {text: …}`: a part of a text that a service streams, such as a document or an attachment.

/// So many bytes before and after the part that is shown are read with it, so that what must not be
/// shown is known where a part begins or ends in the middle of it.
pub const CONTEXT: usize = 4096;

/// How a streamed text is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextAnswer {
    /// The content types that are shown, in lower case; `text/*` stands for all of a kind.
    pub types: Vec<String>,
    /// The argument that says where to begin, in bytes.
    pub offset: String,
    /// The argument that says how much at most.
    pub length: String,
    /// In what that is counted.
    pub unit: Unit,
    /// What to do about a file that isn't text, in the definition's words.
    pub otherwise: Option<String>,
}

/// What a length is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters.
    Chars,
    /// Bytes of the service's text.
    Bytes,
}

impl TextAnswer {
    /// Is a content type shown? `essence` is `type/subtype` in lower case.
    pub fn takes(&self, essence: &str) -> bool {
        self.types.iter().any(|taken| match taken.strip_suffix('*') {
            Some(kind) => essence.starts_with(kind),
            None => taken == essence,
        })
    }
}
