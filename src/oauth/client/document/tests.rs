//! What a document may hold, and what makes it unusable.
