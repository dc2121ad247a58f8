//! What TaskGenie's models are in SQLite: the SQL they create, the rows they write, and the
//! rows of the Python version that they read.

use sea_orm::prelude::{ChronoDate, DateTime};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Schema};

mod python_rows;
mod rows;
mod schema;

/// An in-memory database with the tables and objects of the models in it.
async fn database() -> DatabaseConnection {
    let db = Database::connect("sqlite::memory:").await.unwrap();
    entity::register(Schema::new(DbBackend::Sqlite).builder()).apply(&db).await.unwrap();
    for statement in entity::objects() {
        db.execute_raw(statement).await.unwrap();
    }
    db
}

/// An instant of 2026.
fn instant(month: u32, day: u32, (hour, minute, second): (u32, u32, u32), micros: u32) -> DateTime {
    ChronoDate::from_ymd_opt(2026, month, day)
        .unwrap()
        .and_hms_micro_opt(hour, minute, second, micros)
        .unwrap()
}
