//! Where a statement ends.

use std::borrow::Cow;

/// A statement as the driver must be given it to hand it on as it is.
///
/// The driver cuts off what Unicode calls white space. To SQLite a no-break space is a letter, and
/// may be the name that a statement ends with; behind a semicolon it is safe.
#[must_use]
pub fn closed(sql: &str) -> Cow<'_, str> {
    let ends_in_a_letter =
        sql.chars().next_back().is_some_and(|last| last.is_whitespace() && !last.is_ascii());
    if ends_in_a_letter { Cow::Owned(format!("{sql};")) } else { Cow::Borrowed(sql) }
}
