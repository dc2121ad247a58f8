//! Reads the values of a row without SQLite, to the last bit.
//!
//! All that dumps consist of is read here: numbers, texts, blobs, `replace()` around a text with
//! `char()` in it, `unistr()`, CAST of a blob. SQLite's own reading of a number is off in the last
//! place far from 1 up to 3.52, and it has to compile every row. Whatever isn't plain is told to be
//! so, and then SQLite reads that row.

use memchr::{memchr, memchr3, memmem};

use super::row_batch::{Cell, Values};
use super::split::is_word;

/// Why a row wasn't read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It doesn't end in what there is.
    Incomplete,
    /// It is none of the plain forms.
    Odd,
    /// There is a NUL byte in it, after so many line ends.
    Nul(u64),
}

/// A row that was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) width: usize,
    /// How much was read, with the comma or semicolon after it.
    pub(super) length: usize,
    pub(super) lines: u64,
    /// Whether the statement ends with it.
    pub(super) is_last: bool,
}

/// How deep `replace()` may be nested: dumps of ours need three.
const DEPTH: u32 = 16;

/// Reads `(value, …)` with the comma or semicolon that follows.
///
/// With UTF-16, what isn't UTF-8 is odd: its bytes mean something else then.
pub(super) fn row(text: &[u8], utf16: bool, values: &mut Values) -> Result<Row, Stop> {
    let mut reader = Reader { text, at: 0, lines: 0, utf16, values };
    reader.space();
    reader.expect(b'(')?;
    let mut width = 0;
    loop {
        reader.value()?;
        width += 1;
        match reader.sign()? {
            b',' => {}
            b')' => break,
            _ => return Err(Stop::Odd),
        }
    }
    let is_last = match reader.sign()? {
        b',' => false,
        b';' => true,
        _ => return Err(Stop::Odd),
    };
    Ok(Row { width, length: reader.at, lines: reader.lines, is_last })
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    lines: u64,
    utf16: bool,
    values: &'a mut Values,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Result<u8, Stop> {
        self.text.get(self.at).copied().ok_or(Stop::Incomplete)
    }

    fn space(&mut self) {
        while let Some(byte) = self.text.get(self.at).filter(|byte| byte.is_ascii_whitespace()) {
            self.lines += u64::from(*byte == b'\n');
            self.at += 1;
        }
    }

    fn expect(&mut self, sign: u8) -> Result<(), Stop> {
        if self.sign()? == sign { Ok(()) } else { Err(Stop::Odd) }
    }

    /// The next character that isn't white space.
    fn sign(&mut self) -> Result<u8, Stop> {
        self.space();
        let sign = self.peek()?;
        self.at += 1;
        Ok(sign)
    }

    fn value(&mut self) -> Result<(), Stop> {
        self.space();
        let cell = match self.peek()? {
            b'\'' => self.text_literal()?,
            b'0'..=b'9' | b'-' | b'+' | b'.' => self.number()?,
            b'x' | b'X' => self.blob()?,
            _ => self.word()?,
        };
        self.values.cells.push(cell);
        Ok(())
    }

    /// `'it''s'`
    fn text_literal(&mut self) -> Result<Cell, Stop> {
        let start = self.values.bytes.len();
        self.quoted()?;
        let end = self.values.bytes.len();
        self.check_utf8(start)?;
        Ok(Cell::Text(start, end))
    }

    fn check_utf8(&self, start: usize) -> Result<(), Stop> {
        if self.utf16 && std::str::from_utf8(&self.values.bytes[start..]).is_err() {
            return Err(Stop::Odd);
        }
        Ok(())
    }

    /// Appends what stands in single quotes.
    fn quoted(&mut self) -> Result<(), Stop> {
        self.expect(b'\'')?;
        loop {
            let rest = self.rest();
            let found = memchr3(b'\'', b'\n', 0, rest).ok_or(Stop::Incomplete)?;
            match rest[found] {
                0 => return Err(Stop::Nul(self.lines)),
                b'\n' => {
                    self.lines += 1;
                    self.values.bytes.extend_from_slice(&rest[..=found]);
                    self.at += found + 1;
                }
                _ => {
                    let is_doubled = *rest.get(found + 1).ok_or(Stop::Incomplete)? == b'\'';
                    self.values.bytes.extend_from_slice(&rest[..found + usize::from(is_doubled)]);
                    self.at += found + 1 + usize::from(is_doubled);
                    if !is_doubled {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// `X'00ff'`
    fn blob(&mut self) -> Result<Cell, Stop> {
        self.at += 1;
        if self.peek()? != b'\'' {
            return Err(Stop::Odd);
        }
        let digits = &self.rest()[1..];
        let length = memchr(b'\'', digits).ok_or(Stop::Incomplete)?;
        let (pairs, rest) = digits[..length].as_chunks::<2>();
        if !rest.is_empty() {
            return Err(Stop::Odd);
        }
        let start = self.values.bytes.len();
        self.values.bytes.reserve(pairs.len());
        let mut wrong = 0;
        for pair in pairs {
            let [high, low] = pair.map(|digit| HEX[usize::from(digit)]);
            wrong |= high | low;
            self.values.bytes.push(high << 4 | low & 15);
        }
        if wrong > 15 {
            return Err(Stop::Odd);
        }
        self.at += length + 2;
        Ok(Cell::Blob(start, self.values.bytes.len()))
    }

    fn number(&mut self) -> Result<Cell, Stop> {
        let negative = match self.peek()? {
            b'-' => true,
            b'+' => false,
            _ => return self.unsigned(false),
        };
        self.at += 1;
        match self.peek()? {
            b'0'..=b'9' | b'.' => self.unsigned(negative),
            b'i' | b'I' => {
                let word = self.bare_word()?;
                if !is_infinity(word) {
                    return Err(Stop::Odd);
                }
                Ok(Cell::Real(if negative { f64::NEG_INFINITY } else { f64::INFINITY }))
            }
            _ => Err(Stop::Odd),
        }
    }

    fn unsigned(&mut self, negative: bool) -> Result<Cell, Stop> {
        let rest = self.rest();
        let length = rest
            .iter()
            .enumerate()
            .position(|(at, byte)| {
                let in_exponent =
                    matches!(byte, b'+' | b'-') && at > 0 && matches!(rest[at - 1], b'e' | b'E');
                !(byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E') || in_exponent)
            })
            .ok_or(Stop::Incomplete)?;
        let (number, after) = rest.split_at(length);
        // Hexadecimal, with separators, or no number at all.
        if after.first().is_some_and(|byte| is_word(*byte)) {
            return Err(Stop::Odd);
        }
        self.at += length;
        if number.iter().all(u8::is_ascii_digit) {
            return integer(number, negative).map(Cell::Integer).ok_or(Stop::Odd);
        }
        let real = parse_real(number)?;
        let real = if negative { -real } else { real };
        self.product(real)
    }

    /// `m.0*1125899906842624.0*…` or with `/`: each step is exact where the whole is.
    fn product(&mut self, mut real: f64) -> Result<Cell, Stop> {
        loop {
            self.space();
            let operator = self.peek()?;
            if !matches!(operator, b'*' | b'/') {
                return Ok(if real.is_nan() { Cell::Null } else { Cell::Real(real) });
            }
            self.at += 1;
            self.space();
            let rest = self.rest();
            let length = rest
                .iter()
                .position(|byte| !byte.is_ascii_digit() && *byte != b'.')
                .ok_or(Stop::Incomplete)?;
            let factor = &rest[..length];
            if !factor.contains(&b'.') || rest.get(length).is_some_and(|byte| is_word(*byte)) {
                return Err(Stop::Odd);
            }
            let factor = parse_real(factor)?;
            // SQLite makes NULL of a division by zero.
            if factor == 0.0 {
                return Err(Stop::Odd);
            }
            real = if operator == b'*' { real * factor } else { real / factor };
            self.at += length;
        }
    }

    fn bare_word(&mut self) -> Result<&'a [u8], Stop> {
        let rest = self.rest();
        let length = rest.iter().position(|byte| !is_word(*byte)).ok_or(Stop::Incomplete)?;
        self.at += length;
        Ok(&rest[..length])
    }

    fn word(&mut self) -> Result<Cell, Stop> {
        let start = self.at;
        let word = self.bare_word()?;
        let is = |keyword: &[u8]| word.eq_ignore_ascii_case(keyword);
        if is(b"NULL") {
            Ok(Cell::Null)
        } else if is_infinity(word) {
            Ok(Cell::Real(f64::INFINITY))
        } else if is(b"CAST") {
            self.cast()
        } else if is(b"REPLACE") || is(b"UNISTR") || is(b"CHAR") {
            self.at = start;
            let text = self.text_value(DEPTH)?;
            let start = self.values.bytes.len();
            self.values.bytes.extend_from_slice(&text);
            self.check_utf8(start)?;
            Ok(Cell::Text(start, self.values.bytes.len()))
        } else {
            Err(Stop::Odd)
        }
    }

    /// `(X'…' AS TEXT)`
    fn cast(&mut self) -> Result<Cell, Stop> {
        self.expect(b'(')?;
        self.space();
        if !matches!(self.peek()?, b'x' | b'X') {
            return Err(Stop::Odd);
        }
        let Cell::Blob(start, end) = self.blob()? else { return Err(Stop::Odd) };
        self.space();
        let is_as = self.bare_word()?.eq_ignore_ascii_case(b"AS");
        self.space();
        let is_text = self.bare_word()?.eq_ignore_ascii_case(b"TEXT");
        self.expect(b')')?;
        // In UTF-16 the bytes are those of the database.
        if !is_as || !is_text || self.utf16 { Err(Stop::Odd) } else { Ok(Cell::Text(start, end)) }
    }

    /// A text that is put together: `replace('a\nb','\n',char(10))`.
    fn text_value(&mut self, depth: u32) -> Result<Vec<u8>, Stop> {
        let depth = depth.checked_sub(1).ok_or(Stop::Odd)?;
        self.space();
        if self.peek()? == b'\'' {
            let start = self.values.bytes.len();
            self.quoted()?;
            return Ok(self.values.bytes.split_off(start));
        }
        let word = self.bare_word()?;
        let text = if word.eq_ignore_ascii_case(b"REPLACE") {
            self.expect(b'(')?;
            let text = self.text_value(depth)?;
            self.expect(b',')?;
            let stand_in = self.text_value(depth)?;
            self.expect(b',')?;
            let meant = self.text_value(depth)?;
            // Longer than what it stands for: that isn't how dumps use it, and it could grow
            // without end.
            if stand_in.is_empty() || meant.len() > stand_in.len() {
                return Err(Stop::Odd);
            }
            replaced(&text, &stand_in, &meant)
        } else if word.eq_ignore_ascii_case(b"CHAR") {
            self.expect(b'(')?;
            return self.characters();
        } else if word.eq_ignore_ascii_case(b"UNISTR") {
            self.expect(b'(')?;
            unescaped(&self.text_value(depth)?).ok_or(Stop::Odd)?
        } else {
            return Err(Stop::Odd);
        };
        self.expect(b')')?;
        Ok(text)
    }

    /// The numbers in `char(13,10)`.
    fn characters(&mut self) -> Result<Vec<u8>, Stop> {
        let mut text = String::new();
        loop {
            self.space();
            let word = self.bare_word()?;
            let code = std::str::from_utf8(word).ok().and_then(|digits| digits.parse().ok());
            text.push(code.and_then(char::from_u32).ok_or(Stop::Odd)?);
            match self.sign()? {
                b',' => {}
                b')' => return Ok(text.into_bytes()),
                _ => return Err(Stop::Odd),
            }
        }
    }
}

const HEX: [u8; 256] = {
    let mut table = [0xf0; 256];
    let mut digit = 0_u8;
    while digit < 16 {
        let lower = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
        table[lower as usize] = digit;
        table[lower.to_ascii_uppercase() as usize] = digit;
        digit += 1;
    }
    table
};

fn is_infinity(word: &[u8]) -> bool {
    word.eq_ignore_ascii_case(b"Inf") || word.eq_ignore_ascii_case(b"Infinity")
}

fn integer(digits: &[u8], negative: bool) -> Option<i64> {
    // The smallest integer has no positive counterpart.
    let fold = |so_far: Option<i64>, digit: &u8| {
        so_far?.checked_mul(10)?.checked_sub(i64::from(digit - b'0'))
    };
    let minus = digits.iter().fold(Some(0), fold)?;
    if negative { Some(minus) } else { minus.checked_neg() }
}

fn parse_real(number: &[u8]) -> Result<f64, Stop> {
    std::str::from_utf8(number).ok().and_then(|text| text.parse().ok()).ok_or(Stop::Odd)
}

fn replaced(text: &[u8], stand_in: &[u8], meant: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut done = 0;
    for found in memmem::find_iter(text, stand_in) {
        out.extend_from_slice(&text[done..found]);
        out.extend_from_slice(meant);
        done = found + stand_in.len();
    }
    out.extend_from_slice(&text[done..]);
    out
}

/// What `unistr()` makes of a text: `\XXXX`, `\uXXXX`, `\+XXXXXX`, `\UXXXXXXXX`, `\\`.
/// <https://www.sqlite.org/lang_corefunc.html#unistr>
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let (skip, digits) = match rest.first()? {
            b'\\' => {
                out.push(b'\\');
                rest = &rest[1..];
                continue;
            }
            b'u' => (1, 4),
            b'+' => (1, 6),
            b'U' => (1, 8),
            _ => (0, 4),
        };
        let code = std::str::from_utf8(rest.get(skip..skip + digits)?).ok()?;
        let code = code.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(code)?;
        let found = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
        out.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
        rest = &rest[skip + digits..];
    }
    out.extend_from_slice(rest);
    Some(out)
}

#[cfg(test)]
mod tests;
