//! Parents before children: the order in which tables are dumped.

use std::collections::{BTreeSet, HashMap};

/// Orders `0..parents.len()` so that each comes after its parents, otherwise as given.
///
/// Where foreign keys form a circle it is cut at the first table of it. An order made by this
/// function comes out of it unchanged, so a dump of a restored dump has the same order: at each
/// step the first of a set is taken that depends on the remaining tables alone.
pub(super) fn parents_first(parents: &[Vec<usize>]) -> Vec<usize> {
    let mut missing: Vec<BTreeSet<usize>> = Vec::with_capacity(parents.len());
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    for (table, its_parents) in parents.iter().enumerate() {
        let others: BTreeSet<usize> = its_parents
            .iter()
            .copied()
            .filter(|parent| *parent != table && *parent < parents.len())
            .collect();
        for parent in &others {
            children[*parent].push(table);
        }
        missing.push(others);
    }

    let mut remaining: BTreeSet<usize> = (0..parents.len()).collect();
    let mut ready: BTreeSet<usize> =
        remaining.iter().copied().filter(|table| missing[*table].is_empty()).collect();
    let mut order = Vec::with_capacity(parents.len());
    while let Some(table) = ready.pop_first().or_else(|| in_first_circle(&remaining, &missing)) {
        remaining.remove(&table);
        order.push(table);
        for child in &children[table] {
            missing[*child].remove(&table);
            if missing[*child].is_empty() && remaining.contains(child) {
                ready.insert(*child);
            }
        }
    }
    order
}

/// The first table that is part of a circle which depends on nothing outside itself.
fn in_first_circle(remaining: &BTreeSet<usize>, missing: &[BTreeSet<usize>]) -> Option<usize> {
    let mut ancestors: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for table in remaining {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = missing[*table].iter().copied().collect();
        while let Some(ancestor) = open.pop() {
            if seen.insert(ancestor) {
                open.extend(&missing[ancestor]);
            }
        }
        ancestors.insert(*table, seen);
    }
    remaining.iter().copied().find(|table| {
        ancestors[table]
            .iter()
            .all(|ancestor| ancestors.get(ancestor).is_some_and(|theirs| theirs.contains(table)))
    })
}

#[cfg(test)]
mod tests {
    use super::parents_first;

    #[test]
    fn children_follow_parents_and_the_rest_stays() {
        assert_eq!(parents_first(&[vec![2], vec![], vec![1]]), [1, 2, 0]);
        assert_eq!(parents_first(&[vec![], vec![], vec![]]), [0, 1, 2]);
        assert_eq!(parents_first(&[vec![0, 9]]), [0]);
    }

    #[test]
    fn a_circle_is_cut_once_and_the_order_is_stable() {
        // 0 hangs below the circle of 2 and 3; 1 stands alone.
        let graph = [vec![2], vec![], vec![3], vec![2]];
        let order = parents_first(&graph);
        assert_eq!(order, [1, 2, 0, 3]);
        let renamed: Vec<Vec<usize>> = order
            .iter()
            .map(|table| {
                graph[*table]
                    .iter()
                    .map(|parent| order.iter().position(|one| one == parent).unwrap())
                    .collect()
            })
            .collect();
        assert_eq!(parents_first(&renamed), [0, 1, 2, 3]);
    }
}
