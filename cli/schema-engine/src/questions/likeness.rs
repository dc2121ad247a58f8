//! How alike two names are.

use crate::ident::Ident;
use similar::{ChangeTag, TextDiff};

/// From here on two names look like two tries at one.
const SIMILAR: usize = 60;

/// How alike two names are, from 0 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Likeness(usize);

impl Likeness {
    /// Of the letters of both names, the part that they share in order. A name that the other one
    /// begins or ends with was shortened or made longer, and counts as similar.
    pub(super) fn of(one: &Ident, two: &Ident) -> Self {
        let (one, two) = (one.as_str().to_lowercase(), two.as_str().to_lowercase());
        let letters = one.chars().count() + two.chars().count();
        let diff = TextDiff::from_chars(one.as_str(), two.as_str());
        let shared = diff.iter_all_changes().filter(|change| change.tag() == ChangeTag::Equal);
        let hundredths = (shared.count() * 200).checked_div(letters).unwrap_or(100);
        let (short, long) = if one.len() < two.len() { (one, two) } else { (two, one) };
        let part =
            short.chars().count() >= 3 && (long.starts_with(&short) || long.ends_with(&short));
        Self(if part { hundredths.max(SIMILAR) } else { hundredths })
    }

    pub(super) fn is_similar(self) -> bool {
        self.0 >= SIMILAR
    }

    pub(super) fn hundredths(self) -> usize {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_a_rename() {
        let similar = |(one, two)| Likeness::of(&Ident::from(one), &Ident::from(two)).is_similar();
        for names in [
            ("prio", "priority"),
            ("priority", "Prio"),
            ("due", "due_date"),
            ("date", "due_date"),
            ("created", "created_at"),
            ("user_id", "owner_id"),
            ("colour", "color"),
            ("größe", "grösse"),
            ("x", "X"),
        ] {
            assert!(similar(names), "{names:?}");
        }
        for names in [
            ("points", "effort"),
            ("title", "name"),
            ("tags", "labels"),
            ("id", "uuid_of_the_thing"),
            ("a", "b"),
            ("", "a"),
        ] {
            assert!(!similar(names), "{names:?}");
        }
    }
}
