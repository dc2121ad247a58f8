//! `tgenie db` as a process: what it prints, the code it ends with, what it leaves on the disk.
//!
//! Every test has a home folder of its own and runs a copy of the program there, so none of
//! them sees the source tree, or each other, or whoever runs them.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and what it printed is shown then"
)]

mod support;

mod bad_databases;
mod books;
mod diff;
mod files;
mod heads;
mod interrupted;
mod locks;
mod looking;
mod restores;
mod safety_copies;
mod settings;
mod shell;
mod source_tree;
mod step_back;
mod streams;
mod takeover;
mod targets;
mod undrop;
mod upgrade;
mod verify;
