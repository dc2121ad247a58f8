//! What the modules of a program do, each way of each recorded once however often it is asked for.

use super::fingerprint;
use super::recorded::{recorded_down, recorded_up};
use super::step::Step;
use crate::history::Migrations;
use crate::target::Direction;
use tokio::sync::OnceCell;

/// The recordings of a run. A way is recorded when somebody first wants to know of it.
pub(crate) struct Recordings<'a> {
    migrations: &'a Migrations,
    ways: Vec<Ways>,
}

/// What one module does; `None` where that depends on the database, or it refuses that way.
#[derive(Default)]
struct Ways {
    up: OnceCell<Option<Vec<Step>>>,
    down: OnceCell<Option<Vec<Step>>>,
    fingerprint: OnceCell<Option<String>>,
}

impl<'a> Recordings<'a> {
    /// None yet.
    pub(crate) fn of(migrations: &'a Migrations) -> Self {
        Self { migrations, ways: migrations.iter().map(|_| Ways::default()).collect() }
    }

    /// The modules, in the order of their history.
    pub(crate) fn migrations(&self) -> &'a Migrations {
        self.migrations
    }

    /// What the revision at a place does one way.
    pub(crate) async fn steps(&self, at: usize, direction: Direction) -> Option<&[Step]> {
        let (migration, ways) = (self.migrations[at].as_ref(), &self.ways[at]);
        let steps = match direction {
            Direction::Up => ways.up.get_or_init(|| recorded_up(migration)).await,
            Direction::Down => ways.down.get_or_init(|| recorded_down(migration)).await,
        };
        steps.as_deref()
    }

    /// The number for what it does on its way up.
    pub(super) async fn fingerprint(&self, at: usize) -> Option<&str> {
        let up = self.steps(at, Direction::Up).await;
        let fingerprint = async || up.map(fingerprint::of);
        self.ways[at].fingerprint.get_or_init(fingerprint).await.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::Recordings;
    use crate::history::Migrations;
    use crate::target::Direction;
    use sea_orm::{ConnectionTrait as _, DbErr};
    use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Counted(Arc<AtomicUsize>);

    impl MigrationName for Counted {
        fn name(&self) -> &'static str {
            "m001_counted"
        }
    }

    #[async_trait::async_trait]
    impl MigrationTrait for Counted {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            self.0.fetch_add(1, Ordering::Relaxed);
            manager.get_connection().execute_unprepared("CREATE TABLE t (a)").await.map(drop)
        }
    }

    #[tokio::test]
    async fn a_module_is_heard_out_once() {
        let count = Arc::new(AtomicUsize::new(0));
        let migrations: Migrations = vec![Box::new(Counted(Arc::clone(&count)))];
        let recordings = Recordings::of(&migrations);
        for _ in 0..3 {
            assert_eq!(recordings.steps(0, Direction::Up).await.map(<[_]>::len), Some(1));
            assert!(recordings.fingerprint(0).await.is_some());
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }
}
