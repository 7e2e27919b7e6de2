//! Messages of MongoDB's wire protocol, as far as a go-between has to understand them.

use std::io::{self, Read};

use mongodb::bson::Document;

const HEADER: usize = 16;
/// `OP_MSG`, in which all commands and replies travel.
const OP_MSG: i32 = 2013;
/// What a server says is its longest, and some room.
const LONGEST: usize = 64 << 20;

const CHECKSUM: u8 = 1;
const MORE_TO_COME: u8 = 2;
/// In the third byte of the flags.
const EXHAUST_ALLOWED: u8 = 1;

/// A message as it is on the wire, its header included.
#[derive(Debug)]
pub(super) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// The next message of a stream, or none at its end.
    pub(super) fn read(stream: &mut impl Read) -> io::Result<Option<Self>> {
        let mut length = [0; 4];
        match stream.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            result => result?,
        }
        let size = usize::try_from(i32::from_le_bytes(length)).unwrap_or(0);
        if !(HEADER..=LONGEST).contains(&size) {
            let words = format!("no message of MongoDB's protocol: it says that it has {size} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
        let mut bytes = vec![0; size];
        bytes[..4].copy_from_slice(&length);
        stream.read_exact(&mut bytes[4..])?;
        Ok(Some(Self { bytes }))
    }

    /// A reply of our own to a request.
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

    /// What the command is called: the first key of its body.
    pub(super) fn name(&self) -> Option<&str> {
        // the length of the document and the type of its first value come before
        let name = self.body_bytes()?.get(5..)?;
        let end = name.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(&name[..end]).ok()
    }

    pub(super) fn body(&self) -> Option<Document> {
        Document::from_reader(self.body_bytes()?).ok()
    }

    /// Whether the sender waits for a reply: not after a write that it wants no acknowledgement of.
    pub(super) fn expects_reply(&self) -> bool {
        !(self.is_msg() && self.bytes.get(HEADER).is_some_and(|flags| flags & MORE_TO_COME != 0))
    }

    /// Takes back the sender's leave to answer one request several times, so that each has one reply.
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

    /// The document of the section of kind 0: the command, or the reply.
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
                // a sequence of documents: those of an insert, say
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
    fn a_body_behind_other_sections_is_found() {
        let mut message = Message::reply(&request(), &doc! { "insert": "posts" }).unwrap();
        let body = message.bytes.split_off(HEADER + 4);
        message.bytes.extend([1, 10, 0, 0, 0, b'd', b'o', b'c', b's', b'!', 0]);
        message.bytes.extend(body);
        assert_eq!(message.name(), Some("insert"));
    }

    #[test]
    fn nonsense_is_an_error_and_no_panic() {
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
