//! Whatever ends the program in its middle: the database is the old one or the new one, the error
//! says which, and the next run goes on from there.
//!
//! This test is a program with a longer history than TaskGenie has: with `db` as its first argument
//! it is that program, and otherwise it runs itself under faults.
//!
//! `FAULTS=all cargo test -p tgenie --test faults` strikes at every point instead of some.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and what it printed is shown then"
)]

mod chance;
mod disk;
mod flushes;
mod kills;
mod locks;
mod power;
mod program;
#[path = "../random.rs"]
mod random;
mod shim;
mod sweep;

#[expect(dead_code, unused_imports, reason = "the other tests use the rest")]
#[path = "../cli/support/mod.rs"]
mod support;

#[expect(
    dead_code,
    unreachable_pub,
    clippy::doc_markdown,
    reason = "it is written for a migration crate"
)]
#[path = "../cases/rebuild_edit_and_plain_steps/module.rs"]
mod rebuild_edit_and_plain_steps;

use libtest_mimic::{Arguments, Trial};

fn main() {
    let arguments: Vec<_> = std::env::args_os().collect();
    match arguments.get(1).and_then(|first| first.to_str()) {
        Some("db") => std::process::exit(program::run().number().into()),
        Some("hold") => locks::hold(arguments[2].as_ref()),
        _ => {}
    }
    // First those of which one only waits; it gets a thread more, so that it keeps nobody up.
    let mut trials = locks::trials();
    trials.extend(sweep::trials());
    trials.extend(kills::trials());
    trials.extend(flushes::trials());
    trials.extend(power::trials());
    let mut arguments = Arguments::from_args();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    arguments.test_threads.get_or_insert(processors + 1);
    libtest_mimic::run(&arguments, trials).exit();
}

/// Whether every point is tried, which takes minutes.
fn everything() -> bool {
    std::env::var_os("FAULTS").is_some_and(|how| how == "all")
}

/// A test by its name.
fn trial(name: impl Into<String>, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
