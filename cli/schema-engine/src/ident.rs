//! Names of tables, columns and other objects, compared as SQLite compares them.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A name as it was written, equal to every other spelling that differs in ASCII case alone.
///
/// SQLite folds only `A` to `Z` when it looks a name up; `É` and `é` are two names.
#[derive(Clone)]
pub struct Ident(Box<str>);

impl Ident {
    /// The name, without any quotes it was written in.
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self(name.into())
    }

    /// The name as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in double quotes, fit for any place in SQL that takes a name.
    pub fn quoted(&self) -> String {
        quote(&self.0, '"')
    }

    /// The name as a string literal, for places where SQL wants it as a value.
    pub fn literal(&self) -> String {
        quote(&self.0, '\'')
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

fn quote(text: &str, mark: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(mark);
    for character in text.chars() {
        if character == mark {
            quoted.push(mark);
        }
        quoted.push(character);
    }
    quoted.push(mark);
    quoted
}

impl PartialEq for Ident {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Ident {}

impl PartialOrd for Ident {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ident {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

impl Hash for Ident {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.folded() {
            state.write_u8(byte);
        }
        state.write_u8(0xff);
    }
}

impl fmt::Debug for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Ident {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Ident {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_folded_for_ascii_alone() {
        assert_eq!(Ident::from("Tasks"), Ident::from("tASKS"));
        assert_ne!(Ident::from("É"), Ident::from("é"));
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(Ident::from("we\"ird").quoted(), "\"we\"\"ird\"");
        assert_eq!(Ident::from("it's").literal(), "'it''s'");
    }
}
