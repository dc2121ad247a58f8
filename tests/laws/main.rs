//! The laws of a migration, on random schemas and rows.
//!
//! 1. `diff(A, A)` is empty, however A is spelled and in whatever order it was made.
//! 2. The plan A → B, applied to a database with schema A, gives B.
//! 3. Down after up gives A, its stored texts byte for byte.
//! 4. Kept columns keep their values; row counts, rowids and sequences stay; the foreign-key and
//!    integrity checks are clean.
//! 5. What is parked instead of dropped is there again after the way down.
//!
//! A plain `cargo test` tries a fixed set of pairs. For a long run, say how many and from which
//! seed on:
//!
//! ```sh
//! LAWS_PAIRS=10000 LAWS_SEED=1 cargo test -p schema-engine --test laws -- --nocapture
//! ```
//!
//! A case that breaks a law is made small and printed as the text of three files, with its seed;
//! `LAWS_SEED=<that> LAWS_PAIRS=1` tries it again. A long run prints up to `LAWS_FAILURES` (10)
//! cases before it gives up.

mod case;
mod database;
mod edit;
mod fingerprint;
mod generate;
mod laws;
mod model;
mod names;
mod objects;
mod oracle;
mod parked;
#[path = "../random.rs"]
mod random;
mod rename;
mod renames;
mod repair;
mod report;
mod rng;
mod round_trip;
mod rows;
mod script;
mod short;
mod shrink;
mod sound;
mod spelling;
mod virtual_tables;

use case::Case;
use report::Tally;

/// How many pairs a plain `cargo test` tries.
const PAIRS: u64 = 300;

#[test]
fn laws_hold_on_random_schemas() {
    let first = number("LAWS_SEED").unwrap_or(1);
    let pairs = number("LAWS_PAIRS").unwrap_or(PAIRS);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut tally = Tally::default();
    let limit = number("LAWS_FAILURES").unwrap_or(10);
    for seed in first..first + pairs {
        let case = Case::new(seed);
        match runtime.block_on(laws::check(&case, seed)) {
            Ok(outcome) => tally.count(&outcome),
            Err(broken) => {
                let (small, broken) = runtime.block_on(shrink::shrunk(&case, seed, broken));
                tally.broken(&report::as_files(&small, seed, &broken));
                if tally.failures() >= limit {
                    break;
                }
            }
        }
    }
    tally.judge();
}

fn number(variable: &str) -> Option<u64> {
    let value = std::env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} must be a number, not {value:?}")))
}
