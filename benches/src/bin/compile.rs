//! What the derive costs to compile: `cargo xtask bench compile`.
//!
//! The same 100 structs are written with serde's two derives alone, and with `Model` and three relations beside them; all
//! in one file, and with a file for each. Each crate is checked in turns with its dependencies built: from nothing, and
//! after a field is added to one struct. In one file, all structs behind the field have moved, and rustc looks at them
//! anew, whatever their derives. What counts is the processor time of `cargo check` and all that it starts.
//!
//! With `embedded`: the 100 models with an array of structs each, which derive `Embedded` and have a key, or derive nothing
//! of EarnORM.
//!
//! With `cold`: what it costs to build what a program depends on, with EarnORM and without.

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
    let mut args = std::env::args().skip(1);
    let root = args.next().map(PathBuf::from).ok_or("expected the directory of the workspace")?;
    let place = root.join("target/bench-compile");
    match args.next().as_deref() {
        None => checks(&root, &place),
        Some("cold") => cold(&root, &place),
        Some("embedded") => embedded(&root, &place),
        Some(other) => Err(format!("`{other}` is nothing to measure; expected `embedded`, `cold`, or nothing").into()),
    }
}

fn checks(root: &Path, place: &Path) -> Outcome {
    let crates = [
        Models::generate(root, place, "relations", Layout::Files)?,
        Models::generate(root, place, "serde", Layout::Files)?,
        Models::generate(root, place, "relations", Layout::OneFile)?,
        Models::generate(root, place, "serde", Layout::OneFile)?,
    ];
    for one in &crates {
        println!("building what `{}` depends on", one.package.name);
        one.package.fetch()?;
        one.package.check()?;
    }

    let mut full: [Vec<f64>; 4] = Default::default();
    let mut field: [Vec<f64>; 4] = Default::default();
    for turn in 1..=TURNS {
        println!("turn {turn} of {TURNS}");
        for ((one, full), field) in crates.iter().zip(&mut full).zip(&mut field) {
            one.write(false)?;
            one.package.forget()?;
            full.push(one.package.check()?);
            one.write(true)?;
            field.push(one.package.check()?);
        }
    }
    println!("\n{MODELS} models with 3 relations each, processor seconds of `cargo check`, medians of {TURNS} turns\n");
    println!("                                      Model and serde   serde alone   goal");
    let full = full.map(median);
    let field = field.map(median);
    let row = |what: &str, times: &[f64; 4], first: usize, goal: f64| {
        println!("{what:<37} {:>15.2}   {:>11.2}   {goal:>4.1}", times[first], times[first + 1]);
    };
    row("full", &full, 0, GOALS.0);
    row("full, all in one file", &full, 2, GOALS.0);
    row("after adding a field", &field, 0, GOALS.1);
    row("after adding a field, all in one file", &field, 2, GOALS.1);
    expansion(root, &crates[2].package)?;
    if full[0] > GOALS.0 || field[0] > GOALS.1 {
        println!("\nover the goal");
    }
    Ok(())
}

/// The most that the derive of the embedded structs may cost, as a ratio.
const EMBEDDED_GOAL: f64 = 1.3;

fn embedded(root: &Path, place: &Path) -> Outcome {
    let crates = [
        Models::generate(root, place, "embedded", Layout::Files)?,
        Models::generate(root, place, "plain", Layout::Files)?,
    ];
    for one in &crates {
        println!("building what `{}` depends on", one.package.name);
        one.package.fetch()?;
        one.package.check()?;
    }
    let mut times: [Vec<f64>; 2] = Default::default();
    for turn in 1..=TURNS {
        println!("turn {turn} of {TURNS}");
        for (one, times) in crates.iter().zip(&mut times) {
            // written again, so that cargo checks it again
            one.write(false)?;
            one.package.forget()?;
            times.push(one.package.check()?);
        }
    }
    let [with, without] = times.map(median);
    let ratio = with / without;
    println!("\n{MODELS} models with 3 relations and an array each, processor seconds, medians of {TURNS} turns\n");
    println!("structs with `Embedded` and a key   {with:>6.2}");
    println!("structs with serde's derives alone  {without:>6.2}   ratio {ratio:.2}, goal {EMBEDDED_GOAL}");
    Ok(())
}

