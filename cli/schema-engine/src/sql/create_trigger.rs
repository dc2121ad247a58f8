//! `CREATE TRIGGER`, as far as anybody asks: at which event it fires.

use super::lexer::significant_tokens;

/// What a trigger fires at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerEvent {
    /// `INSERT`
    Insert,
    /// `UPDATE`, of all columns or of some.
    Update,
    /// `DELETE`
    Delete,
}

/// The event of a stored trigger; `None` where the text can't be read.
#[must_use]
pub fn event(sql: &str) -> Option<TriggerEvent> {
    let tokens = significant_tokens(sql).ok()?;
    let words: Vec<_> =
        tokens.iter().skip(2).map(|token| token.text(sql).to_ascii_lowercase()).collect();
    // A trigger may be called `insert`, so only an event right before ON or OF is one.
    words.windows(2).find_map(|two| match (two[0].as_str(), two[1].as_str()) {
        ("insert", "on") => Some(TriggerEvent::Insert),
        ("update", "on" | "of") => Some(TriggerEvent::Update),
        ("delete", "on") => Some(TriggerEvent::Delete),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{TriggerEvent, event};

    #[test]
    fn the_event_stands_before_its_table() {
        for (sql, expected) in [
            ("CREATE TRIGGER g INSERT ON t BEGIN SELECT 1; END", Some(TriggerEvent::Insert)),
            ("CREATE TRIGGER \"update\" after DELETE/**/ON t BEGIN", Some(TriggerEvent::Delete)),
            ("CREATE TRIGGER insert UPDATE OF a ON t BEGIN", Some(TriggerEvent::Update)),
            ("CREATE TRIGGER g", None),
            ("CREATE TRIGGER 'g", None),
        ] {
            assert_eq!(event(sql), expected, "{sql}");
        }
    }
}
