//! Changing some bytes of a statement and leaving all others as they are.

use std::ops::Range;

/// Replacements to be made in one text.
#[derive(Debug, Default)]
pub struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Puts `text` in the place of a span. Spans must not overlap.
    pub fn replace(&mut self, span: Range<usize>, text: impl Into<String>) {
        self.0.push((span, text.into()));
    }

    /// Puts `text` before a byte. Of several texts for one place the first given comes first.
    pub fn insert(&mut self, at: usize, text: impl Into<String>) {
        self.replace(at..at, text);
    }

    /// Takes a span out.
    pub fn remove(&mut self, span: Range<usize>) {
        self.replace(span, "");
    }

    /// The text with all replacements made.
    pub fn apply(mut self, sql: &str) -> String {
        self.0.sort_by_key(|(span, _)| (span.start, span.end));
        let mut edited = String::with_capacity(sql.len());
        let mut at = 0;
        for (span, text) in self.0 {
            edited.push_str(&sql[at..span.start.max(at)]);
            edited.push_str(&text);
            at = span.end.max(at);
        }
        edited.push_str(&sql[at..]);
        edited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_bytes_stay() {
        let mut edits = Edits::default();
        edits.insert(9, "!");
        edits.replace(4..5, "B");
        edits.remove(0..2);
        edits.insert(9, "?");
        assert_eq!(edits.apply("a . b . c"), ". B . c!?");
    }
}
