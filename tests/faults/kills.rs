//! Signals at random moments: the database is the old one or the new one, every time.

use std::fs;
use std::hash::{BuildHasher as _, RandomState};
use std::time::Instant;

use libtest_mimic::Trial;

use crate::program::HISTORY;
use crate::support::{State, database};
use crate::sweep::{Stage, copy_folder};
use crate::{everything, trial};

/// How often each command is ended, in a plain run and in a full one.
const KILLS: [u32; 2] = [10, 1000];

type Prepare = fn(&Stage);

pub(crate) fn trials() -> Vec<Trial> {
    if cfg!(not(unix)) {
        return Vec::new();
    }
    let commands: [(&str, Prepare, &str); 3] = [
        ("upgrade", |stage| stage.at(HISTORY[0]), "db upgrade"),
        ("downgrade", |stage| stage.at("head"), "db downgrade m001_initial_schema"),
        ("adopt", Stage::python, "db upgrade"),
    ];
    commands
        .into_iter()
        .flat_map(|(name, prepare, command)| {
            ["delete", "wal"].map(|journal| {
                trial(format!("kills_{name}_{journal}"), move || kills(prepare, command, journal))
            })
        })
        .collect()
}

#[cfg(not(unix))]
fn kills(_: Prepare, _: &str, _: &str) {}

#[cfg(unix)]
fn kills(prepare: Prepare, command: &str, journal: &str) {
    let stage = Stage::new();
    prepare(&stage);
    let path = stage.sandbox.database();
    // More rows, so that there is something to be killed in.
    let more = "INSERT INTO chat_history (id, session_id, role, content)
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        SELECT 'more' || i, 's', 'user', hex(randomblob(60)) FROM n";
    database::run(&path, more);
    database::run(&path, &format!("PRAGMA journal_mode = {journal}"));
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
        assert!(State::of(&path) == new, "{what}\nthe next run: {again}");
        fs::remove_dir_all(&copy).unwrap();
    }
    println!("{command} {journal}: {left_old} times the old, {left_new} times the new");
}
