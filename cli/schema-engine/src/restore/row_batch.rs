//! Rows that were read from a dump and wait for being written.

use std::sync::Arc;

use rusqlite::types::ValueRef;

use crate::dump::value::write_value;

/// Where rows go: what stands before their values.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) table: String,
    /// `INSERT INTO "t"("a","b")`, as the dump has it.
    pub(super) head: String,
    /// How many values a row has.
    pub(super) width: usize,
}

/// A value; text and blobs lie in the bytes of their batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(usize, usize),
    Blob(usize, usize),
}

/// Some rows for one table.
#[derive(Debug)]
pub(super) struct RowBatch {
    pub(super) target: Arc<Target>,
    /// How much of the dump was read when the last of them was.
    pub(super) offset: u64,
    pub(super) values: Values,
    /// The line on which each row begins.
    pub(super) lines: Vec<u64>,
}

/// The values of all rows, one after the other.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub(super) bytes: Vec<u8>,
    pub(super) cells: Vec<Cell>,
}

impl Values {
    pub(super) fn get(&self, index: usize) -> ValueRef<'_> {
        let bytes = |start: usize, end: usize| self.bytes.get(start..end).unwrap_or_default();
        match self.cells.get(index).copied().unwrap_or(Cell::Null) {
            Cell::Null => ValueRef::Null,
            Cell::Integer(integer) => ValueRef::Integer(integer),
            Cell::Real(real) => ValueRef::Real(real),
            Cell::Text(start, end) => ValueRef::Text(bytes(start, end)),
            Cell::Blob(start, end) => ValueRef::Blob(bytes(start, end)),
        }
    }
}

impl RowBatch {
    pub(super) fn value(&self, row: usize, column: usize) -> ValueRef<'_> {
        self.values.get(row * self.target.width + column)
    }

    /// The beginning of the statement that would write this row, for a message.
    pub(super) fn statement(&self, row: usize) -> Vec<u8> {
        let mut text = format!("{} VALUES(", self.target.head).into_bytes();
        for column in 0..self.target.width {
            if text.len() > 400 {
                return text;
            }
            if column > 0 {
                text.push(b',');
            }
            match self.value(row, column) {
                ValueRef::Text(bytes) if bytes.len() > 400 => {
                    write_value(&mut text, ValueRef::Text(&bytes[..400]));
                }
                ValueRef::Blob(bytes) if bytes.len() > 200 => {
                    write_value(&mut text, ValueRef::Blob(&bytes[..200]));
                }
                value => write_value(&mut text, value),
            }
        }
        text.push(b')');
        text
    }
}
