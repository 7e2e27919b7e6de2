use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::command::root;

/// Above this a file is worth a look.
const LONG: usize = 300;
/// Above this it has to be split.
const TOO_LONG: usize = 500;
/// The macro does little; what has a branch in it belongs into the runtime.
const DERIVE: usize = 2_600;

/// How long the expansion of a model with up to three relations may be, and how much each further one may add.
const EXPANSION: usize = 120;
const RELATION: usize = 20;

/// Where conditions on ids and keys are written, so that a value can't be taken for an operator.
const CONDITIONS: &str = "earnorm-core/src/store/keys.rs";

pub(crate) fn tidy() -> Outcome {
    expansions()?;
    conditions()?;
    let mut files = Vec::new();
    collect(&root(), &mut files)?;
    files.sort();

    let (mut alarms, mut derive) = (0, 0);
    for path in &files {
        let lines = fs::read_to_string(path)?.lines().count();
        let name = path.strip_prefix(root())?;
        if name.starts_with("earnorm-derive/src") {
            derive += lines;
        }
        if lines > TOO_LONG {
            alarms += 1;
            println!("alarm: {} has {lines} lines; split it below {TOO_LONG}", name.display());
        } else if lines > LONG {
            println!("note: {} has {lines} lines", name.display());
        }
    }
    println!("{} files; earnorm-derive has {derive} lines of at most {DERIVE}", files.len());
    match (alarms, derive > DERIVE) {
        (0, false) => Ok(()),
        (0, true) => Err(format!("earnorm-derive/src has {derive} lines, over {DERIVE}").into()),
        _ => Err(format!("files of over {TOO_LONG} lines: {alarms}").into()),
    }
}

/// Finds conditions on ids and keys that are written by hand.
fn conditions() -> Outcome {
    let (mut files, mut found) = (Vec::new(), 0);
    collect(&root().join("earnorm-core/src"), &mut files)?;
    for path in files {
        let name = path.strip_prefix(root())?;
        if name == Path::new(CONDITIONS) {
            continue;
        }
        for (at, line) in fs::read_to_string(&path)?.lines().enumerate() {
            if is_condition(line) {
                found += 1;
                println!("alarm: {}:{} writes a condition by hand: {}", name.display(), at + 1, line.trim());
            }
        }
    }
    match found {
        0 => Ok(()),
        _ => {
            Err(format!("conditions by hand: {found}; the functions of {CONDITIONS} compare each value as it is")
                .into())
        }
    }
}

/// Whether a line compares an id or a list with a value that isn't a literal. Comments are about conditions, and in an
/// expression (`"$in": [`) or a group each value is itself.
fn is_condition(line: &str) -> bool {
    if line.trim_start().starts_with("//") || line.contains("$group") || line.contains("group = ") {
        return false;
    }
    let is_value = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '&' || c == '*');
    let value_of = |name: &str| line.split(name).skip(1).any(|rest| is_value(rest) && !rest.starts_with("format!"));
    ["\"_id\": ", "\"$in\": ", "\"$nin\": ", "\"$pull\": "].into_iter().any(value_of)
}

/// Holds the snapshots of the expansion to the budget: lines, and no future to be proven `Send` again and again.
fn expansions() -> Outcome {
    let mut longest = 0;
    for entry in fs::read_dir(root().join("earnorm-derive/expansion/snapshots"))? {
        let path = entry?.path();
        if path.extension().is_none_or(|end| end != "snap") {
            continue;
        }
        let (text, name) = (fs::read_to_string(&path)?, path.file_stem().unwrap_or_default().to_string_lossy());
        // what is above the second line of dashes is about the snapshot
        let expansion = text.splitn(3, "---\n").nth(2).unwrap_or(&text);
        let relations = expansion.matches("::Relation for ").count();
        let (lines, budget) = (expansion.lines().count(), EXPANSION + RELATION * relations.saturating_sub(3));
        longest = longest.max(lines);
        if lines > budget {
            return Err(format!("the expansion `{name}` has {lines} lines, over {budget}").into());
        }
        if expansion.split_whitespace().any(|word| word == "async" || word == "async_trait") {
            return Err(format!("the expansion `{name}` has `async` in it; what waits belongs into the runtime").into());
        }
    }
    println!(
        "the longest expansion has {longest} lines; a model has at most {EXPANSION}, and {RELATION} more for each relation from the fourth on"
    );
    Ok(())
}

/// Finds the `.rs` files, except what is built or hidden.
pub(crate) fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Outcome {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_condition;

    #[test]
    fn a_condition_by_hand_is_found() {
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
