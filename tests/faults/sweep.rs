//! Every write, flush, truncation, removal and rename of a command goes wrong once, in four ways.
//!
//! That is R27, a run that is left half done; R28, books that say something else than the tables; and
//! R42, data that is gone without a copy.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use libtest_mimic::Trial;

use crate::program::HISTORY;
use crate::shim::{Fault, Shim};
use crate::support::{Outcome, Sandbox, State, Tgenie, database};
use crate::{everything, trial};

/// How a database keeps its changes until they are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Journal {
    Delete,
    /// With a WAL that an app left behind when it was killed.
    Wal,
}

/// What a command does that is given once more, when it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It leaves what it left before.
    Nothing,
    /// It goes back: an undo is undone.
    Back,
}

/// A command, and the database that it meets.
#[derive(Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Makes what is there before, without sidecars.
    prepare: fn(&Stage),
    /// `SOURCE` and `DUMP` stand for files, `COPY` for the first safety copy.
    command: &'static str,
}

pub(crate) const SCENARIOS: [Scenario; 10] = [
    Scenario { name: "new", prepare: |_| {}, command: "db upgrade" },
    Scenario { name: "upgrade", prepare: |stage| stage.at(HISTORY[0]), command: "db upgrade" },
    Scenario {
        name: "downgrade",
        prepare: |stage| stage.at("head"),
        command: "db downgrade m001_initial_schema",
    },
    Scenario { name: "adopt", prepare: Stage::python, command: "db upgrade" },
    Scenario {
        name: "restore",
        prepare: |stage| {
            stage.at("head");
            stage.dump_then_change();
        },
        command: "db restore --in SOURCE --yes",
    },
    Scenario {
        name: "restore_into_nothing",
        prepare: |stage| {
            stage.at("head");
            stage.dump_then_change();
            fs::remove_dir_all(stage.folder()).unwrap();
            fs::create_dir_all(stage.folder()).unwrap();
        },
        command: "db restore --in SOURCE --yes",
    },
    Scenario {
        name: "backups_restore",
        prepare: |stage| {
            stage.at(HISTORY[0]);
            stage.run("db upgrade").run().exits(0);
        },
        command: "db backups restore COPY --yes",
    },
    Scenario {
        name: "undo",
        prepare: |stage| {
            stage.at(HISTORY[0]);
            stage.run("db upgrade").run().exits(0);
        },
        command: "db undo --yes",
    },
    Scenario { name: "reset", prepare: |stage| stage.at("head"), command: "db reset --yes" },
    Scenario {
        name: "dump",
        prepare: |stage| {
            stage.at("head");
            fs::write(stage.dump(), "-- an older one\n").unwrap();
        },
        command: "db dump --out DUMP",
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    of_all("r27_sweep", sweep)
}

/// A trial for each scenario with each journal that it can have.
pub(crate) fn of_all(name: &str, test: fn(Scenario, Journal)) -> Vec<Trial> {
    let mut trials = Vec::new();
    for scenario in SCENARIOS {
        for journal in [Journal::Delete, Journal::Wal] {
            let is_new = matches!(scenario.name, "new" | "restore_into_nothing");
            if is_new && journal == Journal::Wal {
                continue;
            }
            let name = format!("{name}_{}_{journal:?}", scenario.name).to_lowercase();
            trials.push(trial(name, move || test(scenario, journal)));
        }
    }
    trials
}

impl Scenario {
    /// What the command does when it is given once more.
    pub(crate) fn again(self) -> Again {
        if self.name == "undo" { Again::Back } else { Again::Nothing }
    }
}

/// A sandbox with the program that has the longer history.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    program: PathBuf,
}

