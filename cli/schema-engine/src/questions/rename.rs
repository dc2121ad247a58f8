//! Was it renamed? What is gone, and what is new that could be it, with the evidence.

use super::likeness::Likeness;
use crate::answers::Rename;
use crate::subject::Subject;
use std::cmp::Reverse;

/// Something is gone, and something new could be the same thing under another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenameQuestion {
    /// What is gone.
    pub gone: Subject,
    /// What it could be now, the likeliest first; never empty.
    pub candidates: Vec<Candidate>,
}

/// Something new that could be what is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The rename that it would be.
    pub rename: Rename,
    /// How much speaks for it.
    pub strength: Strength,
    /// What speaks for it, the strongest first.
    pub signs: Vec<Sign>,
    likeness: usize,
}

/// How much speaks for a rename.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// The definition is the same but for the name: nobody can tell a rename from a loss.
    SameShape,
    /// It may be one, but something else is different too.
    Likely,
}

/// Something that speaks for a rename.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Everything but the name is the same.
    SameDefinition,
    /// All columns of a table are the same.
    SameColumns,
    /// Most columns of a table are the same.
    SharedColumns {
        /// How many are on both sides.
        shared: usize,
        /// How many the larger table has.
        of: usize,
    },
    /// The declared type is the same.
    SameType,
    /// Values are stored in the same way.
    SameAffinity,
    /// It stands between the same columns.
    SamePlace,
    /// Keys, references or indexes name the new one as they named the old one.
    KeysFollow,
    /// The names have most letters in common.
    SimilarName,
}

impl Sign {
    fn weight(self) -> usize {
        match self {
            Self::SameDefinition | Self::SameColumns => 100,
            Self::SharedColumns { shared, of } => (shared * 80).checked_div(of).unwrap_or(0),
            Self::SameType | Self::KeysFollow => 50,
            Self::SameAffinity => 25,
            Self::SamePlace => 30,
            // How similar they are is counted beside it.
            Self::SimilarName => 0,
        }
    }

    /// The sign in a few words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::SameDefinition => "same definition".to_owned(),
            Self::SameColumns => "same columns".to_owned(),
            Self::SharedColumns { shared, of } => format!("{shared} of {of} columns the same"),
            Self::SameType => "same type".to_owned(),
            Self::SameAffinity => "stored in the same way".to_owned(),
            Self::SamePlace => "same place".to_owned(),
            Self::KeysFollow => "keys or indexes follow".to_owned(),
            Self::SimilarName => "similar name".to_owned(),
        }
    }
}

impl Candidate {
    pub(super) fn new(
        rename: Rename,
        strength: Strength,
        mut signs: Vec<Sign>,
        likeness: Likeness,
    ) -> Self {
        if likeness.is_similar() {
            signs.push(Sign::SimilarName);
        }
        signs.sort();
        Self { rename, strength, signs, likeness: likeness.hundredths() }
    }

    /// What speaks for it, in words: "same definition, same place, similar name".
    #[must_use]
    pub fn evidence(&self) -> String {
        let words: Vec<_> = self.signs.iter().map(|sign| sign.words()).collect();
        words.join(", ")
    }

    fn points(&self) -> usize {
        self.likeness + self.signs.iter().map(|sign| sign.weight()).sum::<usize>()
    }
}

impl RenameQuestion {
    /// A question with its candidates ranked; `None` where there are none.
    pub(super) fn new(gone: Subject, mut candidates: Vec<Candidate>) -> Option<Self> {
        // Stable: of two that are equally likely the one that is declared first comes first.
        candidates.sort_by_key(|candidate| (candidate.strength, Reverse(candidate.points())));
        (!candidates.is_empty()).then_some(Self { gone, candidates })
    }

    /// How much speaks for the likeliest candidate.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.candidates.first().map_or(Strength::Likely, |candidate| candidate.strength)
    }

    /// The candidates that can't be told from what is gone; all of them where there is none.
    fn strongest(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|candidate| candidate.strength == self.strength())
    }

    /// What was found, without the full stop: "tasks.prio is gone and tasks.priority is new, …".
    #[must_use]
    pub fn what(&self) -> String {
        let new: Vec<_> =
            self.strongest().map(|candidate| candidate.rename.target().to_string()).collect();
        let (verb, gone) = (if new.len() == 1 { "is" } else { "are" }, &self.gone);
        let new = new.join(" and ");
        match self.strength() {
            Strength::SameShape => {
                format!("{gone} is gone and {new} {verb} new, with the same definition")
            }
            Strength::Likely => format!("{gone} is gone and {new} {verb} new, and much like it"),
        }
    }

    /// The flags that say that it was renamed: "--rename tasks.prio=priority".
    #[must_use]
    pub fn flags(&self) -> String {
        let flags = self.strongest().map(|candidate| super::flag("rename", &candidate.rename));
        flags.collect::<Vec<_>>().join(" or ")
    }
}
