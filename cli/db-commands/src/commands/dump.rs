//! `db dump`.

use super::Context;
use crate::ExitCode;
use crate::arguments::Dump;
use schema_engine::{Error, Result};

pub(super) fn dump(_context: &Context<'_>, _arguments: &Dump) -> Result<ExitCode> {
    Err(Error::failed("not yet"))
}