/// At most this many seconds more than the driver and serde.
const COLD_GOAL: f64 = 30.0;

/// Builds what programs depend on from nothing, once each: seconds of the processors, which a shared machine moves less
/// than those of the clock.
fn cold(root: &Path, place: &Path) -> Outcome {
    let earnorm = format!("earnorm = {{ path = \"{}\" }}\n", root.join("earnorm").display());
    let mut times = Vec::new();
    for (name, more) in [("driver", ""), ("earnorm", &*earnorm)] {
        let package = Package::create(root, place, &format!("cold-{name}"), &format!("mongodb = \"3.9\"\n{more}"))?;
        fs::create_dir_all(package.dir.join("src"))?;
        fs::write(package.dir.join("src/lib.rs"), "")?;
        let package = Package { target: place.join("cold"), ..package };
        if package.target.exists() {
            fs::remove_dir_all(&package.target)?;
        }
        println!("building what `{}` depends on, from nothing", package.name);
        package.fetch()?;
        times.push(package.cargo("build --offline")?);
    }
    let [driver, earnorm] = times[..] else { return Err("two builds, and not two times".into()) };
    println!("\nprocessor seconds of `cargo build` from nothing\n");
    println!("mongodb and serde            {driver:>6.1}");
    println!("mongodb, serde and earnorm   {earnorm:>6.1}   {:.1} more, goal {COLD_GOAL}", earnorm - driver);
    Ok(())
}

/// A crate that is generated, beside what it is compiled to.
struct Package {
    name: String,
    dir: PathBuf,
    target: PathBuf,
}

impl Package {
    fn create(root: &Path, place: &Path, name: &str, dependencies: &str) -> Outcome<Self> {
        let one = Self { name: name.to_owned(), dir: place.join(name), target: place.join("target") };
        fs::create_dir_all(&one.dir)?;
        let manifest = format!(
            "[package]\nname = \"bench-{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\n{dependencies}\n[workspace]\n",
        );
        fs::write(one.dir.join("Cargo.toml"), manifest)?;
        fs::copy(root.join("Cargo.lock"), one.dir.join("Cargo.lock"))?;
        Ok(one)
    }

    /// Runs cargo, and says how many seconds the processors had to work.
    fn cargo(&self, args: &str) -> Outcome<f64> {
        // the shell's `times` tells the processor time of what it has run; no library of ours could without `unsafe`
        let mut command = Command::new("sh");
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        command.args(["-c", &format!("\"$0\" {args} >&2 && times")]).arg(cargo).current_dir(&self.dir);
        command.env("CARGO_TARGET_DIR", &self.target).env("CARGO_TERM_QUIET", "true").env_remove("RUSTFLAGS");
        let output = command.env("CARGO_INCREMENTAL", "1").output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`bench-{}` doesn't compile:\n{said}", self.name).into());
        }
        let times = String::from_utf8(output.stdout)?;
        seconds(&times).ok_or_else(|| format!("`times` of `sh` said `{times}`").into())
    }

    /// Downloads what it depends on, which is then not a part of a measurement.
    fn fetch(&self) -> Outcome {
        self.cargo("fetch").map(drop)
    }

    fn check(&self) -> Outcome<f64> {
        self.cargo("check --offline")
    }

    /// Forgets what has been compiled of this crate, and keeps its dependencies.
    fn forget(&self) -> Outcome {
        let incremental = self.target.join("debug/incremental");
        for entry in fs::read_dir(incremental)? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&format!("bench_{}-", self.name.replace('-', "_"))) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Where the structs are written.
#[derive(Clone, Copy)]
enum Layout {
    Files,
    OneFile,
}

/// A crate of the structs.
struct Models {
    package: Package,
    layout: Layout,
    relations: bool,
    /// Whether each model has an array of structs, and whether these derive `Embedded`.
    lines: Option<bool>,
}