/// What is there as far as it matters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    pub(crate) database: Option<State>,
    dump: Option<String>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new();
        let program = sandbox.install(&std::env::current_exe().unwrap(), "longer");
        let stage = Self { sandbox, program };
        fs::create_dir_all(stage.folder()).unwrap();
        stage
    }

    pub(crate) fn run(&self, command: &str) -> Tgenie {
        self.sandbox.other_program(&self.program, command)
    }

    /// The folder in which everything happens.
    pub(crate) fn folder(&self) -> PathBuf {
        self.sandbox.database().parent().unwrap().to_owned()
    }

    fn dump(&self) -> PathBuf {
        self.folder().join("dump.sql")
    }

    fn source(&self) -> PathBuf {
        self.sandbox.here("source.sql")
    }

    /// A database at this revision, with rows.
    pub(crate) fn at(&self, revision: &str) {
        self.run("db upgrade --no-backup").arg(revision).run().exits(0);
        database::add_tasks(&self.sandbox.database(), 60);
    }

    pub(crate) fn python(&self) {
        let fixture =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/taskgenie-python.db");
        fs::copy(fixture, self.sandbox.database()).unwrap();
    }

    fn dump_then_change(&self) {
        self.run("db dump --out").arg(self.source()).run().exits(0);
        let change = "UPDATE tasks SET title = title || ' changed'; DELETE FROM notifications";
        database::run(&self.sandbox.database(), change);
    }

    /// Makes what the scenario begins with, and keeps a copy of it here.
    pub(crate) fn prepare(&self, scenario: Scenario, journal: Journal) -> PathBuf {
        (scenario.prepare)(self);
        let (folder, pristine) = (self.folder(), self.sandbox.here("pristine"));
        match journal {
            Journal::Delete => copy_folder(&folder, &pristine),
            Journal::Wal => {
                let app = database::open(&self.sandbox.database());
                app.execute_batch("PRAGMA journal_mode = WAL; PRAGMA user_version = 7").unwrap();
                // While it is open, the newest lies in the WAL.
                copy_folder(&folder, &pristine);
            }
        }
        copy_folder(&pristine, &folder);
        pristine
    }

    /// The command with its files.
    pub(crate) fn command(&self, scenario: Scenario) -> Tgenie {
        let copy = || {
            let entries = fs::read_dir(self.sandbox.backups()).unwrap();
            let mut names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.find(|name| name.ends_with("-before-upgrade.db")).unwrap()
        };
        let mut run = self.run("");
        for word in scenario.command.split(' ') {
            run = match word {
                "SOURCE" => run.arg(self.source()),
                "DUMP" => run.arg(self.dump()),
                "COPY" => run.arg(copy()),
                word => run.arg(word),
            };
        }
        run
    }

    /// What is there, read from a copy, so that nothing is put right by the look.
    pub(crate) fn content(&self) -> Content {
        let copy = self.sandbox.here("copy");
        copy_folder(&self.folder(), &copy);
        self.content_of(&copy)
    }

    /// The same of another folder than its own.
    pub(crate) fn content_of(&self, copy: &Path) -> Content {
        let path = copy.join(self.sandbox.database().file_name().unwrap());
        // SQLite makes the file before anything is in it, and takes an empty one for no database.
        let is_there = path.exists() && !database::schema(&path).is_empty();
        let database = is_there.then(|| State::of(&path));
        let dump = fs::read_to_string(copy.join(self.dump().file_name().unwrap())).ok();
        Content { database, dump }
    }

    /// What the safety copies hold; each is whole.
    pub(crate) fn copies(folder: &Path) -> Vec<State> {
        let entries = fs::read_dir(folder.join("backups")).into_iter().flatten();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|end| end == "db"))
            .map(|path| State::of(&path))
            .collect()
    }

    /// Makes every file an hour old: what is younger than a minute may be somebody's who lives.
    fn age(&self) {
        let hour_ago = SystemTime::now() - Duration::from_hours(1);
        for path in crate::support::Files::below(&[self.folder()]).names() {
            fs::File::options().append(true).open(path).unwrap().set_modified(hour_ago).unwrap();
        }
    }

    /// Files that nobody asked for. A WAL stays until somebody writes.
    fn leftovers(&self, journal: Journal) -> Vec<PathBuf> {
        let sidecars = ["-wal", "-shm"].map(|suffix| {
            let mut path = self.sandbox.database().into_os_string();
            path.push(suffix);
            PathBuf::from(path)
        });
        let wanted = |path: &Path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_copy = path.parent() == Some(&self.sandbox.backups())
                && name.starts_with("taskgenie-")
                && path.extension().is_some_and(|extension| extension == "db");
            path == self.sandbox.database()
                || path == self.dump()
                || is_copy
                || journal == Journal::Wal && sidecars.iter().any(|sidecar| sidecar == path)
        };
        let files = crate::support::Files::below(&[self.folder()]);
        files.names().into_iter().filter(|path| !wanted(path)).map(Path::to_owned).collect()
    }
}

