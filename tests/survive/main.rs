//! What has gone wrong elsewhere must not go wrong here: rows, children, triggers, indexes, clauses
//! and identities survive every change, on a real file and through the executor, up and down.
//!
//! A test's name begins with the number of the failure that it guards against; the same number
//! stands for the same failure for ever. `torture.rs` puts one table that has everything through
//! every kind of change, and `alembic_cases.rs` lists what a comparison of two schemas must find.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod alembic_cases;
mod children;
mod clauses;
mod guard;
mod hazards;
mod identity;
mod indexes;
mod ledger;
mod parked;
mod refusals;
mod rehearsal;
mod runner;
mod shape;
mod statistics;
mod stopping;
mod support;
mod torture;
mod triggers_and_views;
mod undrop;
mod values;
