//! Server-sent events as MCP uses them (transports, "Streamable HTTP"): written, and read back in
//! whatever pieces they arrive.

use bytes::{BufMut, Bytes, BytesMut};

use crate::lines::{Line, Lines};

/// A comment line that keeps an idle connection open.
pub const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

/// An event that carries one message.
pub fn message(id: &str, json: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(json.len() + id.len() + 32);
    out.put_slice(b"event: message\nid: ");
    out.put_slice(id.as_bytes());
    out.put_slice(b"\ndata: ");
    out.put_slice(json);
    out.put_slice(b"\n\n");
    out.freeze()
}

/// The first event of a stream: an id to resume from, and how long to wait before doing so.
pub fn priming(id: &str, retry_ms: u64) -> Bytes {
    Bytes::from(format!("id: {id}\nretry: {retry_ms}\ndata: \n\n"))
}

/// How long to wait before resuming, without an event.
pub fn retry(retry_ms: u64) -> Bytes {
    Bytes::from(format!("retry: {retry_ms}\n\n"))
}

/// One event as it was received.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The id to resume after.
    pub id: Option<String>,
    /// The event's name; `message` when absent.
    pub event: Option<String>,
    /// Its data lines, joined by line breaks.
    pub data: Bytes,
    /// Milliseconds to wait before resuming.
    pub retry_ms: Option<u64>,
}

/// Cuts a stream of bytes into events.
#[derive(Debug)]
pub struct Decoder {
    lines: Lines,
    event: Event,
    data: Option<BytesMut>,
    max_bytes: usize,
    started: bool,
}

/// An event was larger than the bound.
#[derive(Debug, thiserror::Error)]
#[error("an event is larger than {0} bytes")]
pub struct EventTooLarge(usize);

impl Default for Decoder {
    fn default() -> Self {
        Self::new(crate::MAX_MESSAGE_BYTES)
    }
}

impl Decoder {
    /// Reads events of at most `max_bytes` of data.
    pub fn new(max_bytes: usize) -> Self {
        // Room for the field's name on top of the data.
        let lines = Lines::new(max_bytes.saturating_add(16));
        Self { lines, event: Event::default(), data: None, max_bytes, started: false }
    }

    /// Adds bytes as they arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        let bytes = match std::mem::replace(&mut self.started, true) {
            false => bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes),
            true => bytes,
        };
        self.lines.buffer().extend_from_slice(bytes);
    }

    /// The next whole event, when there is one.
    pub fn next_event(&mut self) -> Result<Option<Event>, EventTooLarge> {
        while let Some(line) = self.lines.next() {
            let Line::Whole(line) = line else { return Err(EventTooLarge(self.max_bytes)) };
            if !line.is_empty() {
                self.field(&line)?;
                continue;
            }
            let mut event = std::mem::take(&mut self.event);
            let data = self.data.take();
            if data.is_some() || event.id.is_some() || event.retry_ms.is_some() {
                event.data = data.unwrap_or_default().freeze();
                return Ok(Some(event));
            }
        }
        Ok(None)
    }

    fn field(&mut self, line: &Bytes) -> Result<(), EventTooLarge> {
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        let name = &line[..colon];
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || String::from_utf8_lossy(value).into_owned();
        match name {
            b"data" => return self.append(value),
            b"id" => self.event.id = Some(text()),
            b"event" => self.event.event = Some(text()),
            b"retry" => self.event.retry_ms = text().parse().ok(),
            _ => {}
        }
        Ok(())
    }

    fn append(&mut self, value: &[u8]) -> Result<(), EventTooLarge> {
        let first = self.data.is_none();
        let data = self.data.get_or_insert_default();
        if !first {
            data.put_u8(b'\n');
        }
        if data.len() + value.len() > self.max_bytes {
            return Err(EventTooLarge(self.max_bytes));
        }
        data.put_slice(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(chunks: &[&str]) -> Vec<(Option<String>, String)> {
        let mut decoder = Decoder::default();
        let mut events = Vec::new();
        for chunk in chunks {
            decoder.push(chunk.as_bytes());
            while let Some(event) = decoder.next_event().unwrap() {
                events.push((event.id, String::from_utf8(event.data.to_vec()).unwrap()));
            }
        }
        events
    }

    #[test]
    fn events_are_read_in_any_pieces() {
        let text = "\u{feff}: hello\n\nid: 1\nretry: 5\ndata:\n\nevent: message\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\ndata:x\n\n";
        let whole = decode(&[text]);
        assert_eq!(
            whole,
            [(Some("1".into()), String::new()), (None, "{\"a\":\n1}".into()), (None, "x".into())]
        );
        let letters: Vec<String> = text.chars().map(String::from).collect();
        assert_eq!(decode(&letters.iter().map(String::as_str).collect::<Vec<_>>()), whole);
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut decoder = Decoder::default();
        decoder.push(&priming("a_0", 1000));
        decoder.push(&KEEP_ALIVE);
        decoder.push(&message("a_1", b"{}"));
        let first = decoder.next_event().unwrap().unwrap();
        assert_eq!((first.id.as_deref(), first.retry_ms, first.data.len()), (Some("a_0"), Some(1000), 0));
        let second = decoder.next_event().unwrap().unwrap();
        assert_eq!((second.id.as_deref(), &second.data[..]), (Some("a_1"), &b"{}"[..]));
        assert!(decoder.next_event().unwrap().is_none());
    }

    #[test]
    fn an_event_too_large_is_refused() {
        let mut decoder = Decoder::new(8);
        decoder.push(b"data: 12345\ndata: 6789\n\n");
        assert!(decoder.next_event().is_err());
    }
}
