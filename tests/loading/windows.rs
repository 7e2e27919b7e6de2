//! A limit for each parent: short windows and long ones are cut by different stages, with the same result.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

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
