//! What a way costs, told on stderr: what is edited and rebuilt, notes, hazards.

use crate::terminal::Terminal;
use schema_engine::census::{CountedHazard, Fate, Footprint};
use schema_engine::draft::Draft;
use schema_engine::plan::Plan;

/// What a proven way does to the data.
pub(super) struct Cost<'a> {
    /// The way; `None` where none was proven.
    pub(super) up: Option<&'a Plan>,
    pub(super) footprint: &'a [Footprint],
    pub(super) notes: &'a [String],
    pub(super) hazards: &'a [CountedHazard],
}

impl<'a> Cost<'a> {
    pub(super) fn of(draft: &'a Draft) -> Self {
        Self {
            up: Some(&draft.proven.up),
            footprint: &draft.footprint,
            notes: &draft.notes,
            hazards: &draft.hazards,
        }
    }

    pub(super) fn tell(&self, terminal: &Terminal) {
        let say = |line: &str| terminal.say(&format!("  {line}"));
        for edit in self.up.into_iter().flat_map(Plan::edits) {
            say(&format!("{}: only its stored SQL is edited, no row is copied", edit.table));
            edit.fills.iter().for_each(|fill| say(fill));
        }
        for rebuild in self.up.into_iter().flat_map(Plan::rebuilds) {
            let measured = self.footprint.iter().find(|footprint| {
                footprint.fate == Fate::Rebuilt && footprint.table == rebuild.table
            });
            let keeps = rebuild.keeps.join(", ");
            say(&match measured {
                Some(footprint) => footprint.describe(&rebuild.keeps),
                None => format!("{} is rebuilt; that keeps {keeps}", rebuild.table),
            });
            rebuild.fills.iter().for_each(|fill| say(fill));
        }
        for footprint in self.footprint.iter().filter(|found| found.fate != Fate::Rebuilt) {
            say(&footprint.describe(&[]));
        }
        self.notes.iter().for_each(|note| say(note));
        for found in self.hazards {
            terminal.warn(&format!("{}. {}", found.describe(), found.hazard.fix));
        }
    }
}
