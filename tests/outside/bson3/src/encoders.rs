//! Fields that are stored in another form. Reads, orders and relations use the stored form.

use bson::serde_helpers::{datetime, uuid_1};
use chrono::{DateTime, TimeDelta, Utc};
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Visit", fk = "place_id", order_by = [("at", -1)], back_populates = "place")]
struct Place {
    #[serde(rename = "_id", with = "uuid_1::AsBinary")]
    id: Uuid,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(rename_all = "camelCase")]
struct Visit {
    #[serde(rename = "_id", with = "uuid_1::AsBinary")]
    id: Uuid,
    #[serde(with = "datetime::FromChrono04DateTime")]
    at: DateTime<Utc>,
    #[serde(rename = "means")]
    way: Way,
    #[serde(with = "uuid_1::AsBinary")]
    #[relation(many_to_one, target = "Place", back_populates = "visits")]
    place_id: Uuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    OnFoot,
    ByBicycle,
}

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

async fn visited(test: &TestDb) -> earnorm::Result<(Place, [Visit; 3])> {
    let place = Place { id: Uuid::new_v4(), name: "the sea".into() };
    let visit =
        |hours, way| Visit { id: Uuid::new_v4(), at: noon() + TimeDelta::hours(hours), way, place_id: place.id };
    let visits = [visit(2, Way::OnFoot), visit(0, Way::ByBicycle), visit(1, Way::OnFoot)];
    let place = place.clone().insert(test.db()).await?;
    Visit::insert_many(test.db(), &visits).await?;
    Ok((place, visits))
}

#[tokio::test]
async fn values_are_stored_by_their_encoders() -> Result<(), Box<dyn std::error::Error>> {
    let test = TestDb::new().await?;
    let (place, [first, ..]) = visited(&test).await?;
    let raw = test.db().collection::<bson::Document>("visits");
    let stored = raw.find_one(doc! { "_id": bson::Uuid::from(first.id) }).await?.unwrap();
    assert_eq!(stored.get_datetime("at")?, &bson::DateTime::from_chrono(first.at));
    assert_eq!(stored.get_str("means")?, "on-foot");
    assert_eq!(stored.get("placeId"), Some(&bson::Uuid::from(place.id).into()));
    Ok(())
}

#[tokio::test]
async fn stored_values_are_found() -> Result<(), Box<dyn std::error::Error>> {
    let test = TestDb::new().await?;
    let db = test.db();
    let (place, [late, early, middle]) = visited(&test).await?;

    assert_eq!(Visit::get(db, late.id).await?, Some(late.clone()));
    let some = Visit::get_many(db, [middle.id, Uuid::new_v4(), early.id]).await?;
    assert_eq!(some, [middle.clone(), early.clone()]);
    assert_eq!(Visit::find(Visit::AT.eq(early.at)).all(db).await?, [early.clone()]);
    let later = Visit::find(Visit::AT.gt(noon())).order_by(Visit::AT.asc());
    assert_eq!(later.all(db).await?, [middle.clone(), late.clone()]);
    let walked = Visit::find(Visit::WAY.eq(Way::OnFoot) & Visit::AT.is_in([late.at, early.at]));
    assert_eq!(walked.all(db).await?, [late.clone()]);
    let there = Visit::find(Visit::PLACE_ID.eq(place.id)).order_by((Visit::WAY.asc(), Visit::AT.desc()));
    assert_eq!(there.clone().all(db).await?, [early.clone(), late.clone(), middle.clone()]);
    assert_eq!(there.after(&late).all(db).await?, [middle]);
    Ok(())
}

#[tokio::test]
async fn stored_keys_relate_documents() -> Result<(), Box<dyn std::error::Error>> {
    let test = TestDb::new().await?;
    let db = test.db();
    let (place, [late, early, middle]) = visited(&test).await?;

    assert_eq!(place.visits().all(db).await?, [late.clone(), middle, early.clone()]);
    let walked = place.visits().filter(Visit::WAY.ne(Way::ByBicycle));
    assert_eq!(walked.count(db).await?, 2);
    assert_eq!(early.place().require(db).await?, place);

    let elsewhere = Place { id: Uuid::new_v4(), name: "the hills".into() }.insert(db).await?;
    let mut moved = elsewhere.visits().add(db, late).await?;
    assert_eq!(elsewhere.visits().all(db).await?, [moved.clone()]);
    moved.update(db, (Visit::AT.set(noon()), Visit::WAY.set(Way::ByBicycle))).await?;
    assert_eq!((moved.at, moved.way), (noon(), Way::ByBicycle));
    assert_eq!(elsewhere.visits().first(db).await?, Some(moved));
    Ok(())
}
