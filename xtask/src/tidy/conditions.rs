//! Conditions on ids and keys.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::Outcome;

/// The only module that may write conditions. Its functions make sure that a value can't be taken for an operator.
const CONDITIONS: &str = "earnorm-core/src/store/keys.rs";

/// Finds conditions on ids and keys that other modules of the runtime write themselves.
pub(super) fn check(root: &Path, files: &[PathBuf]) -> Outcome<Vec<String>> {
    let mut errors = Vec::new();
    let of_the_runtime = files.iter().filter(|file| file.starts_with("earnorm-core/src"));
    for file in of_the_runtime.filter(|file| *file != Path::new(CONDITIONS)) {
        for (at, line) in fs::read_to_string(root.join(file))?.lines().enumerate() {
            if is_condition(line) {
                let (file, line) = (file.display(), line.trim());
                errors.push(format!(
                    "{file}:{} writes a condition itself, `{line}`; call a function of {CONDITIONS}",
                    at + 1
                ));
            }
        }
    }
    Ok(errors)
}

/// Whether a line compares an id or a list with a value that isn't a literal. Comments don't count. In an aggregation
/// expression (`"$in": [`) and in a group, no value can be taken for an operator.
fn is_condition(line: &str) -> bool {
    if line.trim_start().starts_with("//") || line.contains("$group") || line.contains("group = ") {
        return false;
    }
    let is_value = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '&' || c == '*');
    let value_of = |name: &str| line.split(name).skip(1).any(|rest| is_value(rest) && !rest.starts_with("format!"));
    ["\"_id\": ", "\"$in\": ", "\"$nin\": ", "\"$pull\": "].into_iter().any(value_of)
}

#[cfg(test)]
mod tests {
    use super::is_condition;

    #[test]
    fn a_condition_on_an_id_is_found() {
        for line in [
            r#"let filter = doc! { "_id": id };"#,
            r#"let filter = doc! { "_id": &self.id };"#,
            r#"doc! { key: { "$in": keys } }"#,
            r#"doc! { "$pull": { key: 1 }, "$nin": kept }"#,
        ] {
            assert!(is_condition(line), "{line}");
        }
        for line in [
            r#"// doc! { "_id": id }"#,
            r#"doc! { "_id": 1 }"#,
            r#"doc! { "_id": { "$ne": null } }"#,
            r#"doc! { "$in": ["$$this", values] }"#,
            r#"doc! { "$group": { "_id": key } }"#,
        ] {
            assert!(!is_condition(line), "{line}");
        }
    }
}
