//! The SQL function that sums up rows, in SQLite's C interface: rusqlite's has every text copied
//! first, to put a NUL behind it.

#![expect(unsafe_code, reason = "values are read where SQLite has them")]

use super::digest::Sums;
use crate::executor::watch::DIGEST;
use rusqlite::ffi;
use rusqlite::types::ValueRef;
use std::ffi::{CStr, c_int, c_void};
use std::sync::Arc;
use std::{mem, ptr, slice};

/// Gives a connection an aggregate function `(number of key columns, key columns…, columns…)` that
/// gives [`Sums`] as bytes. SQLite holds on to `keeps` until it closes the connection.
///
/// # Safety
/// The handle is that of an open connection that nobody else uses meanwhile.
pub(crate) unsafe fn install<T>(
    handle: *mut ffi::sqlite3,
    name: &CStr,
    keeps: Arc<T>,
) -> rusqlite::Result<()> {
    let keeps = Arc::into_raw(keeps).cast_mut().cast::<c_void>();
    let flags = ffi::SQLITE_UTF8 | ffi::SQLITE_DIRECTONLY;
    // SAFETY: the caller answers for the handle. SQLite calls `release` once, also where this fails
    // (https://www.sqlite.org/c3ref/create_function.html).
    let code = unsafe {
        ffi::sqlite3_create_function_v2(
            handle,
            name.as_ptr(),
            -1,
            flags,
            keeps,
            None,
            Some(step),
            Some(finish),
            Some(release::<T>),
        )
    };
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None)),
    }
}

/// The same for a connection that nobody else has, without anything to hold on to.
pub(super) fn install_on(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    // SAFETY: it is open, and can't be used by two threads at once.
    unsafe { install(connection.handle(), DIGEST, Arc::new(())) }
}

unsafe extern "C" fn release<T>(keeps: *mut c_void) {
    // SAFETY: it is what `install` took apart, and this is called once.
    drop(unsafe { Arc::from_raw(keeps.cast_const().cast::<T>()) });
}

unsafe extern "C" fn step(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: SQLite gives memory of this size, set to zero the first time and the same for all rows
    // of a group, or null where there is none left
    // (https://www.sqlite.org/c3ref/aggregate_context.html).
    let sums = unsafe {
        // As large as a pointer is.
        let size = c_int::try_from(mem::size_of::<*mut Sums>()).unwrap_or(16);
        let place = ffi::sqlite3_aggregate_context(context, size).cast::<*mut Sums>();
        if place.is_null() {
            return ffi::sqlite3_result_error_nomem(context);
        }
        if (*place).is_null() {
            *place = Box::into_raw(Box::default());
        }
        &mut **place
    };
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: SQLite gives so many values, which stay as they are for this call.
    let values = unsafe { slice::from_raw_parts(values, count) };
    let Some((keys, values)) = values.split_first() else { return };
    // SAFETY: as above.
    let keys = unsafe { ffi::sqlite3_value_int64(*keys) };
    // SAFETY: as above.
    let values = values.iter().map(|value| unsafe { read(*value) });
    sums.add(usize::try_from(keys).unwrap_or(0), values);
}

unsafe extern "C" fn finish(context: *mut ffi::sqlite3_context) {
    // SAFETY: as in `step`; with no size there is memory only if there was a row. What it leads to
    // was made there, and this is called once for it, also when the statement is given up.
    let sums = unsafe {
        let place = ffi::sqlite3_aggregate_context(context, 0).cast::<*mut Sums>();
        let place = if place.is_null() { ptr::null_mut() } else { *place };
        if place.is_null() { Box::default() } else { Box::from_raw(place) }
    };
    let bytes = sums.to_bytes();
    // SAFETY: SQLite copies the bytes before it returns.
    unsafe {
        ffi::sqlite3_result_blob64(
            context,
            bytes.as_ptr().cast(),
            bytes.len() as u64,
            ffi::SQLITE_TRANSIENT(),
        );
    }
}

