//! What a run came to, and a broken law as files that show it.

use crate::case::Case;
use crate::laws::{Broken, Down, Outcome};
use crate::rename::Rename;
use crate::rows;
use std::fmt::Write as _;

/// How many cases came to what.
#[derive(Default)]
pub(crate) struct Tally {
    tried: usize,
    discarded: usize,
    equal: usize,
    went: usize,
    emptied: usize,
    rows: usize,
    lacking: usize,
    renames: usize,
    parked: usize,
    first_discards: Vec<String>,
    failures: u64,
}

impl Tally {
    pub(crate) fn count(&mut self, outcome: &Outcome) {
        self.tried += 1;
        match outcome {
            Outcome::Discarded(why) => {
                self.discarded += 1;
                if self.first_discards.len() < 5 {
                    self.first_discards.push(why.clone());
                }
            }
            Outcome::Equal => self.equal += 1,
            Outcome::Went { rows, lacking, renames, parked, down } => {
                self.went += 1;
                self.rows += rows;
                self.lacking += lacking;
                self.renames += renames;
                self.parked += usize::from(*parked);
                self.emptied += usize::from(*down == Down::Emptied);
            }
        }
    }

    #[expect(clippy::print_stderr, reason = "a broken law is shown as soon as it is found")]
    pub(crate) fn broken(&mut self, files: &str) {
        self.tried += 1;
        eprintln!("{files}");
        self.failures += 1;
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failures
    }

    /// Says what the run came to.
    ///
    /// # Panics
    /// When a law was broken, or when too few cases were worth anything.
    #[expect(clippy::print_stderr, reason = "how much was tried is worth a line")]
    pub(crate) fn judge(&self) {
        let Self { tried, discarded, equal, went, emptied, rows, lacking, renames, parked, .. } =
            self;
        eprintln!(
            "{tried} pairs: {went} went up and down with {rows} rows ({lacking} without their last \
             columns, {emptied} pairs down without any) and {renames} renames, {parked} with what they drop parked, {equal} were equal, {discarded} were no schemas, {} broke a law",
            self.failures
        );
        assert!(self.failures == 0, "{} laws were broken, see above", self.failures);
        let few = discarded * 100 < tried * 30;
        assert!(few, "too many are no schemas: {}", self.first_discards.join("\n"));
        if *tried >= 100 {
            assert!(
                went * 2 > *tried && emptied * 4 < *went && rows > went && *parked > 0,
                "too little is tried"
            );
        }
    }
}

/// The case as the text of the files that show it.
pub(crate) fn as_files(case: &Case, seed: u64, broken: &Broken) -> String {
    let mut text = format!("\n=== law {} (seed {seed})\n{}\n", broken.law, broken.how);
    let file = |text: &mut String, name: &str, statements: Vec<String>| {
        // Writing to a String can't fail.
        let _ = writeln!(text, "--- {name}");
        for statement in statements {
            let _ = writeln!(text, "{statement};");
        }
    };
    file(&mut text, "before.sql", case.before.statements());
    file(&mut text, "after.sql", case.after.statements());
    file(&mut text, "before with rows.sql", rows::statements(case));
    file(&mut text, "renames", case.renames.iter().map(Rename::sql).collect());
    for (table, column, fill) in &case.fills {
        let _ = writeln!(text, "--fill '{table}.{column}={fill}'");
    }
    text
}
