//! What nobody can read from two schemas and somebody has to say, as flags.

use clap::{ArgAction, Args};
use schema_engine::answers::{Answers, Fill, Rename};
use schema_engine::hazard::HazardCode;

/// `--rename`, `--fill` and `--accept`.
#[derive(Debug, Args)]
pub struct AnswerFlags {
    /// Say that a table or column was renamed; may be given again.
    #[arg(long = "rename", value_name = "OLD=NEW", action = ArgAction::Append)]
    renames: Vec<Rename>,

    /// Give the SQL expression that fills a column; may be given again.
    #[arg(long = "fill", value_name = "TABLE.COLUMN=SQL", action = ArgAction::Append)]
    fills: Vec<Fill>,

    /// Accept what a hazard costs, by its code; may be given again.
    #[arg(
        long = "accept",
        value_name = "CODE",
        action = ArgAction::Append,
        value_delimiter = ','
    )]
    accepted: Vec<HazardCode>,
}

impl AnswerFlags {
    /// The answers that were given.
    #[must_use]
    pub fn answers(&self) -> Answers {
        Answers::new(self.renames.clone(), self.fills.clone(), self.accepted.iter().copied())
    }
}
