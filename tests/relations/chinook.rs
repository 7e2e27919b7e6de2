//! A real data set, compared with the results of SQLite.

use std::env;
use std::fs;
use std::path::PathBuf;

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_examples::chinook::{
    Album, Artist, Customer, Employee, Invoice, InvoiceLine, Playlist, PlaylistTrack, Track, load,
};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{STRATEGIES, database};
use serde_json::{Value, json};

/// The folder with the data and the expected answers, if it exists: `EARNORM_CHINOOK`, or the default folder.
fn folder() -> Option<PathBuf> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/chinook");
    let folder = env::var_os("EARNORM_CHINOOK").map_or(default, PathBuf::from);
    if folder.join("answers.json").exists() {
        return Some(folder);
    }
    println!("skipped: no Chinook data in {} (EARNORM_CHINOOK names another folder)", folder.display());
    None
}

async fn chinook() -> Option<(TestDb, Value)> {
    let folder = folder()?;
    let answers = fs::read_to_string(folder.join("answers.json")).unwrap();
    let test = database().await;
    load(test.db(), folder).await.unwrap();
    Some((test, serde_json::from_str(&answers).unwrap()))
}

#[tokio::test]
async fn handles_of_artists_albums_and_tracks() {
    let Some((test, answers)) = chinook().await else { return };
    let db = test.db();
    let maiden = Artist::get(db, 90).await.unwrap().unwrap();
    let albums = assert_commands!(test, 1, { maiden.albums().order_by(Album::TITLE.asc()).all(db).await.unwrap() });
    let titles: Vec<_> = albums.iter().map(|album| [&album.title]).collect();
    assert_eq!(json!(titles), answers["albums_of_artist_90"]);

    let mut counts = Vec::new();
    for artist in Artist::find_all().all(db).await.unwrap() {
        counts.push((artist.id, artist.albums().count(db).await.unwrap()));
    }
    let without = counts.iter().filter(|(_, albums)| *albums == 0).count();
    assert_eq!(json!(without), answers["artists_without_albums"]);
    counts.sort_by_key(|(id, albums)| (std::cmp::Reverse(*albums), *id));
    assert_eq!(json!(counts[..5]), answers["album_count_by_artist_top5"]);

    let album = Album::get(db, 141).await.unwrap().unwrap();
    let longest = || Track::MILLISECONDS.desc();
    let tracks = album.tracks().order_by(longest()).limit(3).all(db).await.unwrap();
    let ids: Vec<_> = tracks.iter().map(|track| [track.id]).collect();
    assert_eq!(json!(ids), answers["three_longest_tracks_of_album_141"]);

    let mut rows = 0;
    for album in Album::find_all().all(db).await.unwrap() {
        rows += album.tracks().order_by(longest()).limit(3).all(db).await.unwrap().len();
    }
    assert_eq!(json!(rows), answers["three_longest_tracks_per_album_rows"]);
}

#[tokio::test]
async fn handles_of_employees_and_customers() {
    let Some((test, answers)) = chinook().await else { return };
    let db = test.db();
    let boss = Employee::get(db, 1).await.unwrap().unwrap();
    let reports = boss.reports().order_by(Employee::ID.asc()).all(db).await.unwrap();
    let ids: Vec<_> = reports.iter().map(|employee| [employee.id]).collect();
    assert_eq!(json!(ids), answers["reports_of_employee_1"]);
    let eighth = Employee::get(db, 8).await.unwrap().unwrap();
    let manager = eighth.manager().require(db).await.unwrap();
    assert_eq!(json!([[manager.id]]), answers["manager_of_employee_8"]);
    assert_eq!(boss.manager().get(db).await.unwrap(), None);

    let names = tracks_of_the_first_customer(db).await;
    assert_eq!(json!(names), answers["customer_1_invoice_line_track_names"]);
}

async fn tracks_of_the_first_customer(db: &Database) -> Vec<String> {
    let customer = Customer::get(db, 1).await.unwrap().unwrap();
    let mut lines = Vec::new();
    for invoice in customer.invoices().all(db).await.unwrap() {
        lines.extend(invoice.lines().all(db).await.unwrap());
    }
    lines.sort_by_key(|line| line.id);
    let mut names = Vec::new();
    for line in lines {
        names.push(line.track().require(db).await.unwrap().name);
    }
    names
}

