//! A part of a streamed text as it leaves: cut at characters, no longer than it may be, and without
//! what must not be shown. Offsets count the service's bytes, so that parts put together by
//! `nextOffset` are the whole, with every secret's place marked once.

use serde_json::{Map, Value, json};

use crate::backend::Streamed;
use crate::catalog::Unit;

use super::secrets;

/// One character, or bytes that are none, as U+FFFD.
struct Piece {
    /// Where in the read bytes it begins.
    at: usize,
    bytes: usize,
    shown: char,
    /// Where in the decoded text it begins.
    decoded: usize,
}

/// The part's fields, with a text of at most `room` characters as JSON writes it.
pub(super) fn item(text: &Streamed, unit: Unit, room: usize) -> Map<String, Value> {
    let (pieces, decoded) = decode(text);
    let begins_inside = text.start > 0;
    let before = usize::try_from(text.offset.saturating_sub(text.start)).unwrap_or(usize::MAX);
    let at_offset = pieces.iter().find(|piece| piece.at >= before);
    let looked_back = at_offset.map_or(decoded.len(), |piece| piece.decoded);
    let hidden = secrets::spans(&decoded, begins_inside.then_some(looked_back));
    let mut shown = String::new();
    let (mut cost, mut counted) = (0, 0);
    let mut begin = None;
    let mut end = pieces.last().map_or(0, |piece| piece.at + piece.bytes);
    let mut stopped = !text.ended;
    let mut pieces = pieces.iter().skip_while(|piece| piece.at < before).peekable();
    while let Some(piece) = pieces.peek() {
        let span = hidden.iter().find(|span| span.contains(&piece.decoded));
        let more = match span {
            Some(_) => secrets::MARKER.len(),
            None => written(piece.shown),
        };
        let longer = counted + if unit == Unit::Chars { 1 } else { piece.bytes };
        // What is hidden is passed over as a whole, however long: a part always comes further.
        let full = if span.is_some() { counted >= text.length } else { longer > text.length };
        if full || cost + more > room {
            (end, stopped) = (piece.at, true);
            break;
        }
        begin.get_or_insert(piece.at);
        let Some(span) = span else {
            shown.push(piece.shown);
            (cost, counted) = (cost + more, longer);
            pieces.next();
            continue;
        };
        // A part that begins inside of it follows one that has the marker, or the middle of a secret.
        if span.start == piece.decoded || begin == Some(piece.at) && span.start == 0 {
            shown.push_str(secrets::MARKER);
            cost += more;
            counted += if unit == Unit::Chars { secrets::MARKER.len() } else { span.len() };
        }
        while pieces.next_if(|piece| span.contains(&piece.decoded)).is_some() {}
    }
    let place = |at: usize| text.start.saturating_add(u64::try_from(at).unwrap_or(u64::MAX));
    let mut item = Map::new();
    item.insert("text".into(), shown.into());
    item.insert("offset".into(), begin.map_or(text.offset, place).into());
    // Where nothing was read there is nothing to go on with.
    if stopped && begin.is_some() {
        item.insert("nextOffset".into(), place(end).into());
    }
    for (key, value) in [("size", json!(text.size)), ("contentType", json!(text.content_type))] {
        if !value.is_null() {
            item.insert(key.into(), value);
        }
    }
    item.insert("truncated".into(), (stopped && begin.is_some()).into());
    item
}

/// The characters of what was read. One that its end cuts in two is left for the next part.
fn decode(text: &Streamed) -> (Vec<Piece>, String) {
    let (mut pieces, mut decoded, mut at) = (Vec::new(), String::new(), 0);
    let mut push = |shown: char, bytes: usize| {
        pieces.push(Piece { at, bytes, shown, decoded: decoded.len() });
        decoded.push(shown);
        at += bytes;
    };
    for chunk in text.bytes.utf8_chunks() {
        for shown in chunk.valid().chars() {
            push(shown, shown.len_utf8());
        }
        let odd = chunk.invalid();
        let cut = std::str::from_utf8(odd).is_err_and(|error| error.error_len().is_none());
        if !odd.is_empty() && (text.ended || !cut) {
            push(char::REPLACEMENT_CHARACTER, odd.len());
        }
    }
    (pieces, decoded)
}

/// How many characters JSON takes to write one (RFC 8259 §7).
fn written(shown: char) -> usize {
    match shown {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        shown if shown < ' ' => 6,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
