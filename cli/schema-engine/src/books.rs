//! The engine's own books, beside SeaORM's: for each revision that a database has had, what its
//! module did (as a fingerprint) and the steps of its way down.
//!
//! They stand in a table of their own, [`TABLE`], because SeaORM's runner owns `seaql_migrations`.
//! A database that was upgraded by that runner has no row here for what it ran: that revision is
//! then not known to be edited or not, until the next run of this engine fills the row in. A row
//! counts only as long as SeaORM's row for the same run is there.

mod fingerprint;
mod recorded;
mod recordings;
mod step;
mod table;

pub(crate) use recordings::Recordings;
pub(crate) use step::Step;
pub use table::TABLE;
pub(crate) use table::{Kept, fingerprints, forget_all, keep, steps_down, written_by};

use crate::error::{Error, Result};
use sea_orm::ConnectionTrait;

/// The revisions among those at `places` whose modules do something else now than when the
/// database had them.
pub(crate) async fn edited(
    connection: &impl ConnectionTrait,
    recordings: &Recordings<'_>,
    places: &[usize],
) -> Result<Vec<String>> {
    let kept = fingerprints(connection).await?;
    let mut edited = Vec::new();
    for at in places {
        let name = recordings.migrations()[*at].name();
        let Some(then) = kept.get(name) else { continue };
        let Some(now) = recordings.fingerprint(*at).await else { continue };
        if now != then {
            edited.push(name.to_owned());
        }
    }
    Ok(edited)
}

/// The refusal of modules that were edited after the database had them.
pub(crate) fn edited_error(edited: &[String]) -> Error {
    let (what, it) = match edited {
        [one] => (format!("{one} was edited after the database had it"), "it"),
        many => (format!("{} were edited after the database had them", many.join(", ")), "them"),
    };
    Error::refused(what)
        .because(format!("what stands in {it} now has never run on this database"))
        .state("The database is unchanged.")
        .next("Take the edit back, and write what it should do as a new revision.")
        .next("Where the schema is right all the same: `db stamp` enters the modules as they are now, and `upgrade` and `downgrade` go on this once with `--allow-edited`.")
}