fn sweep(scenario: Scenario, journal: Journal) {
    let Some(shim) = Shim::new() else { return };
    let stage = Stage::new();
    let (folder, pristine) = (stage.folder(), stage.prepare(scenario, journal));
    let reset = || copy_folder(&pristine, &folder);
    let old = stage.content();
    shim.count(stage.command(scenario), &folder).run().exits(0);
    let (points, new) = (shim.counted(), stage.content());
    assert_ne!(old, new, "the command must do something");

    let mut tried = 0;
    for fault in Fault::ALL {
        for at in some_of(points, fault) {
            reset();
            let outcome = shim.strike(stage.command(scenario), &folder, fault, at).run();
            let when = format!("{fault:?} at {at} of {points}\n{outcome}\n");
            let left = stage.content();
            check(&stage, &outcome, &left, [&old, &new], &when);
            let is_denied = outcome.stderr.contains("The database is unchanged");
            if fault == Fault::FullDisk && scenario.name == "restore" && is_denied {
                assert_eq!(Stage::copies(&folder).len(), 0, "{when}a needless copy fills the disk");
            }
            stage.age();
            let again = stage.command(scenario).run();
            assert_eq!(again.code(), Some(0), "{when}the next run: {again}");
            let expected = if left == new && scenario.again() == Again::Back { &old } else { &new };
            assert!(
                stage.content() == *expected,
                "{when}the next run leaves something else: {again}"
            );
            assert_eq!(stage.leftovers(journal), [""; 0].map(PathBuf::from), "{when}{again}");
            tried += 1;
        }
    }
    println!("{} {journal:?}: {tried} faults at {points} points", scenario.name);
}

/// The numbers of the operations to strike at: some, and the last ones, among which the commit is.
fn some_of(points: u64, fault: Fault) -> Vec<u64> {
    if everything() {
        return (1..=points).collect();
    }
    let shift = Fault::ALL.iter().position(|other| *other == fault).unwrap() as u64;
    (1..=points)
        .filter(|at| (at + shift * 3).is_multiple_of(points / 5 + 1) || at + 2 > points)
        .collect()
}

/// It is the old or the new, and whatever was said of it is true.
fn check(stage: &Stage, outcome: &Outcome, left: &Content, [old, new]: [&Content; 2], when: &str) {
    assert!(left == old || left == new, "{when}it left {left:?}");
    assert!(!outcome.stderr.contains("panicked"), "{when}");
    if outcome.code() == Some(0) {
        assert!(left == new, "{when}it was reported as done");
    }
    let is_replaced = left.database != old.database && old.database.is_some();
    if is_replaced {
        let is_kept =
            Stage::copies(&stage.folder()).iter().any(|copy| Some(copy) == old.database.as_ref());
        assert!(is_kept, "{when}what was there is in no copy");
    }
    let denials = ["unchanged", "was rolled back", "Nothing was", "No dump was written"];
    if denials.iter().any(|denial| outcome.stderr.contains(denial)) {
        assert!(left == old, "{when}it says that nothing has changed");
    }
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
