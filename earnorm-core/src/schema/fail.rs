//! Compile errors from constant functions.

/// Concatenates the parts and panics with the result. A `const` panic takes only one string.
#[track_caller]
pub(crate) const fn fail(parts: &[&str]) {
    let mut text = [0; 512];
    let (mut length, mut part) = (0, 0);
    while part < parts.len() {
        let (bytes, mut i) = (parts[part].as_bytes(), 0);
        while i < bytes.len() && length < text.len() {
            text[length] = bytes[i];
            (length, i) = (length + 1, i + 1);
        }
        part += 1;
    }
    let text = text.split_at(length).0;
    assert!(text.is_empty(), "{}", utf8(text));
}

const fn utf8(text: &[u8]) -> &str {
    match std::str::from_utf8(text) {
        Ok(text) => text,
        Err(_) => "the two sides differ",
    }
}
