//! `db restore`.

use super::Context;
use crate::ExitCode;
use crate::arguments::Restore;
use schema_engine::{Error, Result};

pub(super) fn restore(_context: &Context<'_>, _arguments: &Restore) -> Result<ExitCode> {
    Err(Error::failed("not yet"))
}