#[tokio::test]
async fn handles_of_playlists() {
    let Some((test, answers)) = chinook().await else { return };
    let db = test.db();
    let metal = Playlist::get(db, 17).await.unwrap().unwrap();
    let tracks = assert_commands!(test, 2, { metal.tracks().order_by(Track::NAME.asc()).all(db).await.unwrap() });
    let names: Vec<_> = tracks.iter().map(|track| &track.name).collect();
    assert_eq!(json!(names), answers["tracks_of_playlist_17_by_name"]);
    let mut sizes = Vec::new();
    for playlist in Playlist::find_all().order_by(Playlist::ID.asc()).all(db).await.unwrap() {
        sizes.push((playlist.id, playlist.tracks().count(db).await.unwrap()));
    }
    assert_eq!(json!(sizes), answers["playlist_sizes"]);
}

/// How many commands a query sends with a strategy.
fn commands(strategy: Strategy, batch: usize) -> usize {
    if strategy == Strategy::Lookup { 1 } else { batch }
}

#[tokio::test]
async fn includes_of_artists_albums_and_tracks() {
    let Some((test, answers)) = chinook().await else { return };
    let db = test.db();
    earnorm::ensure_indexes(db).await.unwrap();
    for strategy in STRATEGIES {
        let albums = Artist::ALBUMS.order_by(Album::TITLE.asc()).with(Album::TRACKS);
        let artists = Artist::find_all().with(albums).with(Artist::ALBUMS.count()).strategy(strategy);
        let artists = artists.order_by(Artist::ID.asc());
        let artists = assert_commands!(test, commands(strategy, 4), { artists.all(db).await.unwrap() });
        let without = artists.iter().filter(|artist| artist.related(Artist::ALBUMS).is_empty()).count();
        assert_eq!(json!(without), answers["artists_without_albums"]);
        let maiden = artists.iter().find(|artist| artist.id == 90).unwrap().related(Artist::ALBUMS);
        let titles: Vec<_> = maiden.iter().map(|album| [&album.title]).collect();
        assert_eq!(json!(titles), answers["albums_of_artist_90"]);
        let mut counts: Vec<_> = artists.iter().map(|artist| (artist.id, artist.count(Artist::ALBUMS))).collect();
        counts.sort_by_key(|(id, albums)| (std::cmp::Reverse(*albums), *id));
        assert_eq!(json!(counts[..5]), answers["album_count_by_artist_top5"]);
        let tracks: usize = artists
            .iter()
            .flat_map(|artist| artist.related(Artist::ALBUMS))
            .map(|a| a.related(Album::TRACKS).len())
            .sum();
        assert_eq!(tracks, 3_503);

        let longest = Album::TRACKS.order_by(Track::MILLISECONDS.desc()).limit(3);
        let albums = Album::find_all().with(longest).strategy(strategy);
        let (albums, sent) = test.log().record(async { albums.all(db).await.unwrap() }).await;
        assert_eq!(sent.len(), commands(strategy, 2), "{sent}");
        let rows: usize = albums.iter().map(|album| album.related(Album::TRACKS).len()).sum();
        assert_eq!(json!(rows), answers["three_longest_tracks_per_album_rows"]);
        let album = albums.iter().find(|album| album.id == 141).unwrap();
        let ids: Vec<_> = album.related(Album::TRACKS).iter().map(|track| [track.id]).collect();
        assert_eq!(json!(ids), answers["three_longest_tracks_of_album_141"]);
        let more = if strategy == Strategy::Batch { rows } else { 0 };
        assert_eq!(sent.documents(), albums.len() + more, "only documents of the result are read");
    }
}

