//! Defaults, compared by the value they give.

use super::column_type::Affinity;
use crate::sql::lexer::{TokenKind, significant_tokens, unquote};
use crate::sql::normal::normal;

/// A column's default as it stands in the column's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultValue(String);

/// What a default means.
#[derive(Debug, Clone, PartialEq)]
enum Meaning {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(String),
    /// Anything that is worked out when a row is inserted, in normal form.
    Expression(String),
}

impl DefaultValue {
    /// The default's text, any parentheses included.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it gives NULL, as having no default does.
    pub fn is_null(&self) -> bool {
        meaning(&self.0) == Meaning::Null
    }

    /// Whether it is a constant that `ALTER TABLE … ADD COLUMN` takes on a table with rows
    /// (<https://www.sqlite.org/lang_altertable.html#altertabaddcol>).
    pub fn is_constant(&self) -> bool {
        !self.0.trim_start().starts_with('(') && !matches!(meaning(&self.0), Meaning::Expression(_))
    }

    /// Whether rows that are there when `ALTER TABLE` adds the column get the very value that new
    /// rows get: as text, the former get a number as it is written and the latter as it is shown;
    /// without a type, the former get a whole number as an integer.
    pub fn is_the_same_for_old_rows(&self, affinity: Affinity) -> bool {
        match meaning(&self.0) {
            Meaning::Integer(value) => affinity != Affinity::Text || self.0 == value.to_string(),
            Meaning::Real(_) => !matches!(affinity, Affinity::Text | Affinity::Blob),
            _ => true,
        }
    }

    /// What rows read that were there when `ALTER TABLE` added the column, as an expression that
    /// gives the column the same value; `None` where that is hard to say.
    ///
    /// SQLite doesn't take a default that has to be worked out for a table with rows, so there are
    /// none then.
    pub(crate) fn as_read_by_old_rows(&self, affinity: Affinity) -> Option<String> {
        let parenthesised = || {
            let tokens = significant_tokens(&self.0).ok()?;
            let mut tokens = tokens.iter().skip_while(|token| token.text(&self.0) == "(");
            Some([tokens.next()?.text(&self.0), tokens.next().map_or("", |t| t.text(&self.0))])
        };
        match meaning(&self.0) {
            Meaning::Null => Some("NULL".to_owned()),
            Meaning::Integer(value) => Some(value.to_string()),
            Meaning::Real(_) if matches!(affinity, Affinity::Text | Affinity::Blob) => None,
            Meaning::Real(_) | Meaning::Text(_) | Meaning::Blob(_) => Some(self.as_expression()),
            Meaning::Expression(_) => {
                let [first, second] = parenthesised()?;
                let function = second == "(" && !first.eq_ignore_ascii_case("cast");
                let time = first.to_ascii_lowercase().starts_with("current_");
                (function || time).then(|| "NULL".to_owned())
            }
        }
    }

    /// The default as an expression that a SELECT can use.
    ///
    /// Without parentheses a bare or double-quoted word is a string there, but would be a
    /// column's name in a SELECT.
    pub fn as_expression(&self) -> String {
        match meaning(&self.0) {
            Meaning::Text(text) => format!("'{}'", text.replace('\'', "''")),
            _ => self.0.clone(),
        }
    }

    /// Whether both give the same value in a column of this affinity.
    pub fn means_the_same_as(&self, other: &Self, affinity: Affinity) -> bool {
        stored(meaning(&self.0), affinity) == stored(meaning(&other.0), affinity)
    }
}

fn meaning(text: &str) -> Meaning {
    let bare = normal(text);
    let parenthesised = text.trim_start().starts_with('(');
    let expression = || Meaning::Expression(bare.clone());
    let Ok(tokens) = significant_tokens(&bare) else {
        return expression();
    };
    let (sign, value) = match tokens.as_slice() {
        [value] => ("", value),
        [sign, value] if sign.kind == TokenKind::Symbol && value.kind == TokenKind::Number => {
            (sign.text(&bare), value)
        }
        _ => return expression(),
    };
    let word = value.text(&bare);
    match value.kind {
        TokenKind::Number => number(sign, word).unwrap_or_else(expression),
        TokenKind::String => Meaning::Text(unquote(word)),
        TokenKind::Blob => Meaning::Blob(word.to_owned()),
        TokenKind::Word => match word {
            "null" => Meaning::Null,
            "true" => Meaning::Integer(1),
            "false" => Meaning::Integer(0),
            "current_timestamp" | "current_date" | "current_time" => expression(),
            // `DEFAULT word` is the string 'word', as it was written.
            _ if !parenthesised => Meaning::Text(written_word(text)),
            _ => expression(),
        },
        TokenKind::Quoted if !parenthesised => Meaning::Text(unquote(text.trim())),
        _ => expression(),
    }
}

/// The first token of a default, out of its quotes and in its own letter case.
fn written_word(text: &str) -> String {
    significant_tokens(text)
        .ok()
        .and_then(|tokens| tokens.first().and_then(|token| token.name(text)))
        .unwrap_or_else(|| text.to_owned())
}

fn number(sign: &str, digits: &str) -> Option<Meaning> {
    if let Some(hexadecimal) = digits.strip_prefix("0x") {
        let value = u64::from_str_radix(hexadecimal, 16).ok()?.cast_signed();
        let value = if sign == "-" { value.checked_neg()? } else { value };
        return (sign != "~").then_some(Meaning::Integer(value));
    }
    let signed = match sign {
        "" | "+" => digits.to_owned(),
        "-" => format!("-{digits}"),
        _ => return None,
    };
    match signed.parse::<i64>() {
        Ok(value) => Some(Meaning::Integer(value)),
        Err(_) => signed.parse::<f64>().ok().map(Meaning::Real),
    }
}

