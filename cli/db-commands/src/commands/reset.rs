//! `db reset`.

use super::Context;
use crate::ExitCode;
use crate::arguments::Reset;
use schema_engine::{Error, Result};

pub(super) fn reset(_context: &Context<'_>, _arguments: &Reset) -> Result<ExitCode> {
    Err(Error::failed("not yet"))
}
