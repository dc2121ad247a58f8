//! The values that an INSERT of a dump may hold, spelled so that SQLite reads them exactly.
//!
//! - A number with a fraction or an exponent is read here, by the nearest double, and written in a
//!   form that SQLite can't misread: up to 3.52 its own reading is off in the last place far from 1.
//! - `Inf` and `-Inf`, which Python and the shell of 3.53 write and no SQLite reads, are infinities.
//! - Text with bytes that aren't UTF-8, which the shell writes as they are, becomes a CAST.

use super::objection::Objection;
use super::token::{Kind, Token, Tokens, unquoted};
use crate::dump::value::{write_cast, write_real};

/// The words that may stand among the values: those that dumps of any SQLite use.
const WORDS: [&str; 11] =
    ["NULL", "TRUE", "FALSE", "CAST", "AS", "TEXT", "BLOB", "REPLACE", "CHAR", "UNISTR", "VALUES"];

/// Checks `(…) VALUES (…), …` and answers with the whole statement, ready to run.
pub(super) fn rewrite(text: &[u8], mut tokens: Tokens<'_>) -> Result<String, Objection> {
    // The list of columns holds names of any kind.
    let values = tokens
        .find(|token| token.is("VALUES") || token.is("SELECT") || token.is("DEFAULT"))
        .filter(|token| token.is("VALUES"))
        .ok_or("inserts something other than VALUES")?;
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut done = 0;
    let copy_up_to = |out: &mut Vec<u8>, token: &Token<'_>, from: &mut usize| {
        out.extend_from_slice(&text[*from..token.start]);
        *from = token.end();
    };
    for token in tokens.filter(|token| token.start > values.start) {
        match token.kind {
            Kind::Number => {
                if let Some(real) = inexact(token.text)? {
                    copy_up_to(&mut out, &token, &mut done);
                    write_real(&mut out, real);
                }
            }
            Kind::Text => {
                if std::str::from_utf8(token.text).is_err() {
                    copy_up_to(&mut out, &token, &mut done);
                    write_cast(&mut out, &unquoted(token.text));
                }
            }
            Kind::Word if token.is("Inf") || token.is("Infinity") => {
                copy_up_to(&mut out, &token, &mut done);
                write_real(&mut out, f64::INFINITY);
            }
            Kind::Word if WORDS.iter().any(|word| token.is(word)) => {}
            Kind::Word | Kind::Name => {
                let word = String::from_utf8_lossy(token.text);
                return Err(format!("uses `{word}` in a value, which no dump needs").into());
            }
            Kind::Sign(b'(' | b')' | b',' | b'-' | b'+' | b'*' | b'/' | b'|') | Kind::Blob => {}
            Kind::Sign(sign) => {
                return Err(
                    format!("uses `{}` in a value, which no dump needs", char::from(sign)).into()
                );
            }
        }
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    String::from_utf8(out).map_err(|_| Objection::NotUtf8)
}

/// The double that a number stands for, if it isn't an integer.
fn inexact(number: &[u8]) -> Result<Option<f64>, Objection> {
    let text: String =
        number.iter().filter(|byte| **byte != b'_').map(|byte| char::from(*byte)).collect();
    let is_hex = matches!(number, [b'0', b'x' | b'X', ..]);
    // The smallest integer is written with a minus before its digits.
    let is_integer = text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<u64>().is_ok_and(|integer| integer <= 1 << 63);
    if is_hex || is_integer {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| format!("holds `{text}`, which is no number").into())
}

#[cfg(test)]
mod tests {
    use super::{Objection, rewrite};
    use crate::restore::token::Tokens;

    fn rewritten(text: &[u8]) -> Result<String, Objection> {
        rewrite(text, Tokens::new(text))
    }

    #[test]
    fn plain_rows_stay_as_they_are() {
        for text in [
            "INSERT INTO t VALUES(NULL,-9223372036854775808,'it''s',X'00ff',9e999,-0.0)",
            "INSERT INTO \"select\"(\"values\",b) VALUES (1,0x1F),(2,replace('a\\n','\\n',char(10)))",
        ] {
            assert_eq!(rewritten(text.as_bytes()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn odd_values_are_spelled_anew() {
        assert_eq!(
            rewritten(b"INSERT INTO t VALUES(Inf,-Inf,1.50000,'a\xff''',1e3)").unwrap(),
            "INSERT INTO t VALUES(9e999,-9e999,1.5,CAST(X'61FF27' AS TEXT),1000.0)"
        );
        assert_eq!(
            rewritten(b"INSERT INTO t VALUES(99999999999999999999)").unwrap(),
            "INSERT INTO t VALUES(1.0000000000000000e20)"
        );
    }

    #[test]
    fn programs_are_refused() {
        for text in [
            "INSERT INTO t SELECT 1",
            "INSERT INTO t DEFAULT VALUES",
            "INSERT INTO t VALUES((SELECT 1))",
            "INSERT INTO t VALUES(load_extension('x'))",
            "INSERT INTO t VALUES(randomblob(9))",
            "INSERT INTO t VALUES(?1)",
            "INSERT INTO t VALUES(1) RETURNING a",
            "INSERT INTO t VALUES(1) ON CONFLICT DO NOTHING",
            "INSERT INTO t VALUES(1a)",
        ] {
            assert!(rewritten(text.as_bytes()).is_err(), "{text}");
        }
    }
}
