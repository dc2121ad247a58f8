//! What the tests stand on: a sandbox to run the program in, and looks at what it left behind.

pub(crate) mod database;
mod files;
mod frozen;
mod outcome;
mod sandbox;
mod state;

pub(crate) use files::Files;
pub(crate) use frozen::frozen;
pub(crate) use outcome::{Outcome, Running};
pub(crate) use sandbox::{Sandbox, Tgenie};
pub(crate) use state::State;
