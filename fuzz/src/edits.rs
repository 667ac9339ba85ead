//! Small changes to a genuine value, three bytes each: what a forger has is mostly genuine.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The genuine text with these changes; signs are mostly of base64url.
pub(crate) fn edited(genuine: &str, edits: &[u8]) -> String {
    let mut text = genuine.as_bytes().to_vec();
    for edit in edits.chunks_exact(3).take(64) {
        let place = usize::from(edit[0] & 0x0f) << 8 | usize::from(edit[1]);
        let at = place % (text.len() + 1);
        let sign = match edit[2] {
            byte @ 0..=0x7f => ALPHABET[usize::from(byte) % 64],
            byte => byte & 0x7f,
        };
        match edit[0] >> 4 {
            0..=7 if at < text.len() => text[at] = sign,
            8..=10 => text.insert(at, sign),
            11..=13 if at < text.len() => drop(text.remove(at)),
            14 => text.truncate(at),
            _ => text.push(sign),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}
