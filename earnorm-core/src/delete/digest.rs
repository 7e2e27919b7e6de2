//! A plan in a few letters, which another process can compare with what it finds.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::closure::{Closure, Node};
use super::rules::Action;
use crate::packed::PackedId;
use crate::schema::ModelMetadata;

/// How many bytes of a hash are kept.
const BYTES: usize = 16;

/// What a plan comes to: equal for two plans that write the same, in whatever order each was found.
pub(super) fn digest(root: &ModelMetadata, closure: &Closure) -> String {
    let mut parts: Vec<String> = closure.nodes.iter().map(node).collect();
    for leaf in &closure.leaves {
        let (holder, count) = (leaf.edge.holder.collection, leaf.count.unwrap_or(0));
        let action = match leaf.edge.action {
            Action::Delete => "delete",
            Action::Empty => "empty",
            Action::Pull => "pull",
            Action::Forbid | Action::Nothing => "keep",
        };
        let parents = closure.nodes[leaf.node].model.collection;
        parts.push(format!("{action} {count} {holder:?} {:?} {parents:?}", leaf.edge.key));
    }
    parts.extend(closure.blockers.iter().map(|blockers| format!("forbid {} {:?}", blockers.len(), blockers.rule)));
    parts.sort_unstable();
    let hash = parts.iter().fold(Sha256::new().chain_update(format!("{:?}", root.collection)), |hash, part| {
        hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
    });
    hex(&hash.finalize()[..BYTES])
}

/// The documents of a model. Their hashes are added up, so that their order doesn't matter and a million of them takes no
/// memory.
fn node(node: &Node) -> String {
    let mut sum = 0_u128;
    for id in node.ids() {
        sum = sum.wrapping_add(hash(id));
    }
    format!("ids {} {sum:032x} {:?}", node.ids().len(), node.model.collection)
}

fn hash(id: &PackedId) -> u128 {
    let hash = Sha256::digest(id.to_key());
    let mut first = [0; BYTES];
    first.copy_from_slice(&hash[..BYTES]);
    u128::from_be_bytes(first)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
