//! What the derive costs to compile: `cargo xtask bench compile`.
//!
//! Two crates of the same 100 structs are generated, one with serde's two derives, one with `Model` and three relations
//! beside them. Each is checked in turns with its dependencies built, once from nothing and once after a field is added;
//! what counts is the processor time of `cargo check` and all that it starts.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MODELS: usize = 100;
const TURNS: usize = 5;

/// At most this many seconds for a full check, and after adding one field.
const GOALS: (f64, f64) = (10.0, 1.6);

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> Outcome {
    let root = std::env::args().nth(1).map(PathBuf::from).ok_or("expected the directory of the workspace")?;
    let place = root.join("target/bench-compile");
    let relations = Crate::generate(&root, &place, "relations", true)?;
    let serde = Crate::generate(&root, &place, "serde", false)?;
    for one in [&relations, &serde] {
        println!("building what `{}` depends on", one.name);
        one.check()?;
    }

    let mut times: [Vec<f64>; 4] = Default::default();
    for turn in 1..=TURNS {
        println!("turn {turn} of {TURNS}");
        for (index, one) in [&relations, &serde].into_iter().enumerate() {
            one.write(false)?;
            one.forget()?;
            times[index].push(one.check()?);
            one.write(true)?;
            times[index + 2].push(one.check()?);
        }
    }
    let [full, full_serde, field, field_serde] = times.map(median);
    println!("\n{MODELS} models with 3 relations each, processor seconds of `cargo check`, medians of {TURNS} turns\n");
    println!("                     Model and serde   serde alone   goal");
    println!("full                 {full:>15.2}   {full_serde:>11.2}   {:>4.1}", GOALS.0);
    println!("after adding a field {field:>15.2}   {field_serde:>11.2}   {:>4.1}", GOALS.1);
    expansion(&root, &relations)?;
    if full > GOALS.0 || field > GOALS.1 {
        println!("\nover the goal");
    }
    Ok(())
}

/// A generated crate.
struct Crate {
    name: &'static str,
    dir: PathBuf,
    target: PathBuf,
    models: bool,
}

impl Crate {
    fn generate(root: &Path, place: &Path, name: &'static str, models: bool) -> Outcome<Self> {
        let one = Self { name, dir: place.join(name), target: place.join("target"), models };
        fs::create_dir_all(one.dir.join("src"))?;
        // the same for both, so that they share what is built
        let manifest = format!(
            "[package]\nname = \"bench-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             earnorm = {{ path = \"{}\" }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\n[workspace]\n",
            root.join("earnorm").display()
        );
        fs::write(one.dir.join("Cargo.toml"), manifest)?;
        fs::copy(root.join("Cargo.lock"), one.dir.join("Cargo.lock"))?;
        one.write(false)?;
        Ok(one)
    }

    fn write(&self, with_another_field: bool) -> Outcome {
        let mut text = String::from(if self.models {
            "use earnorm::prelude::*;\n"
        } else {
            "use earnorm::prelude::ObjectId;\nuse serde::{Deserialize, Serialize};\n"
        });
        for n in 0..MODELS {
            let (before, next, peer) = ((n + MODELS - 1) % MODELS, (n + 1) % MODELS, (n + 2) % MODELS);
            let [derive, children, parent, peers] = if self.models {
                [
                    ", Model".to_owned(),
                    format!(
                        "#[relation(one_to_many, name = \"children\", target = M{next}, fk = parent_id, \
                         back_populates = \"parent\")]\n"
                    ),
                    format!("    #[relation(many_to_one, target = M{before}, back_populates = \"children\")]\n"),
                    format!("    #[relation(many_to_many, target = M{peer})]\n"),
                ]
            } else {
                Default::default()
            };
            write!(
                text,
                "\n#[derive(Serialize, Deserialize{derive})]\n{children}pub struct M{n} {{\n    \
                 #[serde(rename = \"_id\")]\n    pub id: ObjectId,\n    pub name: String,\n    pub size: i64,\n    \
                 pub note: Option<String>,\n{parent}    pub parent_id: ObjectId,\n{peers}    pub peer_ids: Vec<ObjectId>,\n"
            )?;
            if with_another_field && n == MODELS / 2 {
                text.push_str("    pub another: bool,\n");
            }
            text.push_str("}\n");
        }
        fs::write(self.dir.join("src/lib.rs"), text)?;
        Ok(())
    }

    fn cargo(&self, args: &str) -> Command {
        // the shell's `times` tells the processor time of what it has run; no library of ours could without `unsafe`
        let mut command = Command::new("sh");
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        command.args(["-c", &format!("\"$0\" {args} >&2 && times")]).arg(cargo).current_dir(&self.dir);
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_TERM_QUIET", "true").env_remove("RUSTFLAGS");
        command.env("CARGO_INCREMENTAL", "1");
        command
    }

    /// Forgets what has been compiled of this crate, and keeps its dependencies.
    fn forget(&self) -> Outcome {
        let incremental = self.target.join("debug/incremental");
        for entry in fs::read_dir(incremental)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&format!("bench_{}", self.name)) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Checks it, and says how many seconds the processors had to work.
    fn check(&self) -> Outcome<f64> {
        let output = self.cargo("check --offline").output()?;
        if !output.status.success() {
            return Err(
                format!("`bench-{}` doesn't compile:\n{}", self.name, String::from_utf8_lossy(&output.stderr)).into()
            );
        }
        let times = String::from_utf8(output.stdout)?;
        seconds(&times).ok_or_else(|| format!("`times` of `sh` said `{times}`").into())
    }
}

/// User and system time of the children: the second line, as `0m1.250s 0m0.310s`.
fn seconds(times: &str) -> Option<f64> {
    let mut sum = 0.0;
    for time in times.lines().nth(1)?.split_whitespace() {
        let (minutes, seconds) = time.strip_suffix('s')?.split_once('m')?;
        sum += minutes.parse::<f64>().ok()? * 60.0 + seconds.replace(',', ".").parse::<f64>().ok()?;
    }
    Some(sum)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Prints what is emitted for one of the models, which are all alike.
fn expansion(root: &Path, relations: &Crate) -> Outcome {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["run", "--quiet", "--package", "xtask", "--", "expand", "M7", "--file"]);
    let output = command.arg(relations.dir.join("src/lib.rs")).current_dir(root).output()?;
    if !output.status.success() {
        return Err(format!("no expansion: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with("// ")).count();
    let futures = text.split_whitespace().filter(|word| *word == "async").count();
    println!("\nlines of the expansion: {lines} a model, {} in all; `async` in it: {futures}", lines * MODELS);
    Ok(())
}