impl Models {
    fn generate(root: &Path, place: &Path, derives: &str, layout: Layout) -> Outcome<Self> {
        let name = match layout {
            Layout::Files => derives.to_owned(),
            Layout::OneFile => format!("{derives}-one-file"),
        };
        // the same for all, so that they share what is built
        let dependencies = format!("earnorm = {{ path = \"{}\" }}\n", root.join("earnorm").display());
        let package = Package::create(root, place, &name, &dependencies)?;
        let source = package.dir.join("src");
        if source.exists() {
            fs::remove_dir_all(&source)?;
        }
        fs::create_dir_all(&source)?;
        let one = Self { package, layout, relations: derives != "serde", lines: None };
        let lines = (["embedded", "plain"].contains(&derives)).then_some(derives == "embedded");
        let one = Self { lines, ..one };
        one.write(false)?;
        Ok(one)
    }

    fn write(&self, with_another_field: bool) -> Outcome {
        let uses = if self.relations {
            "use earnorm::prelude::*;\n"
        } else {
            "use earnorm::prelude::ObjectId;\nuse serde::{Deserialize, Serialize};\n"
        };
        let source = self.package.dir.join("src");
        let model = |n: usize| self.model(n, with_another_field && n == MODELS / 2);
        let mut lib = String::new();
        match self.layout {
            Layout::OneFile => {
                lib.push_str(uses);
                (0..MODELS).for_each(|n| lib.push_str(&model(n)));
            }
            Layout::Files => {
                for n in 0..MODELS {
                    writeln!(lib, "pub mod m{n};")?;
                    fs::write(source.join(format!("m{n}.rs")), format!("{uses}{}", model(n)))?;
                }
            }
        }
        fs::write(source.join("lib.rs"), lib)?;
        Ok(())
    }

    fn model(&self, n: usize, with_another_field: bool) -> String {
        let path = |n: usize| match self.layout {
            Layout::Files => format!("crate::m{n}::M{n}"),
            Layout::OneFile => format!("M{n}"),
        };
        let [before, next, peer] = [n + MODELS - 1, n + 1, n + 2].map(|n| path(n % MODELS));
        let [derive, children, parent, peers] = if self.relations {
            [
                ", Model".to_owned(),
                format!(
                    "#[relation(one_to_many, name = \"children\", target = {next}, fk = parent_id, \
                     back_populates = \"parent\")]\n"
                ),
                format!("    #[relation(many_to_one, target = {before}, back_populates = \"children\")]\n"),
                format!("    #[relation(many_to_many, target = {peer})]\n"),
            ]
        } else {
            Default::default()
        };
        let (lines, line) = self.lines(n, &path((n + 3) % MODELS));
        let another = if with_another_field { "    pub another: bool,\n" } else { "" };
        format!(
            "\n#[derive(Serialize, Deserialize{derive})]\n{children}pub struct M{n} {{\n    \
             #[serde(rename = \"_id\")]\n    pub id: ObjectId,\n    pub name: String,\n    pub size: i64,\n    \
             pub note: Option<String>,\n{parent}    pub parent_id: ObjectId,\n{peers}    pub peer_ids: Vec<ObjectId>,\n\
             {lines}{another}}}\n{line}"
        )
    }
}

impl Models {
    /// The array of a model, and the struct in it.
    fn lines(&self, n: usize, target: &str) -> (String, String) {
        let Some(embedded) = self.lines else { return Default::default() };
        let (marker, derive, relation) = if embedded {
            ("    #[model(embedded)]\n", ", Embedded", format!("    #[relation(many_to_one, target = {target})]\n"))
        } else {
            ("", "", String::new())
        };
        let field = format!("{marker}    pub lines: Vec<L{n}>,\n");
        let line = format!(
            "\n#[derive(Serialize, Deserialize{derive})]\npub struct L{n} {{\n{relation}    pub item_id: ObjectId,\n    \
             pub quantity: i64,\n    pub note: Option<String>,\n}}\n"
        );
        (field, line)
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
fn expansion(root: &Path, relations: &Package) -> Outcome {
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
