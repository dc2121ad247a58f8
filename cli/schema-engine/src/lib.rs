//! Model-diff migrations for SeaORM on SQLite.
//!
//! Entities are compared with a database; what differs becomes a Rust migration with `up` and
//! `down` that was seen to work before anybody reads it; and the compiled history is run on files
//! that hold somebody's only data.
//!
//! ```text
//!  models ───┐ applied to a scratch database
//!  history ──┼──────────────► inspect ► Schema ─┐
//!  live file ┘    (one inspector for all)       ├► diff ► Change ► hazard ► plan ► prove ► render ► migrations_dir
//!                                        Schema ┘      ▲ answers          up reaches,            module + lib.rs
//!                                                                         down returns
//!  history ► executor: lock · safety copy · one transaction · foreign keys · rows · schema ► report
//!  database ► dump · restore · reset · verify
//! ```
//!
//! The rooms [`ident`], [`subject`], [`pair`], [`amount`], [`sql`], [`schema`], [`change`], [`diff`],
//! [`answers`], [`hazard`], [`questions`], [`plan`] and [`render`] work on values alone: no database,
//! no files, no clock. Around them stand
//! the rooms that do: [`connection`], [`inspect`], [`scratch`], [`models`], [`history`], [`mod@prove`],
//! [`census`], [`books`], [`mod@draft`], [`autogenerate`], [`side`], [`comparison`], [`migrations_dir`],
//! [`executor`] with [`startup`], and those that take a database as a whole.
//! [`progress`] is how long work tells how far it has come, and hears that it should stop.
//! Nothing here prints, asks or knows a command line.
//!
//! # In an app of its own
//!
//! Bring a file to the newest revision when the app starts, with a copy of it kept:
//!
//! ```no_run
//! use schema_engine::{executor::Observer, history::Migrations, startup::bring_to_head};
//! use std::path::Path;
//!
//! async fn at_start(database: &Path, migrations: &Migrations, observer: &dyn Observer) -> schema_engine::Result<()> {
//!     let stamp = "20261123-101500"; // now: the copy is named by it
//!     let report = bring_to_head(database, migrations, stamp, observer).await?;
//!     for ran in &report.ran {
//!         println!("{} took {:?}", ran.revision, ran.took);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! See what a changed model needs:
//!
//! ```
//! use schema_engine::answers::Answers;
//! use schema_engine::pair::Pair;
//! use schema_engine::{prove::prove, scratch::Scratch};
//!
//! # async fn example() -> schema_engine::Result<()> {
//! let current = Scratch::empty().await?;
//! current.run(["CREATE TABLE tasks (id integer PRIMARY KEY, title text)"]).await.expect("valid");
//! let desired = Scratch::empty().await?;
//! desired.run(["CREATE TABLE tasks (id integer PRIMARY KEY, title text NOT NULL DEFAULT '')"]).await.expect("valid");
//!
//! let (current, desired) = (current.schema().await?, desired.schema().await?);
//! let proven = prove(Pair::new(&current, &desired), &Answers::default()).await?.expect("a difference");
//! assert_eq!(proven.difference.changes[0].describe()[0].to_string(), "~ column tasks.title: NULL -> NOT NULL; default none -> ''");
//! // Nothing on disk depends on that, so no row is copied.
//! assert_eq!((proven.up.edits().count(), proven.up.rebuilds().count()), (1, 0));
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
//! ```

#![warn(missing_docs)]

pub mod amount;
pub mod answers;
mod attentive;
pub mod autogenerate;
pub mod backup;
pub mod books;
pub mod census;
pub mod change;
pub mod comparison;
pub mod connection;
mod database_file;
pub mod diff;
pub mod draft;
mod drift;
pub mod dump;
mod error;
pub mod executor;
mod from_the_app;
pub mod hazard;
pub mod history;
pub mod ident;
pub mod inspect;
pub mod migrations_dir;
pub mod models;
pub mod pair;
pub mod plan;
pub mod progress;
pub mod prove;
pub mod questions;
mod references;
pub mod render;
pub mod reset;
pub mod restore;
mod sample;
pub mod schema;
pub mod scratch;
pub mod side;
pub mod sql;
pub mod startup;
pub mod subject;
pub mod target;
pub mod transplant;
pub mod undrop;
pub mod verify;

pub use error::{Error, ErrorKind, Result};
