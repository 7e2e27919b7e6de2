//! Modules that use each other.

use std::collections::{BTreeMap, BTreeSet};

/// The shortest cycle through each group of nodes that reach each other, as the list of its nodes.
pub(super) fn cycles(edges: &BTreeSet<(usize, usize)>) -> Vec<Vec<usize>> {
    let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (from, to) in edges {
        next.entry(*from).or_default().push(*to);
    }
    let (mut found, mut told) = (Vec::new(), BTreeSet::new());
    for node in next.keys() {
        if !told.contains(node)
            && let Some(cycle) = shortest(*node, &next)
        {
            told.extend(cycle.iter().copied());
            found.push(cycle);
        }
    }
    found
}

/// The shortest way from a node back to itself.
fn shortest(start: usize, next: &BTreeMap<usize, Vec<usize>>) -> Option<Vec<usize>> {
    let mut ways = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for to in way.last().and_then(|last| next.get(last)).into_iter().flatten() {
                if *to == start {
                    return Some(way);
                }
                if seen.insert(*to) {
                    longer.push([way.as_slice(), &[*to]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::cycles;

    #[test]
    fn each_cycle_is_found_once() {
        assert!(cycles(&[(1, 2), (2, 3), (1, 3)].into()).is_empty());
        assert_eq!(cycles(&[(1, 2), (2, 1), (3, 1)].into()), [[1, 2]]);
        assert_eq!(cycles(&[(1, 2), (2, 3), (3, 1), (4, 5), (5, 4)].into()), [vec![1, 2, 3], vec![4, 5]]);
    }
}
