//! Reading SQLite's own DDL: tokens with spans, and the clauses of the statements that
//! `sqlite_schema` stores.
//!
//! SQLite keeps the text of each object as it was written, and much of a schema (CHECK, COLLATE,
//! generated columns, predicates of partial indexes) can be read from that text alone. It is read
//! by a lexer and a parser with spans, so that a change of one clause can leave all other bytes
//! as they are.

pub mod closed;
pub mod create_index;
pub mod create_table;
pub mod create_trigger;
mod cursor;
pub mod edit;
pub mod effect;
pub mod first;
pub mod layout;
pub mod lexer;
pub mod normal;
