//! The power is cut: of what was not flushed, the disk may hold any part.
//!
//! What a command writes is recorded once. Then, for the moment behind each operation, states of the
//! disk are made that a cut may leave, and each is opened as the next program would.

use std::fs;
use std::path::Path;

use libtest_mimic::Trial;

use crate::chance::Chance;
use crate::disk::{Disk, Survival};
use crate::everything;
use crate::shim::Shim;
use crate::support::State;
use crate::sweep::{Again, Content, Journal, Scenario, Stage, of_all};

/// How many moments are tried, how many states by chance at each, and for how many of them the
/// command is given again: in a plain run and in a full one.
const BOUNDS: [(usize, u64, usize); 2] = [(12, 4, 3), (usize::MAX, 40, 60)];

/// Each moment has these, and some by chance.
const CERTAIN: [Survival; 4] =
    [Survival::Nothing, Survival::Everything, Survival::Names, Survival::Contents];

pub(crate) fn trials() -> Vec<Trial> {
    of_all("r27_power", cuts)
}

fn cuts(scenario: Scenario, journal: Journal) {
    let Some(shim) = Shim::new() else { return };
    let stage = Stage::new();
    stage.prepare(scenario, journal);
    let old = stage.content();
    let folder = fs::canonicalize(stage.folder()).unwrap();
    let first = Disk::of(&folder);
    let operations = shim.operations(stage.command(scenario), &folder);
    let new = stage.content();
    let told = Told { stage: &stage, scenario, old, new };

    let (moments, states, again) = BOUNDS[usize::from(everything())];
    let step = operations.len() / moments.min(operations.len()) + 1;
    let (mut tried, mut left_new) = (0, 0);
    let mut disk = first.clone();
    for (at, operation) in operations.iter().enumerate() {
        disk.follow(operation);
        let is_last = at + 1 == operations.len();
        if !at.is_multiple_of(step) && !is_last {
            continue;
        }
        let by_chance = (0..states).map(|_| Survival::Chance);
        for (number, survival) in CERTAIN.into_iter().chain(by_chance).enumerate() {
            let seed = (at * 1000 + number) as u64;
            let crash = stage.sandbox.here("crash");
            disk.cut(survival, &mut Chance::from_seed(seed), &crash);
            let when = format!(
                "{} {journal:?}, behind operation {at} of {}, {} {}; {survival:?}, seed {seed}",
                scenario.name,
                operations.len(),
                operation.kind,
                operation.path.display(),
            );
            left_new += usize::from(told.check(&crash, is_last, &when));
            tried += 1;
        }
    }
    disk.assert_is_there();
    // Some of them once more, from the first to the last, and then the command is given again.
    let mut disk = first;
    let step = operations.len() / again.min(operations.len()) + 1;
    for (at, operation) in operations.iter().enumerate() {
        disk.follow(operation);
        if at.is_multiple_of(step) {
            disk.cut(Survival::Chance, &mut Chance::from_seed(at as u64), &folder);
            told.check_next(&format!("{} {journal:?}, behind operation {at}", scenario.name));
        }
    }
    println!("{} {journal:?}: {tried} cuts, {left_new} with the new", scenario.name);
}

/// What there is to be found.
struct Told<'a> {
    stage: &'a Stage,
    scenario: Scenario,
    old: Content,
    new: Content,
}

impl Told<'_> {
    /// A state is the old or the new; the new, once that was reported. Gives whether it is the new.
    fn check(&self, crash: &Path, reported: bool, when: &str) -> bool {
        // Looking puts things right; the copies are looked at in what is left of the cut.
        let left = self.stage.content_of(crash);
        assert!(left == self.old || left == self.new, "{when}\nit left {left:?}");
        assert!(!reported || left == self.new, "{when}\nthat was reported as done");
        if left.database != self.old.database && self.old.database.is_some() {
            let copies: Vec<State> = Stage::copies(crash);
            let is_kept = copies.iter().any(|copy| Some(copy) == self.old.database.as_ref());
            assert!(is_kept, "{when}\nwhat was there is in no copy");
        }
        left == self.new
    }

    /// The next run goes on from what the cut left in the database's own folder.
    fn check_next(&self, when: &str) {
        let left = self.stage.content();
        let again = self.stage.command(self.scenario).run();
        assert_eq!(again.code(), Some(0), "{when}\nthe next run: {again}");
        let back = left == self.new && self.scenario.again() == Again::Back;
        let expected = if back { &self.old } else { &self.new };
        assert!(self.stage.content() == *expected, "{when}\nthe next run: {again}");
    }
}