/// What a column of this affinity stores for the value.
fn stored(meaning: Meaning, affinity: Affinity) -> Meaning {
    match (affinity, meaning) {
        (Affinity::Text, Meaning::Integer(value)) => Meaning::Text(value.to_string()),
        (Affinity::Integer | Affinity::Numeric | Affinity::Real, Meaning::Text(text)) => {
            match text.trim().parse::<f64>() {
                Ok(_) if text.bytes().any(|byte| byte.is_ascii_alphabetic() && byte != b'e') => {
                    Meaning::Text(text)
                }
                Ok(value) => stored(
                    text.trim().parse().map_or(Meaning::Real(value), Meaning::Integer),
                    affinity,
                ),
                Err(_) => Meaning::Text(text),
            }
        }
        // As REAL, or as a number that happens to be whole: 1.0 and 1 are stored alike.
        (Affinity::Integer | Affinity::Numeric | Affinity::Real, Meaning::Integer(value)) => {
            exact_real(value).map_or(Meaning::Integer(value), Meaning::Real)
        }
        (_, meaning) => meaning,
    }
}

/// The integer as a floating point number, if none of its digits get lost.
fn exact_real(value: i64) -> Option<f64> {
    const EXACT: i64 = 1 << 53;
    #[expect(clippy::cast_precision_loss, reason = "within 2^53 no digit is lost")]
    (-EXACT..=EXACT).contains(&value).then_some(value as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, two: &str, affinity: Affinity) -> bool {
        DefaultValue::new(one).means_the_same_as(&DefaultValue::new(two), affinity)
    }

    #[test]
    fn a_number_as_text_is_shown_in_one_way() {
        let same = |text| DefaultValue::new(text).is_the_same_for_old_rows(Affinity::Text);
        assert!(same("'1e3'") && same("10") && same("-1"));
        assert!(!same("1e3") && !same("0x1F") && !same("1.50") && !same("TRUE") && !same("+1"));
        assert!(DefaultValue::new("1e3").is_the_same_for_old_rows(Affinity::Real));
        // 1000 in old rows, 1000.0 in new ones.
        assert!(!DefaultValue::new("1e3").is_the_same_for_old_rows(Affinity::Blob));
    }

    #[test]
    fn old_rows_read_a_constant() {
        let read = |text, affinity| DefaultValue::new(text).as_read_by_old_rows(affinity);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("('x')", Affinity::Text), some("'x'"));
        assert_eq!(read("(-1)", Affinity::Integer), some("-1"));
        assert_eq!(read("0x1F", Affinity::Text), some("31"));
        assert_eq!(read("1.50", Affinity::Real), some("1.50"));
        assert_eq!(read("1.50", Affinity::Text), None);
        assert_eq!(read("(CAST('7' AS INTEGER))", Affinity::Integer), None);
        assert_eq!(read("CURRENT_TIMESTAMP", Affinity::Text), some("NULL"));
        assert_eq!(read("(datetime('now'))", Affinity::Text), some("NULL"));
    }

    #[test]
    fn one_value_in_many_spellings() {
        for (one, two, affinity) in [
            ("''", "('')", Affinity::Text),
            ("'it''s'", "\"it's\"", Affinity::Text),
            ("(-1)", "-1", Affinity::Integer),
            ("TRUE", "1", Affinity::Numeric),
            ("5", "'5'", Affinity::Integer),
            ("5", "'5'", Affinity::Text),
            ("1.0", "1", Affinity::Real),
            ("CURRENT_TIMESTAMP", "(current_timestamp)", Affinity::Text),
            ("(lower( 'A' ))", "(lower('A'))", Affinity::Text),
            ("+3", "3", Affinity::Integer),
            ("0x10", "16", Affinity::Integer),
            ("(((1)))", "1", Affinity::Integer),
            ("medium", "'medium'", Affinity::Text),
        ] {
            assert!(same(one, two, affinity), "{one} | {two}");
        }
    }

    #[test]
    fn what_differs() {
        for (one, two, affinity) in [
            ("'a'", "'A'", Affinity::Text),
            ("1.0", "1", Affinity::Blob),
            ("'1'", "1", Affinity::Blob),
            ("'CURRENT_TIMESTAMP'", "CURRENT_TIMESTAMP", Affinity::Text),
            ("'nan'", "0", Affinity::Real),
            ("'inf'", "9e999", Affinity::Real),
            ("x'00'", "'00'", Affinity::Blob),
            ("5.2", "5.3", Affinity::Real),
        ] {
            assert!(!same(one, two, affinity), "{one} | {two}");
        }
    }

    #[test]
    fn constants_and_expressions() {
        for text in ["1", "-1", "'x'", "NULL", "TRUE", "x'00'", "word"] {
            assert!(DefaultValue::new(text).is_constant(), "{text}");
        }
        for text in ["CURRENT_TIMESTAMP", "(1)", "(random())"] {
            assert!(!DefaultValue::new(text).is_constant(), "{text}");
        }
        assert_eq!(DefaultValue::new("\"it's\"").as_expression(), "'it''s'");
        assert!(DefaultValue::new("(null)").is_null());
    }
}
