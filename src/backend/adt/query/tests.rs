//! Queries have the structure that was asked for, whatever the arguments hold.
