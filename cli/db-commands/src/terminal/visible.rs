//! Text from a database or a file name, made safe to show.

use std::borrow::Cow;

/// The text with its control characters spelled out: `\u{1b}`.
///
/// A table's name may hold an escape sequence that moves the cursor or a sign that turns the
/// reading direction; a terminal would obey it and the reader would see something that isn't
/// there. Line ends and tabs stay.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

fn is_hidden(character: char) -> bool {
    match character {
        '\n' | '\t' => false,
        // The directional embeddings, overrides and isolates of Unicode.
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => character.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_spelled_out() {
        for (text, shown) in [
            ("a\tb\nc", "a\tb\nc"),
            ("Prüfung ✓ [x]", "Prüfung ✓ [x]"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\rb\u{202e}c", "a\\u{d}b\\u{202e}c"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