/// A value where SQLite has it. A text in UTF-16 is turned into UTF-8, where SQLite keeps that.
///
/// # Safety
/// The value is one that SQLite gave to a function, and is used only until that returns.
#[inline]
unsafe fn read<'v>(value: *mut ffi::sqlite3_value) -> ValueRef<'v> {
    // SAFETY: the caller answers for the value. Its bytes are asked for before their number, and
    // there is no pointer where there are none (https://www.sqlite.org/c3ref/value_blob.html).
    unsafe {
        let kind = ffi::sqlite3_value_type(value);
        match kind {
            ffi::SQLITE_INTEGER => return ValueRef::Integer(ffi::sqlite3_value_int64(value)),
            ffi::SQLITE_FLOAT => return ValueRef::Real(ffi::sqlite3_value_double(value)),
            ffi::SQLITE_NULL => return ValueRef::Null,
            _ => {}
        }
        let is_text = kind == ffi::SQLITE_TEXT;
        if is_text && ffi::sqlite3_value_encoding(value) != ffi::SQLITE_UTF8 {
            ffi::sqlite3_value_text(value);
        }
        let start = ffi::sqlite3_value_blob(value).cast::<u8>();
        let count = usize::try_from(ffi::sqlite3_value_bytes(value)).unwrap_or(0);
        let bytes = if start.is_null() { &[] } else { slice::from_raw_parts(start, count) };
        if is_text { ValueRef::Text(bytes) } else { ValueRef::Blob(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::install;
    use crate::executor::ledger::digest::Sums;
    use rusqlite::Connection;
    use std::sync::Arc;

    fn database(encoding: &str) -> (Connection, Arc<()>) {
        let database = Connection::open_in_memory().unwrap();
        database.execute_batch(&format!("PRAGMA encoding = '{encoding}'")).unwrap();
        let kept = Arc::new(());
        // SAFETY: nobody else has the connection.
        unsafe { install(database.handle(), c"digest", Arc::clone(&kept)).unwrap() };
        (database, kept)
    }

    fn sums(database: &Connection, values: &str) -> Sums {
        let sql = format!("SELECT digest(1, column1, column2) FROM ({values})");
        Sums::from_bytes(&database.query_row(&sql, [], |row| row.get::<_, Vec<u8>>(0)).unwrap())
    }

    #[test]
    fn every_kind_of_value_is_read_in_every_encoding() {
        let mut known = None;
        for encoding in ["UTF-8", "UTF-16le", "UTF-16be"] {
            let (database, _) = database(encoding);
            let sums = |values: &str| sums(&database, values);
            let all = "VALUES (1, 'ä€'), (2, ''), (3, NULL), (4, x''), (5, zeroblob(9)), (6, -7), (7, 0.5)";
            let found = sums(all);
            assert_eq!(found.rows, 7);
            assert_eq!(*known.get_or_insert(found.clone()), found, "{encoding}");
            for row in 1..=7 {
                let changed = format!("{all} EXCEPT SELECT * FROM ({all}) WHERE column1 = {row}");
                let changed = sums(&format!("{changed} UNION ALL SELECT {row}, 'b'"));
                assert_eq!(changed.rows, 7);
                assert_ne!(changed.columns, found.columns, "{encoding} {row}");
            }
            let [text, number] = [sums("VALUES (1, '12')"), sums("VALUES (1, 12)")];
            assert_eq!(text.columns[0].said, number.columns[0].said, "{encoding}");
            assert_ne!(text.columns[0].exact, number.columns[0].exact, "{encoding}");
            assert_eq!(sums("SELECT 1 AS column1, 2 AS column2 WHERE 0"), Sums::default());
        }
    }

    #[test]
    fn what_is_kept_goes_with_the_connection_also_after_a_statement_that_was_given_up() {
        let (database, kept) = database("UTF-8");
        let fails = "SELECT digest(1, column1, abs(column1)) FROM \
                     (VALUES (1), (-9223372036854775807 - 1))";
        assert!(database.query_row(fails, [], |_| Ok(())).is_err());
        assert_eq!(sums(&database, "VALUES (1, 2)").rows, 1);
        assert_eq!(Arc::strong_count(&kept), 2);
        drop(database);
        assert_eq!(Arc::strong_count(&kept), 1);
    }
}
