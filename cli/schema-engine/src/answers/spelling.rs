//! Names as they are typed in an answer: `tasks.prio`, and in double quotes where a name holds a
//! dot, an equals sign or a quote itself.

use crate::ident::Ident;

/// The name at the beginning of a text, up to one of the letters that end it, and what is left.
/// `None` where there is no name.
pub(super) fn leading_name<'t>(text: &'t str, ends: &[char]) -> Option<(Ident, &'t str)> {
    let (name, rest) = if let Some(quoted) = text.strip_prefix('"') {
        unquoted(quoted)?
    } else {
        let end = text.find(ends).unwrap_or(text.len());
        (text[..end].to_owned(), &text[end..])
    };
    (!name.is_empty()).then(|| (Ident::from(name), rest))
}

/// Reads up to the closing quote; two in a row stand for one.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once('"')?;
        name.push_str(before);
        match after.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Some((name, after)),
        }
    }
}

/// A name as it can be read again.
pub(super) fn spelled(name: &Ident) -> String {
    if name.as_str().contains(['.', '=', '"']) { name.quoted() } else { name.as_str().to_owned() }
}
