//! Signals at random moments: the database is the old one or the new one, every time.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Instant;

use libtest_mimic::Trial;

use crate::program::HISTORY;
use crate::support::{State, database};
use crate::sweep::{Again, Stage, copy_folder};
use crate::{everything, trial};

/// How often each command is ended, in a plain run and in a full one.
const KILLS: [u32; 2] = [10, 1000];

/// A command that is ended in its middle.
#[derive(Clone, Copy)]
struct Victim {
    name: &'static str,
    prepare: fn(&Stage),
    /// What is done once the rows are there, up to where the command begins.
    before: Option<&'static str>,
    command: &'static str,
    again: Again,
}

const VICTIMS: [Victim; 4] = [
    Victim {
        name: "upgrade",
        prepare: |stage| stage.at(HISTORY[0]),
        before: None,
        command: "db upgrade",
        again: Again::Nothing,
    },
    Victim {
        name: "downgrade",
        prepare: |stage| stage.at("head"),
        before: None,
        command: "db downgrade m001_initial_schema",
        again: Again::Nothing,
    },
    Victim {
        name: "adopt",
        prepare: Stage::python,
        before: None,
        command: "db upgrade",
        again: Again::Nothing,
    },
    Victim {
        name: "undo",
        prepare: |stage| stage.at(HISTORY[0]),
        before: Some("db upgrade"),
        command: "db undo --yes",
        again: Again::Back,
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    if cfg!(not(unix)) {
        return Vec::new();
    }
    VICTIMS
        .into_iter()
        .flat_map(|victim| {
            ["delete", "wal"].map(|journal| {
                trial(format!("kills_{}_{journal}", victim.name), move || kills(victim, journal))
            })
        })
        .collect()
}

#[cfg(not(unix))]
fn kills(_: Victim, _: &str) {}

#[cfg(unix)]
fn kills(victim: Victim, journal: &str) {
    let Victim { prepare, before, command, again: next, .. } = victim;
    let stage = Stage::new();
    prepare(&stage);
    let path = stage.sandbox.database();
    // More rows, so that there is something to be killed in.
    let more = "INSERT INTO chat_history (id, session_id, role, content)
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        SELECT 'more' || i, 's', 'user', hex(randomblob(60)) FROM n";
    database::run(&path, more);
    database::run(&path, &format!("PRAGMA journal_mode = {journal}"));
    if let Some(before) = before {
        stage.run(before).run().exits(0);
    }
    let (folder, pristine) = (stage.folder(), stage.sandbox.here("pristine"));
    copy_folder(&folder, &pristine);
    let old = State::of(&path);
    let started = Instant::now();
    stage.run(command).run().exits(0);
    let took = started.elapsed();
    let new = State::of(&path);
    assert_ne!(old, new, "the command must do something");

    let (mut left_old, mut left_new) = (0, 0);
    let seed = RandomState::new();
    for round in 0..KILLS[usize::from(everything())] {
        copy_folder(&pristine, &folder);
        let signal = ["KILL", "TERM", "INT"][round as usize % 3];
        // Up to somewhat more than a whole run takes.
        let share = (seed.hash_one(round) % 1100) as u32;
        let moment = took * share / 1000;
        let running = stage.run(command).start();
        std::thread::sleep(moment);
        running.signal_if_there(signal);
        let ended = running.finish();
        let what = format!("SIG{signal} after {moment:?} of {took:?}: {ended}");
        // Read from a copy, so that the next run finds what is really there.
        let copy = stage.sandbox.here("copy");
        copy_folder(&folder, &copy);
        let left = State::of(&copy.join(path.file_name().unwrap()));
        assert!(left == old || left == new, "{what}\nit left {left:?}");
        assert!(ended.code() != Some(0) || left == new, "{what}\nit was reported as done");
        *(if left == old { &mut left_old } else { &mut left_new }) += 1;
        let again = stage.run(command).run();
        assert_eq!(again.code(), Some(0), "{what}\nthe next run: {again}");
        let expected = if left == new && next == Again::Back { &old } else { &new };
        assert!(State::of(&path) == *expected, "{what}\nthe next run: {again}");
        fs::remove_dir_all(&copy).unwrap();
    }
    println!("{command} {journal}: {left_old} times the old, {left_new} times the new");
}
