//! The guide as a book. Its pages are the files that are compiled as the documentation of `earnorm::guide`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{Outcome, cargo, root, run};

/// The version of mdBook that is installed if there is none on the path.
const VERSION: &str = "0.5.4";

/// The directory of the pages, with their modules and the list of chapters.
const GUIDE: &str = "earnorm/src/guide";

/// Builds the book into `target/book`.
pub(crate) fn book() -> Outcome {
    let mistakes = Guide::read()?.mistakes();
    if !mistakes.is_empty() {
        return Err(format!("the guide is inconsistent:\n  {}", mistakes.join("\n  ")).into());
    }
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let into = target.join("book");
    let mut command = Command::new(mdbook()?);
    let status = command.arg("build").arg(root()).arg("--dest-dir").arg(&into).status()?;
    if !status.success() {
        return Err(format!("`mdbook build` failed ({status})").into());
    }
    // mdBook also copies this file from the directory of the pages.
    fs::remove_file(into.join("mod.rs"))?;
    println!("{}", into.join("index.html").display());
    Ok(())
}

/// The program on the path, or else the one in the cache directory of the testkit. It is installed if it is missing.
fn mdbook() -> Outcome<OsString> {
    let on_path = Command::new("mdbook").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if on_path.is_ok_and(|status| status.success()) {
        return Ok("mdbook".into());
    }
    let home = earnorm_testkit::__private::cache_dir()?.join("mdbook").join(VERSION);
    let program = home.join("bin").join(format!("mdbook{}", env::consts::EXE_SUFFIX));
    if !program.is_file() {
        println!("`mdbook` is not on the path; installing version {VERSION} into {}", home.display());
        let mut command = cargo(["install", "mdbook", "--locked", "--version", VERSION]);
        command.args(["--no-default-features", "--features", "search", "--root"]).arg(&home);
        run(command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS"))?;
    }
    Ok(program.into())
}

/// The files of the guide.
struct Guide {
    /// `mod.rs`, which declares a module for each page.
    modules: String,
    /// `SUMMARY.md`, mdBook's list of chapters.
    summary: String,
    /// The name and the text of each page.
    pages: Vec<(String, String)>,
}

impl Guide {
    fn read() -> Outcome<Self> {
        let directory = root().join(GUIDE);
        let mut pages = Vec::new();
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if path.extension().is_some_and(|end| end == "md") && name != "SUMMARY" {
                pages.push((name, fs::read_to_string(&path)?));
            }
        }
        pages.sort();
        let text = |name: &str| fs::read_to_string(Path::new(&directory).join(name));
        Ok(Self { modules: text("mod.rs")?, summary: text("SUMMARY.md")?, pages })
    }

    /// The differences between the lists of pages, and the links that don't work.
    fn mistakes(&self) -> Vec<String> {
        let chapters = between(&self.summary, "](", ".md)");
        let mut mistakes = Vec::new();
        let mut compare = |list: &str, names: &[&str]| {
            if names != chapters {
                mistakes.push(format!("{list}: {names:?}; SUMMARY.md: {chapters:?}"));
            }
        };
        compare("modules in mod.rs", &between(&self.modules, "\npub mod ", " {}"));
        compare("pages included by mod.rs", &between(&self.modules, "include_str!(\"", ".md\")"));
        compare("table in mod.rs", &between(&self.modules, "\n//! | [`", "`]"));
        let mut sorted = chapters.clone();
        sorted.sort_unstable();
        let pages: Vec<&str> = self.pages.iter().map(|(name, _)| name.as_str()).collect();
        if sorted != pages {
            mistakes.push(format!("files: {pages:?}; SUMMARY.md: {sorted:?}"));
        }
        for (name, text) in &self.pages {
            mistakes.extend(self.wrong_links(text).into_iter().map(|link| format!("{name}.md: {link}")));
        }
        mistakes
    }

    /// The links of a page that don't work both in the book and in rustdoc.
    fn wrong_links(&self, text: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for link in ["](crate::", "]: crate::", "](earnorm::", "]: earnorm::", ".md)", ".md#"] {
            if text.contains(link) {
                wrong.push(format!("`{link}`; use a name that is defined in mod.rs and at the end of the page"));
            }
        }
        let lower = text.to_lowercase();
        for label in between(&self.modules, "\n        [", "]: crate::guide::") {
            let module = between(&self.modules, &format!("\n        [{label}]: crate::guide::"), "\\n");
            let (link, own) = (format!("[{label}]"), format!("\n[{label}]: {}.md\n", module.concat()));
            if lower.contains(&link) && !lower.contains(&own) {
                wrong.push(format!("`{link}` needs the line `{}` at the end of the page", own.trim()));
            }
        }
        let labels = between(text, "\n[", ".md\n").into_iter().filter_map(|line| line.split_once("]: "));
        for (label, file) in labels.filter(|(_, file)| !file.starts_with("https:")) {
            if !self.modules.contains(&format!("\n        [{label}]: crate::guide::{file}\\n")) {
                wrong.push(format!("`[{label}]: {file}.md` has no counterpart in mod.rs"));
            }
        }
        wrong
    }
}

/// Every text between `before` and the next `after` on the same line.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    let candidates = text.match_indices(before).filter_map(|(at, _)| text[at + before.len()..].split_once(after));
    candidates.map(|(found, _)| found).filter(|found| !found.contains('\n')).collect()
}

#[cfg(test)]
mod tests {
    use super::Guide;

    #[test]
    fn the_guide_is_consistent() {
        let mistakes = Guide::read().map(|guide| guide.mistakes());
        assert_eq!(mistakes.ok().as_deref(), Some(&[] as &[String]));
    }

    fn guide(summary: &str, page: &str) -> Vec<String> {
        let modules = "\n//! | [`one`] |\n        [the first]: crate::guide::one\\n\\\n\
                       #[doc = include_str!(\"one.md\")]\npub mod one {}\n";
        let pages = vec![("one".to_owned(), page.to_owned())];
        Guide { modules: modules.to_owned(), summary: summary.to_owned(), pages }.mistakes()
    }

    #[test]
    fn a_missing_chapter_is_found() {
        assert!(guide("- [The first](one.md)\n", "# One\n").is_empty());
        assert_eq!(guide("- [The first](one.md)\n- [The second](two.md)\n", "# One\n").len(), 4);
    }

    #[test]
    fn links_that_do_not_work_everywhere_are_found() {
        let is_right = |page| guide("- [The first](one.md)\n", page).is_empty();
        assert!(is_right("See [The first].\n\n[the first]: one.md\n"));
        assert!(!is_right("See [the first].\n"));
        assert!(!is_right("See [the first](crate::guide::one).\n\n[the first]: one.md\n"));
        assert!(!is_right("See [one](one.md).\n"));
        assert!(!is_right("See [other].\n\n[other]: one.md\n"));
    }
}
