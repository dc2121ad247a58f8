//! Names of revisions.

use crate::error::{Error, Result};

/// How revisions are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming<'a> {
    /// `m002_…`: one more than the highest number that is there.
    Sequential,
    /// `m20261123_101500_…`: by this time, as `YYYYMMDD_HHMMSS`.
    Timestamp(&'a str),
}

/// The longest slug; a file name should stay readable.
const SLUG: usize = 40;

/// The id of a new revision with this message.
///
/// # Errors
/// When the message has no letter or digit that a file name could keep, or another revision has
/// the same words.
pub fn revision_id<'a>(
    message: &str,
    naming: Naming<'_>,
    existing: impl IntoIterator<Item = &'a str> + Clone,
) -> Result<String> {
    let slug = slug(message);
    if slug.is_empty() {
        return Err(Error::usage(format!("the message {message:?} gives no name"))
            .state("Nothing was written.")
            .next("Write a message with at least one letter from a to z or a digit."));
    }
    if let Some(other) = existing.clone().into_iter().find(|id| words(id) == slug) {
        return Err(Error::usage(format!("{other} has the same name already"))
            .state("Nothing was written.")
            .next("Write a message that tells the two apart."));
    }
    let number = match naming {
        Naming::Timestamp(time) => time.to_owned(),
        Naming::Sequential => {
            let highest = existing.into_iter().filter_map(number).max().unwrap_or(0);
            format!("{:03}", highest + 1)
        }
    };
    Ok(format!("m{number}_{slug}"))
}

/// Whether a file's stem is one that this tool, or SeaORM's, gives a revision.
pub(super) fn is_revision_id(stem: &str) -> bool {
    let digits = stem
        .strip_prefix('m')
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    digits > 0 && stem[1 + digits..].starts_with('_')
}

/// The number of a sequential id; a date is none.
pub(super) fn number(id: &str) -> Option<u64> {
    let digits = id.strip_prefix('m')?.split('_').next()?;
    if digits.len() >= 8 { None } else { digits.parse().ok() }
}

/// An id without its number.
pub(super) fn words(id: &str) -> &str {
    id.trim_start_matches('m').trim_start_matches(|c: char| c.is_ascii_digit() || c == '_')
}

fn slug(message: &str) -> String {
    let mut slug = String::new();
    for character in message.to_lowercase().chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.truncate(SLUG);
    slug.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const THERE: [&str; 2] = ["m001_initial_schema", "m007_add_tags"];

    #[test]
    fn the_next_number_and_the_words_of_the_message() {
        let id = |message| revision_id(message, Naming::Sequential, THERE).unwrap();
        assert_eq!(id("Add priority field"), "m008_add_priority_field");
        assert_eq!(id("  Ünïcode & (more) -- "), "m008_n_code_more");
        assert_eq!(id(&"long words ".repeat(9)).len(), "m008_".len() + 40);
        assert_eq!(
            revision_id("x", Naming::Timestamp("20261123_101500"), THERE).unwrap(),
            "m20261123_101500_x"
        );
        assert_eq!(revision_id("x", Naming::Sequential, []).unwrap(), "m001_x");
    }

    #[test]
    fn empty_and_taken_names_are_refused() {
        for message in ["", "  ", "--", "äöü", "Add tags!", "ADD  TAGS"] {
            assert!(revision_id(message, Naming::Sequential, THERE).is_err(), "{message:?}");
        }
    }

    #[test]
    fn revisions_are_known_by_their_names() {
        assert!(is_revision_id("m001_a") && is_revision_id("m20261123_101500_x"));
        assert!(!is_revision_id("main") && !is_revision_id("m1") && !is_revision_id("lib"));
    }
}
