//! The parts of MongoDB's wire protocol that a proxy needs.

use std::io::{self, Read};

use mongodb::bson::Document;

const HEADER: usize = 16;
/// The opcode `OP_MSG` of all commands and replies.
const OP_MSG: i32 = 2013;
/// More than the longest message of a server, which is 48 MB.
const LONGEST: usize = 64 << 20;

const CHECKSUM: u8 = 1;
const MORE_TO_COME: u8 = 2;
/// A bit in the third byte of the flags.
const EXHAUST_ALLOWED: u8 = 1;

/// A message with its header, as bytes.
#[derive(Debug)]
pub(super) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// Reads the next message. `None` at the end of the stream.
    pub(super) fn read(stream: &mut impl Read) -> io::Result<Option<Self>> {
        let mut length = [0; 4];
        match stream.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let size = usize::try_from(i32::from_le_bytes(length)).unwrap_or(0);
        if !(HEADER..=LONGEST).contains(&size) {
            let message = format!("not a message of MongoDB's protocol: its length is {size} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        let mut bytes = vec![0; size];
        bytes[..4].copy_from_slice(&length);
        stream.read_exact(&mut bytes[4..])?;
        Ok(Some(Self { bytes }))
    }

    /// Creates a reply to a request.
    pub(super) fn reply(request: &Self, body: &Document) -> io::Result<Self> {
        // flags, then one section of kind 0
        let mut bytes = vec![0; HEADER + 5];
        body.to_writer(&mut bytes).map_err(io::Error::other)?;
        let length = i32::try_from(bytes.len()).map_err(io::Error::other)?;
        bytes[..4].copy_from_slice(&length.to_le_bytes());
        bytes[8..12].copy_from_slice(&request.bytes[4..8]);
        bytes[12..16].copy_from_slice(&OP_MSG.to_le_bytes());
        Ok(Self { bytes })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The name of the command: the first key of its body.
    pub(super) fn name(&self) -> Option<&str> {
        // after the length of the document and the type of its first value
        let name = self.body_bytes()?.get(5..)?;
        let end = name.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&name[..end]).ok()
    }

    pub(super) fn body(&self) -> Option<Document> {
        Document::from_reader(self.body_bytes()?).ok()
    }

    /// Whether the sender waits for a reply. It doesn't after an unacknowledged write.
    pub(super) fn expects_reply(&self) -> bool {
        !(self.is_msg() && self.bytes.get(HEADER).is_some_and(|flags| flags & MORE_TO_COME != 0))
    }

    /// Clears the flag that permits several replies, so that each request has one.
    pub(super) fn forbid_exhaust(&mut self) {
        if self.is_msg()
            && let Some(flags) = self.bytes.get_mut(HEADER + 2)
        {
            *flags &= !EXHAUST_ALLOWED;
        }
    }

    fn is_msg(&self) -> bool {
        self.bytes[12..HEADER] == OP_MSG.to_le_bytes()
    }

    /// The document in the section of kind 0: the command or the reply.
    fn body_bytes(&self) -> Option<&[u8]> {
        if !self.is_msg() {
            return None;
        }
        let flags = *self.bytes.get(HEADER)?;
        let end = self.bytes.len().checked_sub(if flags & CHECKSUM == 0 { 0 } else { 4 })?;
        let mut at = HEADER + 4;
        loop {
            let kind = *self.bytes.get(at)?;
            let section = self.bytes.get(at + 1..end)?;
            let length = section.first_chunk().copied().map(i32::from_le_bytes)?;
            let length = usize::try_from(length).ok()?;
            match kind {
                0 => return section.get(..length),
                // a sequence of documents, for example those of an insert
                1 => at += 1 + length.max(4),
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use mongodb::bson::doc;

    use super::{HEADER, Message};

    fn request() -> Message {
        Message { bytes: [&[16, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0][..], &2013_i32.to_le_bytes()].concat() }
    }

    #[test]
    fn a_reply_is_read_as_it_was_written() {
        let written = Message::reply(&request(), &doc! { "ok": 0, "code": 20 }).unwrap();
        let read = Message::read(&mut written.bytes()).unwrap().unwrap();
        assert_eq!(read.bytes[8..12], [7, 0, 0, 0]);
        assert_eq!(read.body().unwrap(), doc! { "ok": 0, "code": 20 });
        assert_eq!(read.name(), Some("ok"));
        assert!(read.expects_reply());
    }

    #[test]
    fn a_body_after_other_sections_is_found() {
        let mut message = Message::reply(&request(), &doc! { "insert": "posts" }).unwrap();
        let body = message.bytes.split_off(HEADER + 4);
        message.bytes.extend([1, 10, 0, 0, 0, b'd', b'o', b'c', b's', b'!', 0]);
        message.bytes.extend(body);
        assert_eq!(message.name(), Some("insert"));
    }

    #[test]
    fn invalid_bytes_are_an_error() {
        assert!(Message::read(&mut &[0xff; 64][..]).is_err());
        assert!(Message::read(&mut &[16, 0, 0, 0, 1][..]).is_err());
        assert!(Message::read(&mut &[][..]).unwrap().is_none());
        let mut short = request();
        assert_eq!(short.name(), None);
        short.bytes.extend([0, 0, 0, 0, 0, 99, 0, 0, 0]);
        assert_eq!(short.name(), None);
        short.forbid_exhaust();
    }
}
