//! SQL literals that every SQLite from 3.8 on reads back as the same bits.
//!
//! What the literals of the `sqlite3` shell lose: text after a NUL byte, CR LF pairs (its line
//! reader drops the CR), the sign of zero, infinities, the last digits of a double and text that
//! isn't UTF-8.

mod real;

use std::io::Write as _;

use rusqlite::types::ValueRef;

pub(crate) use real::write_real;

/// How the text of this database is stored, which decides how odd text has to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// Reads the answer of `PRAGMA encoding`.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "UTF-8" => Some(Self::Utf8),
            "UTF-16le" => Some(Self::Utf16Le),
            "UTF-16be" => Some(Self::Utf16Be),
            _ => None,
        }
    }

    /// The name that `PRAGMA encoding` takes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16le",
            Self::Utf16Be => "UTF-16be",
        }
    }
}

/// Appends the literal of a value. Text comes as SQLite hands it out, in UTF-8; for a database in
/// UTF-16 that conversion loses unpaired surrogates, so its text goes through [`write_utf16`].
pub(crate) fn write_value(out: &mut Vec<u8>, value: ValueRef<'_>) {
    match value {
        ValueRef::Null => out.extend_from_slice(b"NULL"),
        ValueRef::Integer(integer) => write_integer(out, integer),
        ValueRef::Real(real) => write_real(out, real),
        ValueRef::Text(bytes) => write_bytes(out, bytes),
        ValueRef::Blob(bytes) => write_blob(out, bytes),
    }
}

/// What SQLite replaces by U+FFFD when it reads UTF-8, as it has to for a literal in such a database.
const LOST_IN_UTF16: [char; 2] = ['\u{fffe}', '\u{ffff}'];

/// Appends text that a UTF-16 database stores as these bytes.
pub(crate) fn write_utf16(out: &mut Vec<u8>, bytes: &[u8], encoding: Encoding) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| match encoding {
        Encoding::Utf16Be => u16::from_be_bytes(*pair),
        Encoding::Utf16Le | Encoding::Utf8 => u16::from_le_bytes(*pair),
    });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if rest.is_empty() && !text.contains(LOST_IN_UTF16) => write_text(out, &text),
        _ => write_cast(out, bytes),
    }
}

fn write_integer(out: &mut Vec<u8>, integer: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(integer).as_bytes());
}

/// Both digits of every byte.
const HEX: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

fn write_blob(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len() * 2 + 3);
    out.extend_from_slice(b"X'");
    let start = out.len();
    out.resize(start + bytes.len() * 2, 0);
    let (pairs, _) = out[start..].as_chunks_mut::<2>();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = HEX[usize::from(*byte)];
    }
    out.push(b'\'');
}

pub(crate) fn write_cast(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(b"CAST(");
    write_blob(out, bytes);
    out.extend_from_slice(b" AS TEXT)");
}

/// Appends text that may not be UTF-8. Most is plain: one look at it, a few bytes at once, tells.
fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    let (mut quotes, mut low, mut all) = (0, 0, 0);
    for byte in bytes {
        quotes |= u8::from(*byte == b'\'');
        low |= u8::from(*byte < b' ');
        all |= *byte;
    }
    if low == 0 && all < 0x80 {
        out.reserve(bytes.len() + 2);
        out.push(b'\'');
        if quotes == 0 {
            out.extend_from_slice(bytes);
        } else {
            write_quoted(out, bytes);
        }
        out.push(b'\'');
        return;
    }
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => write_text(out, text),
        Err(_) => write_cast(out, bytes),
    }
}

/// The characters that must not stand in a literal, and what stands for them.
const SPECIAL: [(char, &str, u8); 3] = [('\n', "\\n", 10), ('\r', "\\r", 13), ('\0', "\\0", 0)];

fn write_text(out: &mut Vec<u8>, text: &str) {
    if memchr::memchr3(b'\n', b'\r', 0, text.as_bytes()).is_none() {
        out.push(b'\'');
        write_quoted(out, text.as_bytes());
        out.push(b'\'');
        return;
    }
    let used: Vec<(char, String, u8)> = SPECIAL
        .iter()
        .filter(|(special, ..)| text.contains(*special))
        .map(|(special, stem, code)| (*special, placeholder(text, stem), *code))
        .collect();
    for _ in &used {
        out.extend_from_slice(b"replace(");
    }
    out.push(b'\'');
    let mut rest = text;
    while let Some(at) = rest.find(['\n', '\r', '\0']) {
        write_quoted(out, &rest.as_bytes()[..at]);
        let found = rest[at..].chars().next();
        if let Some((_, stand_in, _)) = used.iter().find(|(special, ..)| Some(*special) == found) {
            out.extend_from_slice(stand_in.as_bytes());
        }
        // All three are one byte long.
        rest = &rest[at + 1..];
    }
    write_quoted(out, rest.as_bytes());
    out.push(b'\'');
    for (_, stand_in, code) in &used {
        let _ = write!(out, ",'{stand_in}',char({code}))");
    }
}

/// A stand-in that the text doesn't hold: `\n`, else `\n1`, `\n2`, …
///
/// It begins with the only backslash in it and the three differ in their second character, so no
/// occurrence can arise across the border of one that is put in.
fn placeholder(text: &str, stem: &str) -> String {
    let mut stand_in = stem.to_owned();
    let mut number = 0_u64;
    while text.contains(&stand_in) {
        number += 1;
        stand_in = format!("{stem}{number}");
    }
    stand_in
}

fn write_quoted(out: &mut Vec<u8>, text: &[u8]) {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\'', rest) {
        // With the quote, which then stands there twice.
        out.extend_from_slice(&rest[..=at]);
        out.push(b'\'');
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}
