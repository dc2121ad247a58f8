//! SeaORM's own runner, `cargo run -p migration -- status`, on the database in `DATABASE_URL`.
//!
//! It runs each revision outside of a transaction and makes no copy first: for a database that
//! holds somebody's data there is `tgenie db upgrade`.

use migration::Migrator;
use sea_orm_migration::cli::run_cli_with_connection;
use sea_orm_migration::sea_orm::Database;

fn main() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run_cli_with_connection(Migrator, |mut options| {
        // A revision that rebuilds a table refuses to run where foreign keys are enforced.
        options.map_sqlx_sqlite_opts(|options| options.foreign_keys(false));
        Database::connect(options)
    }));
    Ok(())
}
