//! Dump, restore, reset and safety copies, on files.

mod awkward;
mod backups;
mod bad_inputs;
mod collations;
mod dump_parts;
mod dumps;
mod fingerprint;
mod foreign_dumps;
mod hostile;
mod live;
mod old_shells;
mod resets;
mod round_trip;
mod shells;
mod support;
mod tokenizers;
mod verify;
