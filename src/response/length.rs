//! How long a value is as JSON, in characters, without writing it down.

use std::io::{Result, Write};

use serde_json::Value;

/// The characters of the value's compact JSON.
pub(super) fn of(value: &Value) -> usize {
    let mut count = Count(0);
    // Values always have a JSON form, and counting never fails.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        // UTF-8's further bytes of a character begin with 10.
        self.0 += bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_counts_what_would_be_written() {
        for value in [json!({"a": [1, -2.5, null, "Größe \u{1F3E2}\n\"x\""]}), json!([]), json!("")]
        {
            assert_eq!(of(&value), value.to_string().chars().count());
        }
    }
}
