//! The modules of the golden cases, compiled. Written by the update of the golden test.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::doc_markdown,
    reason = "they are written for a migration crate"
)]

use sea_orm_migration::MigrationTrait;

#[path = "../cases/add_check/module.rs"]
pub mod add_check;
#[path = "../cases/add_column/module.rs"]
pub mod add_column;
#[path = "../cases/add_column_with_current_time/module.rs"]
pub mod add_column_with_current_time;
#[path = "../cases/add_foreign_key/module.rs"]
pub mod add_foreign_key;
#[path = "../cases/add_required_column/module.rs"]
pub mod add_required_column;
#[path = "../cases/add_table/module.rs"]
pub mod add_table;
#[path = "../cases/add_unique/module.rs"]
pub mod add_unique;
#[path = "../cases/allow_null/module.rs"]
pub mod allow_null;
#[path = "../cases/change_collation/module.rs"]
pub mod change_collation;
#[path = "../cases/change_default/module.rs"]
pub mod change_default;
#[path = "../cases/change_foreign_key_action/module.rs"]
pub mod change_foreign_key_action;
#[path = "../cases/change_primary_key/module.rs"]
pub mod change_primary_key;
#[path = "../cases/change_type/module.rs"]
pub mod change_type;
#[path = "../cases/change_view_and_trigger/module.rs"]
pub mod change_view_and_trigger;
#[path = "../cases/comments_and_clauses_stay/module.rs"]
pub mod comments_and_clauses_stay;
#[path = "../cases/composite_index/module.rs"]
pub mod composite_index;
#[path = "../cases/convert_with_fill/module.rs"]
pub mod convert_with_fill;
#[path = "../cases/drop_column/module.rs"]
pub mod drop_column;
#[path = "../cases/drop_indexed_column/module.rs"]
pub mod drop_indexed_column;
#[path = "../cases/drop_required_column/module.rs"]
pub mod drop_required_column;
#[path = "../cases/drop_table/module.rs"]
pub mod drop_table;
#[path = "../cases/generated_columns_stay/module.rs"]
pub mod generated_columns_stay;
#[path = "../cases/hostile_names/module.rs"]
pub mod hostile_names;
#[path = "../cases/keep_dropped_column/module.rs"]
pub mod keep_dropped_column;
#[path = "../cases/keep_dropped_table/module.rs"]
pub mod keep_dropped_table;
#[path = "../cases/keep_the_id_sequence/module.rs"]
pub mod keep_the_id_sequence;
#[path = "../cases/partial_and_expression_index/module.rs"]
pub mod partial_and_expression_index;
#[path = "../cases/rebuild_edit_and_plain_steps/module.rs"]
pub mod rebuild_edit_and_plain_steps;
#[path = "../cases/rename_column/module.rs"]
pub mod rename_column;
#[path = "../cases/rename_table/module.rs"]
pub mod rename_table;
#[path = "../cases/require_value_with_default/module.rs"]
pub mod require_value_with_default;
#[path = "../cases/self_reference_stays/module.rs"]
pub mod self_reference_stays;
#[path = "../cases/several_changes_one_rebuild/module.rs"]
pub mod several_changes_one_rebuild;
#[path = "../cases/strict_and_without_rowid/module.rs"]
pub mod strict_and_without_rowid;
#[path = "../cases/views_and_triggers_stay/module.rs"]
pub mod views_and_triggers_stay;
#[path = "../cases/virtual_tables_stay/module.rs"]
pub mod virtual_tables_stay;

pub(crate) fn all() -> Vec<(&'static str, Box<dyn MigrationTrait>)> {
    vec![
        ("add_check", Box::new(add_check::Migration)),
        ("add_column", Box::new(add_column::Migration)),
        ("add_column_with_current_time", Box::new(add_column_with_current_time::Migration)),
        ("add_foreign_key", Box::new(add_foreign_key::Migration)),
        ("add_required_column", Box::new(add_required_column::Migration)),
        ("add_table", Box::new(add_table::Migration)),
        ("add_unique", Box::new(add_unique::Migration)),
        ("allow_null", Box::new(allow_null::Migration)),
        ("change_collation", Box::new(change_collation::Migration)),
        ("change_default", Box::new(change_default::Migration)),
        ("change_foreign_key_action", Box::new(change_foreign_key_action::Migration)),
        ("change_primary_key", Box::new(change_primary_key::Migration)),
        ("change_type", Box::new(change_type::Migration)),
        ("change_view_and_trigger", Box::new(change_view_and_trigger::Migration)),
        ("comments_and_clauses_stay", Box::new(comments_and_clauses_stay::Migration)),
        ("composite_index", Box::new(composite_index::Migration)),
        ("convert_with_fill", Box::new(convert_with_fill::Migration)),
        ("drop_column", Box::new(drop_column::Migration)),
        ("drop_indexed_column", Box::new(drop_indexed_column::Migration)),
        ("drop_required_column", Box::new(drop_required_column::Migration)),
        ("drop_table", Box::new(drop_table::Migration)),
        ("generated_columns_stay", Box::new(generated_columns_stay::Migration)),
        ("hostile_names", Box::new(hostile_names::Migration)),
        ("keep_dropped_column", Box::new(keep_dropped_column::Migration)),
        ("keep_dropped_table", Box::new(keep_dropped_table::Migration)),
        ("keep_the_id_sequence", Box::new(keep_the_id_sequence::Migration)),
        ("partial_and_expression_index", Box::new(partial_and_expression_index::Migration)),
        ("rebuild_edit_and_plain_steps", Box::new(rebuild_edit_and_plain_steps::Migration)),
        ("rename_column", Box::new(rename_column::Migration)),
        ("rename_table", Box::new(rename_table::Migration)),
        ("require_value_with_default", Box::new(require_value_with_default::Migration)),
        ("self_reference_stays", Box::new(self_reference_stays::Migration)),
        ("several_changes_one_rebuild", Box::new(several_changes_one_rebuild::Migration)),
        ("strict_and_without_rowid", Box::new(strict_and_without_rowid::Migration)),
        ("views_and_triggers_stay", Box::new(views_and_triggers_stay::Migration)),
        ("virtual_tables_stay", Box::new(virtual_tables_stay::Migration)),
    ]
}