#[tokio::test]
async fn includes_of_playlists_employees_and_customers() {
    let Some((test, answers)) = chinook().await else { return };
    let db = test.db();
    earnorm::ensure_indexes(db).await.unwrap();
    for strategy in STRATEGIES {
        // playlists, their links and 3,503 tracks, 1,000 in each command
        let tracks = Playlist::TRACKS.order_by(Track::NAME.asc());
        let playlists = Playlist::find_all().with(tracks).order_by(Playlist::ID.asc()).strategy(strategy);
        let playlists = assert_commands!(test, commands(strategy, 6), { playlists.all(db).await.unwrap() });
        let sizes: Vec<_> = playlists.iter().map(|list| (list.id, list.related(Playlist::TRACKS).len())).collect();
        assert_eq!(json!(sizes), answers["playlist_sizes"]);
        let names: Vec<_> = playlists[16].related(Playlist::TRACKS).iter().map(|track| &track.name).collect();
        assert_eq!(json!(names), answers["tracks_of_playlist_17_by_name"]);

        let reports = Employee::REPORTS.order_by(Employee::ID.asc());
        let people = Employee::find_all().with(reports).with(Employee::MANAGER).order_by(Employee::ID.asc());
        let people = people.strategy(strategy);
        let people = assert_commands!(test, commands(strategy, 3), { people.all(db).await.unwrap() });
        let ids: Vec<_> = people[0].related(Employee::REPORTS).iter().map(|employee| [employee.id]).collect();
        assert_eq!(json!(ids), answers["reports_of_employee_1"]);
        assert_eq!(json!([[people[7].related(Employee::MANAGER).unwrap().id]]), answers["manager_of_employee_8"]);
        assert!(people[0].related(Employee::MANAGER).is_none());

        let lines = Invoice::LINES.with(InvoiceLine::TRACK);
        let customer = Customer::find(Customer::ID.eq(1)).with(Customer::INVOICES.with(lines)).strategy(strategy);
        let customer = assert_commands!(test, commands(strategy, 4), { customer.one(db).await.unwrap() });
        let invoices = customer.related(Customer::INVOICES);
        let mut lines: Vec<_> = invoices.iter().flat_map(|invoice| invoice.related(Invoice::LINES)).collect();
        lines.sort_by_key(|line| line.id);
        let names: Vec<_> = lines.iter().map(|line| &line.related(InvoiceLine::TRACK).unwrap().name).collect();
        assert_eq!(json!(names), answers["customer_1_invoice_line_track_names"]);
    }
    let longest = Playlist::TRACKS.order_by(Track::MILLISECONDS.desc()).limit(3);
    let (lists, sent) = test.log().record(async { Playlist::find_all().with(longest).all(db).await.unwrap() }).await;
    assert_eq!((sent.len(), lists.iter().map(|list| list.related(Playlist::TRACKS).len()).sum::<usize>()), (3, 38));
    assert!(sent.reply_bytes() < 10_000, "all links and tracks would be a hundred times larger: {sent}");
}

#[tokio::test]
async fn deleting_an_artist_cascades() {
    let Some((test, answers)) = chinook().await else { return };
    let db = test.db();
    let maiden = Artist::get(db, 90).await.unwrap().unwrap();
    let plan = maiden.plan_delete(db).await.unwrap();
    // finds the artist, her albums and tracks by id; deletes lines and entries by key, then the other three; commits
    let report = assert_commands!(test, 9, maiden.delete(db).await.unwrap());
    assert_eq!(plan.to_string(), report.to_string());
    assert_eq!(report.to_string(), "1 artist, 21 albums, 213 tracks, 140 invoice lines deleted; 516 links removed");
    let left = json!({
        "Artist": Artist::find_all().count(db).await.unwrap(),
        "Album": Album::find_all().count(db).await.unwrap(),
        "Track": Track::find_all().count(db).await.unwrap(),
        "PlaylistTrack": PlaylistTrack::find_all().count(db).await.unwrap(),
        "InvoiceLine": InvoiceLine::find_all().count(db).await.unwrap(),
        "Invoice": Invoice::find_all().count(db).await.unwrap(),
        "Customer": Customer::find_all().count(db).await.unwrap(),
        "Employee": Employee::find_all().count(db).await.unwrap(),
    });
    assert_eq!(left, answers["left_after_cascade_delete_of_artist_90"]);
}
