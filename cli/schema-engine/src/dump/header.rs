//! What a dump says of itself in comments before its first statement.

use rusqlite::{Connection, OptionalExtension as _};

use super::script::Order;
use super::seal::Holds;
use crate::from_the_app::FromTheApp;
use crate::history::BOOKKEEPING_TABLE;

/// The lines before the first statement. They say nothing that two dumps of equal databases,
/// made by one program, would differ in.
pub(super) fn lines(
    connection: &Connection,
    order: &Order<'_>,
    needs: &[FromTheApp],
) -> Vec<String> {
    let holds = if order.damage.is_empty() { order.selection.holds() } else { Holds::Remains };
    let mut lines = vec![
        holds.header(),
        comment(&format!("made by {} with SQLite {}", order.made_by, rusqlite::version())),
        comment(&match revision(connection) {
            Some(revision) => format!("schema revision: {revision}"),
            None => "schema revision: none".to_owned(),
        }),
    ];
    lines.extend(order.selection.described().map(|part| comment(&format!("holds {part}"))));
    lines.extend(needs.iter().map(|needed| {
        comment(&format!("needs the {} {} of its app", needed.kind.noun(), needed.name))
    }));
    lines.extend(order.damage.iter().map(|damage| comment(&format!("DAMAGE: {damage}"))));
    lines
}

/// The revision that was applied last. A database without books has none.
fn revision(connection: &Connection) -> Option<String> {
    let sql = format!(
        "SELECT version FROM {BOOKKEEPING_TABLE} ORDER BY applied_at DESC, version DESC LIMIT 1"
    );
    connection.query_row(&sql, [], |row| row.get(0)).optional().ok().flatten()
}

/// A comment on a line of its own, whatever the text holds.
pub(super) fn comment(text: &str) -> String {
    let mut line = "-- ".to_owned();
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::comment;

    #[test]
    fn a_comment_stays_on_its_line() {
        assert_eq!(comment("a\nDROP TABLE b;\r\0é"), "-- a\\nDROP TABLE b;\\r\\u{0}é");
    }
}
