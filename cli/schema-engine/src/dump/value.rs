//! SQL literals that every SQLite from 3.8 on reads back as the same bits.
//!
//! What the literals of the `sqlite3` shell lose: text after a NUL byte, CR LF pairs (its line
//! reader drops the CR), the sign of zero, infinities, the last digits of a double and text that
//! isn't UTF-8.

use std::io::Write as _;

use rusqlite::types::ValueRef;

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
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => write_text(out, text),
            Err(_) => write_cast(out, bytes),
        },
        ValueRef::Blob(bytes) => write_blob(out, bytes),
    }
}

/// Appends text that a UTF-16 database stores as these bytes.
pub(crate) fn write_utf16(out: &mut Vec<u8>, bytes: &[u8], encoding: Encoding) {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| match encoding {
        Encoding::Utf16Be => u16::from_be_bytes(*pair),
        Encoding::Utf16Le | Encoding::Utf8 => u16::from_le_bytes(*pair),
    });
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if rest.is_empty() => write_text(out, &text),
        _ => write_cast(out, bytes),
    }
}

fn write_integer(out: &mut Vec<u8>, integer: i64) {
    // A Vec takes all that is written; there is no error to handle.
    let _ = write!(out, "{integer}");
}

/// Between these, 17 significant digits are read back exactly by every engine that was measured;
/// further out many versions of it are off by a unit or two in the last place.
const SAFE_RANGE: std::ops::RangeInclusive<f64> = 1e-60..=1e60;

/// 2^50, exact in 16 digits and so exact in every engine.
const SCALE: &str = "1125899906842624.0";
const SCALE_BITS: i32 = 50;

/// Appends a double as a literal, or as a product of exact ones where a literal would be misread.
pub(crate) fn write_real(out: &mut Vec<u8>, real: f64) {
    if real.is_nan() {
        // SQLite has no NaN: it stores NULL.
        out.extend_from_slice(b"NULL");
    } else if real.is_infinite() {
        out.extend_from_slice(if real > 0.0 { b"9e999" } else { b"-9e999" });
    } else if real == 0.0 {
        out.extend_from_slice(if real.is_sign_negative() { b"-0.0" } else { b"0.0" });
    } else if let Some(plain) = plain_decimal(real) {
        out.extend_from_slice(plain.as_bytes());
    } else if SAFE_RANGE.contains(&real.abs()) {
        let _ = write!(out, "{real:.16e}");
    } else {
        write_product(out, real);
    }
}

/// The decimal number as people write it, `19.99`, where every SQLite reads it back exactly.
///
/// Up to 3.42 SQLite divides the digits by a power of ten with 64 bits and then rounds to the 53
/// of a double. Rounding twice goes wrong if the first result lies halfway between two doubles.
fn plain_decimal(real: f64) -> Option<String> {
    if !(1e-4..1e15).contains(&real.abs()) {
        return None;
    }
    let text = format!("{real:?}");
    let (whole, fraction) = text.trim_start_matches('-').split_once('.')?;
    if fraction.len() > 15 {
        return None;
    }
    let digits: u128 =
        format!("{whole}{fraction}").parse().ok().filter(|digits| *digits < 1 << 53)?;
    let power = 10_u128.pow(u32::try_from(fraction.len()).ok()?);

    // The quotient with 64 or 65 bits; both numbers have at most 53, so nothing overflows.
    let shift = 64 + digits.leading_zeros() - power.leading_zeros();
    let quotient = (digits << shift) / power;
    let is_exact = quotient * power == digits << shift;
    let surplus = (128 - quotient.leading_zeros()).checked_sub(53)?;
    let rest = quotient & ((1 << surplus) - 1);
    let is_safe = if is_exact { rest == 0 } else { rest.abs_diff(1 << (surplus - 1)) > 2 };
    is_safe.then_some(text)
}

/// Writes `m × 2^k` as `m.0*1125899906842624.0*…` or with `/`. Each step only moves the exponent,
/// so each is exact.
fn write_product(out: &mut Vec<u8>, real: f64) {
    let bits = real.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    // The mask leaves eleven bits.
    let biased = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
    let (mantissa, mut exponent) =
        if biased == 0 { (fraction, -1074) } else { (fraction | (1 << 52), biased - 1075) };
    if real.is_sign_negative() {
        out.push(b'-');
    }
    let _ = write!(out, "{mantissa}.0");
    let operator = if exponent < 0 { b'/' } else { b'*' };
    exponent = exponent.abs();
    while exponent > 0 {
        out.push(operator);
        if exponent >= SCALE_BITS {
            out.extend_from_slice(SCALE.as_bytes());
        } else {
            let _ = write!(out, "{}.0", 1_u64 << exponent);
        }
        exponent -= SCALE_BITS;
    }
}

fn write_blob(out: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.reserve(bytes.len() * 2 + 3);
    out.extend_from_slice(b"X'");
    for byte in bytes {
        out.push(HEX[usize::from(byte >> 4)]);
        out.push(HEX[usize::from(byte & 15)]);
    }
    out.push(b'\'');
}

pub(crate) fn write_cast(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(b"CAST(");
    write_blob(out, bytes);
    out.extend_from_slice(b" AS TEXT)");
}

/// The characters that must not stand in a literal, and what stands for them.
const SPECIAL: [(char, &str, u8); 3] = [('\n', "\\n", 10), ('\r', "\\r", 13), ('\0', "\\0", 0)];

fn write_text(out: &mut Vec<u8>, text: &str) {
    if !text.contains(['\n', '\r', '\0']) {
        out.push(b'\'');
        write_quoted(out, text);
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
        write_quoted(out, &rest[..at]);
        let found = rest[at..].chars().next();
        if let Some((_, stand_in, _)) = used.iter().find(|(special, ..)| Some(*special) == found) {
            out.extend_from_slice(stand_in.as_bytes());
        }
        // All three are one byte long.
        rest = &rest[at + 1..];
    }
    write_quoted(out, rest);
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

fn write_quoted(out: &mut Vec<u8>, text: &str) {
    let mut parts = text.split('\'');
    if let Some(first) = parts.next() {
        out.extend_from_slice(first.as_bytes());
    }
    for part in parts {
        out.extend_from_slice(b"''");
        out.extend_from_slice(part.as_bytes());
    }
}
