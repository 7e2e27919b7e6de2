//! Filters, operands, orders, options and updates.

mod combine;
mod filters;
#[allow(clippy::needless_borrows_for_generic_args, reason = "the tests pass references on purpose")]
mod nesting;
mod operands;
mod optional;
mod options;
mod order;
mod paths;
mod safety;
mod text;
mod updates;

use earnorm::Filter;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Film {
    #[serde(rename = "_id")]
    id: i32,
    title: String,
    /// Null in film 3, missing in film 4.
    #[serde(skip_serializing_if = "not_stored", default)]
    year: Option<u32>,
    rating: f64,
    tags: Vec<String>,
    scores: Option<Vec<i32>>,
    studio: Studio,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Studio {
    city: String,
    floors: i64,
    halls: Vec<String>,
    owner: Option<String>,
}

/// A year of 0 is not stored.
#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn not_stored(year: &Option<u32>) -> bool {
    *year == Some(0)
}

fn film(id: i32, title: &str, year: Option<u32>, rating: f64, tags: &[&str]) -> Film {
    Film {
        id,
        title: title.to_owned(),
        year,
        rating,
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        scores: (id != 2).then(|| (0..id).collect()),
        studio: Studio {
            city: ["Rome", "Paris", "Rome", "Berlin"][usize::try_from(id - 1).unwrap_or(0) % 4].to_owned(),
            floors: i64::from(id),
            halls: tags.iter().map(|tag| tag.to_uppercase()).collect(),
            owner: (id == 1).then(|| "Ada".to_owned()),
        },
    }
}

/// Four films: 1 of 1968, 2 of 1999, 3 with a null as its year, 4 without the field.
async fn films(test: &TestDb) {
    let films = [
        film(1, "Odyssey", Some(1968), 8.5, &["space", "slow"]),
        film(2, "Matrix", Some(1999), 8.0, &["fight"]),
        film(3, "odyssey ii", None, 6.5, &["space", "fight", "slow"]),
        film(4, "Unknown", Some(0), 1.0, &[]),
    ];
    Film::insert_many(test.db(), &films).await.unwrap();
}

async fn found(test: &TestDb, filter: impl Into<Filter<Film>>) -> Vec<i32> {
    let query = Film::find(filter).order_by(Film::ID.asc());
    let films = query.all(test.db()).await.unwrap();
    films.iter().map(|film| film.id).collect()
}

async fn one(test: &TestDb, id: i32) -> Film {
    Film::get(test.db(), id).await.unwrap().unwrap()
}
