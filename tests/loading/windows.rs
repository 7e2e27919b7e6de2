//! A limit for each parent: short windows and long ones are cut by different stages, with the same result.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database, insert_documents};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Song, fk = band_id)]
#[relation(many_to_many, name = "played", target = Song, through = Play)]
#[relation(many_to_many, name = "covered", target = Song, target_ids = cover_ids)]
struct Band {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_many, name = "picked", target = Song)]
    song_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Song {
    #[serde(rename = "_id")]
    id: i32,
    length: i32,
    band_id: i32,
    cover_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Play {
    #[serde(rename = "_id")]
    id: i32,
    band_id: i32,
    song_id: i32,
}

const SONGS: i32 = 420;

#[tokio::test]
async fn short_and_long_windows_are_cut_alike() {
    let test = database().await;
    let db = test.db();
    let songs: Vec<Song> = (0..SONGS)
        .map(|id| Song { id, length: id * 37 % 101, band_id: id % 2, cover_ids: vec![id % 2, id % 3] })
        .collect();
    Song::insert_many(db, &songs).await.unwrap();
    let bands = [0, 1].map(|id| Band { id, song_ids: (0..SONGS).filter(|song| song % 3 != id).collect() });
    Band::insert_many(db, &bands).await.unwrap();
    let plays: Vec<Play> = (0..SONGS).map(|id| Play { id, band_id: id % 2, song_id: id }).collect();
    Play::insert_many(db, &plays).await.unwrap();
    earnorm::ensure_indexes(db).await.unwrap();

    let expected = |skip: usize, limit: usize, belongs: &dyn Fn(&Song) -> bool| {
        let mut songs: Vec<&Song> = songs.iter().filter(|song| belongs(song)).collect();
        songs.sort_by_key(|song| (std::cmp::Reverse(song.length), song.id));
        songs.into_iter().skip(skip).take(limit).map(|song| song.id).collect::<Vec<_>>()
    };
    let ids = |songs: &[Song]| songs.iter().map(|song| song.id).collect::<Vec<_>>();
    for (skip, limit) in [(0, 3), (2, 3), (0, 100), (1, 100), (0, 150), (205, 40), (500, 3)] {
        for strategy in STRATEGIES {
            let (first, most) = (skip as u64, limit as u64);
            let order = || Song::LENGTH.desc();
            let query = Band::find_all()
                .with(Band::SONGS.order_by(order()).skip(first).limit(most))
                .with(Band::PLAYED.order_by(order()).skip(first).limit(most))
                .with(Band::COVERED.order_by(order()).skip(first).limit(most))
                .with(Band::PICKED.order_by(order()).skip(first).limit(most))
                .order_by(Band::ID.asc())
                .strategy(strategy);
            let commands = match (strategy, skip) {
                (Strategy::Lookup, _) => 1,
                // the links show that no song is within the window
                (_, 500) => 5,
                _ => 6,
            };
            let bands = assert_commands!(test, commands, query.all(db).await).unwrap();
            for (band, id) in bands.iter().zip(0..) {
                let case = format!("{skip}, {limit}, {strategy:?}, {id}");
                let expected = |belongs: &dyn Fn(&Song) -> bool| expected(skip, limit, belongs);
                assert_eq!(ids(band.related(Band::SONGS)), expected(&|song| song.band_id == id), "{case}");
                assert_eq!(ids(band.related(Band::PLAYED)), expected(&|song| song.id % 2 == id), "{case}");
                assert_eq!(ids(band.related(Band::COVERED)), expected(&|song| song.cover_ids.contains(&id)), "{case}");
                assert_eq!(ids(band.related(Band::PICKED)), expected(&|song| song.id % 3 != id), "{case}");
            }
        }
    }
}

#[derive(Debug, PartialEq, Deserialize, View)]
#[view(of = Song)]
struct Length {
    length: i32,
}

#[tokio::test]
async fn small_groups_are_cut_after_one_find_until_they_have_grown() {
    let test = database().await;
    let db = test.db();
    let song = |id: i32| Song { id, length: id * 37 % 101, band_id: id % 2, cover_ids: vec![] };
    Band::insert_many(db, &[0, 1, 2].map(|id| Band { id, song_ids: vec![] })).await.unwrap();
    Song::insert_many(db, &(0..20).map(song).collect::<Vec<_>>()).await.unwrap();
    // an array isn't a single key, and no view reads it
    insert_documents(db, "songs", [doc! { "_id": -1, "length": 1_000, "band_id": [0, 1], "cover_ids": [] }]).await;
    let lengths = |songs: i32, band: i32| {
        let mut lengths: Vec<i32> =
            (0..songs).map(song).filter(|song| song.band_id == band).map(|song| song.length).collect();
        lengths.sort_by_key(|length| std::cmp::Reverse(*length));
        lengths.into_iter().skip(1).take(3).collect::<Vec<_>>()
    };
    let load = async |songs: i32| {
        let mark = test.log().mark();
        let windows = Band::SONGS.view::<Length>().order_by(Song::LENGTH.desc()).skip(1).limit(3);
        let bands = Band::find_all().with(windows).order_by(Band::ID.asc()).all(db).await.unwrap();
        for (band, id) in bands.iter().zip(0..) {
            let found: Vec<i32> = band.related(Band::SONGS).iter().map(|song| song.length).collect();
            assert_eq!(found, lengths(songs, id), "{songs} songs, band {id}");
        }
        test.log().since(mark).names()[1..].iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(load(20).await, ["aggregate"], "the sizes of the groups aren't known yet");
    assert_eq!(load(20).await, ["find"]);
    // the `find` returns at most 49 documents, 16 for each band and one more
    Song::insert_many(db, &(20..100).map(song).collect::<Vec<_>>()).await.unwrap();
    assert_eq!(load(100).await, ["find", "aggregate"], "the groups have grown");
    assert_eq!(load(100).await, ["aggregate"]);
}
