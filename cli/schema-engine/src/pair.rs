//! Both sides of a comparison, so that they can't be swapped by accident.

use std::collections::BTreeMap;

/// What is there and what shall be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<T> {
    /// What is there.
    pub current: T,
    /// What shall be there.
    pub desired: T,
}

impl<T> Pair<T> {
    /// A pair of the two sides, the current one first.
    pub fn new(current: T, desired: T) -> Self {
        Self { current, desired }
    }

    /// The same function on both sides.
    pub fn map<U>(self, mut function: impl FnMut(T) -> U) -> Pair<U> {
        Pair { current: function(self.current), desired: function(self.desired) }
    }

    /// Both sides by reference.
    pub fn as_ref(&self) -> Pair<&T> {
        Pair { current: &self.current, desired: &self.desired }
    }
}

/// Things of one kind on both sides, paired by key and in the order of their keys.
#[derive(Debug)]
pub struct Matched<'a, T> {
    /// Only on the desired side.
    pub added: Vec<&'a T>,
    /// Only on the current side.
    pub removed: Vec<&'a T>,
    /// On both sides.
    pub common: Vec<Pair<&'a T>>,
}

/// Pairs the items of two sides by key. Of several items with one key the last counts.
pub fn match_by<'a, T, K: Ord>(
    sides: Pair<impl IntoIterator<Item = &'a T>>,
    key: impl Fn(&'a T) -> K,
) -> Matched<'a, T> {
    let sides = sides_by_key(sides, key);
    let mut matched = Matched { added: Vec::new(), removed: Vec::new(), common: Vec::new() };
    for (key, current) in &sides.current {
        match sides.desired.get(key) {
            Some(desired) => matched.common.push(Pair::new(*current, *desired)),
            None => matched.removed.push(*current),
        }
    }
    for (key, desired) in &sides.desired {
        if !sides.current.contains_key(key) {
            matched.added.push(*desired);
        }
    }
    matched
}

fn sides_by_key<'a, T, K: Ord>(
    sides: Pair<impl IntoIterator<Item = &'a T>>,
    key: impl Fn(&'a T) -> K,
) -> Pair<BTreeMap<K, &'a T>> {
    Pair {
        current: sides.current.into_iter().map(|item| (key(item), item)).collect(),
        desired: sides.desired.into_iter().map(|item| (key(item), item)).collect(),
    }
}
