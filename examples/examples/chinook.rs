//! A record shop: loads the Chinook data set and answers questions about it through relations.
//!
//! `cargo run -p earnorm-examples --example chinook -- <folder>` reads the data from JSON lines in the folder, one file
//! for each collection. If the folder has a file `answers.json`, the example compares its answers with that file.

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use earnorm::prelude::*;
use earnorm_examples::CostTable;
use earnorm_examples::chinook::{Album, Artist, Customer, Employee, Invoice, InvoiceLine, Playlist, Track, load};
use earnorm_testkit::TestDb;
use mongodb::Database;
use serde_json::{Value, json};

const USAGE: &str = "\
usage: chinook <folder>

The folder has the Chinook data set as JSON lines: `album.jsonl`, `artist.jsonl`, and so on.
";

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(folder), None) = (arguments.next(), arguments.next()) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&PathBuf::from(folder)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    let test = TestDb::new().await?;
    let mut table = CostTable::start(test.log());
    table.section("Loading");
    let start = Instant::now();
    let loaded = load(test.db(), folder).await?;
    let documents: usize = loaded.iter().map(|(_, count)| count).sum();
    let took = start.elapsed();
    table.row(format!("{documents} documents into {} collections in {took:.1?}", loaded.len()));

    table.section("Answers");
    let mut shop = Shop { db: test.db(), table, expected: expected(folder)?, mismatches: 0 };
    shop.albums_of_an_artist(90).await?;
    shop.longest_tracks_of_an_album(141).await?;
    shop.managers().await?;
    shop.tracks_of_a_playlist(17).await?;
    shop.playlist_sizes().await?;
    shop.tracks_of_a_customer(1).await?;
    shop.artists_without_albums().await?;
    shop.close()
}

/// The expected answers, if the folder has a file of them.
fn expected(folder: &Path) -> Result<Option<Value>, Box<dyn Error>> {
    let path = folder.join("answers.json");
    match fs::read(&path) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("`{}` can't be read: {error}", path.display()).into()),
    }
}

struct Shop<'a> {
    db: &'a Database,
    table: CostTable<'a>,
    expected: Option<Value>,
    mismatches: usize,
}

impl Shop<'_> {
    async fn albums_of_an_artist(&mut self, id: i32) -> earnorm::Result<()> {
        let artist = Artist::find(Artist::ID.eq(id)).one(self.db).await?;
        let albums = artist.albums().order_by(Album::TITLE.asc()).all(self.db).await?;
        let first = albums.first().map_or("none", |album| &album.title);
        self.table.row(format!("{} made {} albums; first by title: {first}", artist.name, albums.len()));
        let titles: Vec<_> = albums.iter().map(|album| [&album.title]).collect();
        self.check("albums_of_artist_90", &json!(titles));
        Ok(())
    }

    async fn longest_tracks_of_an_album(&mut self, id: i32) -> earnorm::Result<()> {
        let album = Album::find(Album::ID.eq(id)).one(self.db).await?;
        let artist = album.artist().require(self.db).await?;
        let longest = album.tracks().order_by(Track::MILLISECONDS.desc()).limit(3).all(self.db).await?;
        let names: Vec<_> = longest.iter().map(|track| track.name.as_str()).collect();
        self.table.row(format!("longest on {} by {}: {}", album.title, artist.name, names.join(", ")));
        let ids: Vec<_> = longest.iter().map(|track| [track.id]).collect();
        self.check("three_longest_tracks_of_album_141", &json!(ids));
        Ok(())
    }

    async fn managers(&mut self) -> earnorm::Result<()> {
        let boss = Employee::find(Employee::REPORTS_TO.is_null()).one(self.db).await?;
        let reports = boss.reports().order_by(Employee::ID.asc()).all(self.db).await?;
        let names: Vec<_> = reports.iter().map(|employee| employee.first_name.as_str()).collect();
        self.table.row(format!("to {} report {}", boss.first_name, names.join(" and ")));
        let ids: Vec<_> = reports.iter().map(|employee| [employee.id]).collect();
        self.check("reports_of_employee_1", &json!(ids));

        let employee = Employee::find(Employee::ID.eq(8)).one(self.db).await?;
        let manager = employee.manager().require(self.db).await?;
        self.table.row(format!("{} reports to {}", employee.first_name, manager.first_name));
        self.check("manager_of_employee_8", &json!([[manager.id]]));
        Ok(())
    }

    async fn tracks_of_a_playlist(&mut self, id: i32) -> earnorm::Result<()> {
        let playlist = Playlist::find(Playlist::ID.eq(id)).one(self.db).await?;
        let tracks = playlist.tracks().order_by(Track::NAME.asc()).all(self.db).await?;
        self.table.row(format!("{} has {} tracks", playlist.name, tracks.len()));
        let names: Vec<_> = tracks.iter().map(|track| &track.name).collect();
        self.check("tracks_of_playlist_17_by_name", &json!(names));
        Ok(())
    }

    async fn playlist_sizes(&mut self) -> earnorm::Result<()> {
        let playlists = Playlist::find_all().order_by(Playlist::ID.asc()).all(self.db).await?;
        let mut sizes = Vec::new();
        for playlist in &playlists {
            sizes.push((playlist.id, playlist.entries().count(self.db).await?));
        }
        let entries: u64 = sizes.iter().map(|(_, size)| size).sum();
        self.table.row(format!("{} playlists have {entries} entries (one count for each playlist)", sizes.len()));
        self.check("playlist_sizes", &json!(sizes));
        Ok(())
    }

    async fn tracks_of_a_customer(&mut self, id: i32) -> earnorm::Result<()> {
        let customer = Customer::find(Customer::ID.eq(id)).one(self.db).await?;
        let mut bought = Vec::new();
        for invoice in customer.invoices().order_by(Invoice::ID.asc()).all(self.db).await? {
            bought.extend(invoice.lines().order_by(InvoiceLine::ID.asc()).all(self.db).await?);
        }
        let tracks = Track::get_many(self.db, bought.iter().map(|line| line.track_id)).await?;
        self.table.row(format!(
            "{} bought {} tracks (one query for the lines of each invoice)",
            customer.first_name,
            tracks.len()
        ));
        let names: Vec<_> = tracks.iter().map(|track| &track.name).collect();
        self.check("customer_1_invoice_line_track_names", &json!(names));
        Ok(())
    }

    async fn artists_without_albums(&mut self) -> earnorm::Result<()> {
        let mut without = 0;
        let mut artists = Artist::find_all().stream(self.db);
        while let Some(artist) = artists.next().await {
            if !artist?.albums().exists(self.db).await? {
                without += 1;
            }
        }
        self.table.row(format!("{without} artists have no album (one query for each artist)"));
        self.check("artists_without_albums", &json!(without));
        Ok(())
    }

    fn check(&mut self, key: &str, answer: &Value) {
        let Some(expected) = &self.expected else {
            return;
        };
        if expected[key] != *answer {
            self.table.detail(format!("but the expected value of `{key}` is {}", expected[key]));
            self.mismatches += 1;
        }
    }

    fn close(self) -> Result<(), Box<dyn Error>> {
        self.table.finish();
        match (self.expected, self.mismatches) {
            (None, _) => Ok(()),
            (Some(_), 0) => {
                println!("\nall answers are equal to those in `answers.json`");
                Ok(())
            }
            (Some(_), mismatches) => Err(format!("answers that differ from `answers.json`: {mismatches}").into()),
        }
    }
}
