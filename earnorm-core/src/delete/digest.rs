//! The digest of a plan: another process compares it with the digest of the plan that it finds.

use sha2::{Digest, Sha256};

use super::closure::Closure;
use super::node::Node;
use crate::schema::ModelMetadata;

/// Computes the digest. Two plans with the same effect have the same digest, in whatever order their documents were
/// found.
pub(super) fn digest(root: &ModelMetadata, closure: &Closure) -> String {
    let mut parts: Vec<String> = closure.nodes.iter().map(node).collect();
    for leaf in &closure.leaves {
        let (holder, count) = (leaf.edge.holder.documents().label(), leaf.count.unwrap_or(0));
        let action = leaf.edge.digest_word();
        let parents = closure.nodes[leaf.node].model.documents().label();
        parts.push(format!("{action} {count} {holder:?} {:?} {parents:?}", leaf.edge.key));
    }
    parts.extend(closure.blockers.iter().map(|blockers| format!("forbid {} {:?}", blockers.len(), blockers.rule)));
    parts.sort_unstable();
    let hash =
        parts.iter().fold(Sha256::new().chain_update(format!("{:?}", root.documents().label())), |hash, part| {
            hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
        });
    format!("{:032x}", first_half(hash))
}

/// The part of the digest for one model's documents. It adds up their hashes, so their order is irrelevant and nothing
/// has to be sorted.
fn node(node: &Node) -> String {
    let mut sum = 0_u128;
    for id in &node.ids {
        sum = sum.wrapping_add(first_half(Sha256::new().chain_update(id.to_key())));
    }
    format!("ids {} {sum:032x} {:?}", node.ids.len(), node.model.documents().label())
}

/// The first 16 of the 32 bytes of a hash.
fn first_half(hash: Sha256) -> u128 {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(bytes)
}
