//! Line framing of the stdio transport: bytes in, whole lines out, bounded, without copying a line.

use bytes::{Buf, Bytes, BytesMut};

/// Collects bytes until a line is whole.
#[derive(Debug)]
pub struct Lines {
    buffer: BytesMut,
    /// Bytes at the buffer's start that are known to hold no line break.
    scanned: usize,
    max_line_bytes: usize,
    /// The rest of a line that was too long is being thrown away.
    discarding: bool,
}

/// What a stream of bytes was cut into.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line without its end.
    Whole(Bytes),
    /// A line grew past the bound; it is dropped up to its end.
    TooLong,
}

impl Lines {
    /// Cuts lines of at most `max_line_bytes`.
    pub fn new(max_line_bytes: usize) -> Self {
        Self { buffer: BytesMut::new(), scanned: 0, max_line_bytes, discarding: false }
    }

    /// Where to read into; call [`Lines::next`] until it has nothing left before reading again.
    pub fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// The next line, when there is one.
    #[expect(clippy::should_implement_trait, reason = "more lines may follow a `None`")]
    pub fn next(&mut self) -> Option<Line> {
        loop {
            let Some(end) = memchr::memchr(b'\n', &self.buffer[self.scanned..]) else {
                return self.unfinished();
            };
            let end = self.scanned + end;
            self.scanned = 0;
            let mut line = self.buffer.split_to(end).freeze();
            self.buffer.advance(1);
            if std::mem::take(&mut self.discarding) {
                continue;
            }
            if line.len() > self.max_line_bytes {
                return Some(Line::TooLong);
            }
            if line.last() == Some(&b'\r') {
                line.truncate(line.len() - 1);
            }
            return Some(Line::Whole(line));
        }
    }

    /// What stood after the last line break when the stream ended.
    pub fn rest(&mut self) -> Option<Bytes> {
        self.scanned = 0;
        let rest = self.buffer.split().freeze();
        (!rest.is_empty() && !self.discarding).then_some(rest)
    }

    fn unfinished(&mut self) -> Option<Line> {
        self.scanned = self.buffer.len();
        if self.discarding || self.buffer.len() > self.max_line_bytes {
            let first = !std::mem::replace(&mut self.discarding, true);
            self.buffer = BytesMut::new();
            self.scanned = 0;
            return first.then_some(Line::TooLong);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(chunks: &[&[u8]], max: usize) -> Vec<Line> {
        let mut lines = Lines::new(max);
        let mut cut = Vec::new();
        for chunk in chunks {
            lines.buffer().extend_from_slice(chunk);
            while let Some(line) = lines.next() {
                cut.push(line);
            }
        }
        cut
    }

    fn whole(text: &'static str) -> Line {
        Line::Whole(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn a_line_too_long_is_dropped_and_the_next_one_is_read() {
        assert_eq!(cut(&[b"abc", b"def", b"ghi\nok\r\n"], 4), [Line::TooLong, whole("ok")]);
        assert_eq!(cut(&[b"abcdef\nok\n"], 4), [Line::TooLong, whole("ok")]);
    }

    proptest! {
        #[test]
        fn the_cut_does_not_depend_on_the_chunks(text in "[a-c\n]{0,60}", sizes in prop::collection::vec(1usize..7, 0..60)) {
            let mut rest = text.as_bytes();
            let mut chunks = Vec::new();
            for size in sizes {
                let (chunk, after) = rest.split_at(size.min(rest.len()));
                chunks.push(chunk);
                rest = after;
            }
            chunks.push(rest);
            let mut expected: Vec<_> = text.split('\n').map(|l| Line::Whole(Bytes::copy_from_slice(l.as_bytes()))).collect();
            expected.pop();
            prop_assert_eq!(cut(&chunks, 64), expected);
        }
    }
}
