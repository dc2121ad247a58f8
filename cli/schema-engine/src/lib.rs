//! Model-diff migrations for SeaORM on SQLite.

pub mod answers;
pub mod autogenerate;
pub mod backup;
pub mod change;
pub mod connection;
mod database_file;
pub mod diff;
mod drift;
mod error;
pub mod executor;
pub mod hazard;
pub mod history;
pub mod ident;
pub mod inspect;
pub mod migrations_dir;
pub mod models;
pub mod pair;
pub mod plan;
pub mod prove;
pub mod render;
mod sample;
pub mod schema;
pub mod scratch;
pub mod sql;
pub mod target;

pub use error::{Error, ErrorKind, Result};
