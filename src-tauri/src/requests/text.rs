//! Bytes that come in pieces, as text: a piece may end within a character. Pure.

/// What is left of the last piece: the beginning of a character.
#[derive(Default)]
pub(super) struct Text {
    open: Vec<u8>,
}

impl Text {
    /// The text up to the last whole character. What is no text becomes U+FFFD.
    pub(super) fn push(&mut self, piece: &[u8]) -> String {
        self.open.extend_from_slice(piece);
        let open = unfinished(&self.open);
        let rest = self.open.split_off(self.open.len() - open);
        let whole = std::mem::replace(&mut self.open, rest);
        String::from_utf8(whole).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }

    /// What is left at the end.
    pub(super) fn rest(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.open)).into_owned()
    }
}

/// How many bytes at the end begin a character and do not finish it.
fn unfinished(bytes: &[u8]) -> usize {
    // A character has four bytes at most.
    let last = bytes.iter().rev().take(4).position(|byte| byte & 0b1100_0000 != 0b1000_0000);
    let Some(after) = last else { return 0 };
    let needed = match bytes[bytes.len() - 1 - after] {
        0b1100_0000..=0b1101_1111 => 2,
        0b1110_0000..=0b1110_1111 => 3,
        0b1111_0000..=0b1111_0111 => 4,
        _ => 1,
    };
    if after + 1 < needed { after + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_stay_whole_wherever_pieces_end() {
        let whole = "a ü 水 🌊 end";
        for size in 1..whole.len() {
            let mut text = Text::default();
            let mut seen: String = whole.as_bytes().chunks(size).map(|piece| text.push(piece)).collect();
            seen.push_str(&text.rest());
            assert_eq!(seen, whole, "in pieces of {size} bytes");
        }
    }

    #[test]
    fn what_is_no_text_is_marked_and_nothing_is_held_back() {
        let mut text = Text::default();
        assert_eq!(text.push(b"a\xff\x80b"), "a\u{fffd}\u{fffd}b");
        assert_eq!(text.push("水".as_bytes().split_at(2).0), "");
        assert_eq!(text.rest(), "\u{fffd}");
        assert_eq!(text.rest(), "");
    }
}
