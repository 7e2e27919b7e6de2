//! Which parent a document belongs to, and in which order documents come, for documents that other programs wrote:
//! numbers of other types in ids, arrays as keys, and values of all types to sort by.

use earnorm::Error;
use earnorm::mongodb::bson::{self, Bson, Document, spec::BinarySubtype};
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, binary, database, decimal, regex};

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Place {
    org: i64,
    n: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Desk", fk = "room_id", back_populates = "room")]
#[relation(many_to_many, target = "Team", through = "Stay")]
struct Room {
    #[serde(rename = "_id")]
    id: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Desk {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Room", back_populates = "desks")]
    room_id: Place,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Team {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
struct Stay {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    room_id: Option<Place>,
    team_id: i64,
}

/// Two rooms. Each has a desk as the shell writes it, and two desks as EarnORM writes them.
async fn rooms(db: &earnorm::mongodb::Database) {
    for n in 1..=2 {
        db.collection::<Document>("rooms").insert_one(doc! { "_id": { "org": 1, "n": n } }).await.unwrap();
        let desk = doc! { "_id": n * 10, "room_id": { "org": 1, "n": n } };
        db.collection::<Document>("desks").insert_one(desk).await.unwrap();
        for more in 1..=2 {
            let room_id = Place { org: 1, n: n.into() };
            Desk { id: n * 10 + more, room_id }.insert(db).await.unwrap();
        }
    }
}

#[tokio::test]
async fn document_ids_with_numbers_of_different_types_are_equal() {
    let test = database().await;
    let db = test.db();
    rooms(db).await;
    for strategy in STRATEGIES {
        let all = || Room::find_all().strategy(strategy);
        let rows = all().with(Room::DESKS).all(db).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.related(Room::DESKS).len()).collect::<Vec<_>>(), [3, 3], "{strategy:?}");
        for limit in [1, 2, 5] {
            let rows = all().with(Room::DESKS.order_by(Desk::ID.desc()).limit(limit)).all(db).await.unwrap();
            let ids =
                rows.iter().map(|row| row.related(Room::DESKS).iter().map(|desk| desk.id % 10).collect::<Vec<_>>());
            let shown = &[2, 1, 0][..usize::try_from(limit).unwrap().min(3)];
            assert_eq!(ids.collect::<Vec<_>>(), [shown, shown], "{strategy:?} {limit}");
        }
        let rows = all().with(Room::DESKS.count()).all(db).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.count(Room::DESKS)).collect::<Vec<_>>(), [3, 3], "{strategy:?}");
        let desks = Desk::find_all().strategy(strategy).with(Desk::ROOM).all(db).await.unwrap();
        assert!(desks.iter().all(|desk| desk.related(Desk::ROOM).is_some()), "{strategy:?}");
    }
    let rooms = Room::find_all().all(db).await.unwrap();
    let desks = Room::DESKS.batch_load(db, &rooms).await.unwrap();
    assert!(rooms.iter().all(|room| desks[&room.id].len() == 3));
    assert!(earnorm::integrity::scan(db).await.unwrap().is_empty());
}

#[tokio::test]
async fn links_refer_to_document_ids() {
    let test = database().await;
    let db = test.db();
    rooms(db).await;
    Team::insert_many(db, &[Team { id: 1 }, Team { id: 2 }, Team { id: 3 }]).await.unwrap();
    let stays = db.collection::<Document>("stays");
    for n in 1..=2 {
        stays.insert_one(doc! { "room_id": { "org": 1, "n": n }, "team_id": 1 }).await.unwrap();
        for team in 2..=3_i64 {
            stays.insert_one(doc! { "room_id": { "org": 1_i64, "n": i64::from(n) }, "team_id": team }).await.unwrap();
        }
    }
    for strategy in STRATEGIES {
        for limit in [2, 5] {
            let teams = Room::TEAMS.order_by(Team::ID.desc()).limit(limit);
            let rows = Room::find_all().strategy(strategy).with(teams.clone()).all(db).await.unwrap();
            let ids = rows.iter().map(|row| row.related(Room::TEAMS).iter().map(|team| team.id).collect::<Vec<_>>());
            let shown = &[3, 2, 1][..usize::try_from(limit).unwrap().min(3)];
            assert_eq!(ids.collect::<Vec<_>>(), [shown, shown], "{strategy:?} {limit}");
            let rows = Room::find_all().strategy(strategy).with(teams.links()).all(db).await.unwrap();
            assert!(rows.iter().all(|row| row.related(Room::TEAMS).len() == shown.len()), "{strategy:?} {limit}");
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Kid", fk = "par_id", back_populates = "par")]
#[relation(many_to_many, target = "Club", through = "Entry", fk = "par_id")]
struct Par {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Kid {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_one, target = "Par", back_populates = "kids")]
    par_id: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Club {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
struct Entry {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    par_id: i64,
    club_id: i64,
}

async fn family(db: &earnorm::mongodb::Database) {
    Par::insert_many(db, &[Par { id: 1 }, Par { id: 2 }, Par { id: 3 }]).await.unwrap();
    Kid::insert_many(db, &[Kid { id: 1, par_id: 1 }, Kid { id: 2, par_id: 1 }, Kid { id: 3, par_id: 2 }])
        .await
        .unwrap();
}

#[tokio::test]
async fn a_decimal_key_refers_to_the_equal_integer_id() {
    let test = database().await;
    let db = test.db();
    family(db).await;
    let one = decimal("1.0");
    db.collection::<Document>("kids").insert_one(doc! { "_id": 9_i64, "par_id": one }).await.unwrap();
    for strategy in STRATEGIES {
        let rows = Par::find_all().strategy(strategy).with(Par::KIDS.count()).all(db).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.count(Par::KIDS)).collect::<Vec<_>>(), [3, 1, 0], "{strategy:?}");
        // it is found, but the model can't decode it
        let failed = Par::find_all().strategy(strategy).with(Par::KIDS).all(db).await;
        assert!(matches!(failed, Err(Error::Decode { .. })), "{strategy:?}");
    }
}

#[tokio::test]
async fn a_document_with_an_array_as_its_key_does_not_affect_others() {
    let test = database().await;
    let db = test.db();
    family(db).await;
    db.collection::<Document>("kids").insert_one(doc! { "_id": 0_i64, "par_id": [2_i64, 3_i64] }).await.unwrap();
    let limited = || Par::find_all().with(Par::KIDS.order_by(Kid::ID.desc()).limit(1));
    let rows = assert_commands!(test, 2, limited().all(db).await.unwrap());
    let ids = rows.iter().map(|row| row.related(Par::KIDS).iter().map(|kid| kid.id).collect::<Vec<_>>());
    assert_eq!(ids.collect::<Vec<_>>(), [vec![2], vec![3], vec![]]);
    // every count includes it
    for strategy in STRATEGIES {
        let rows = Par::find_all().strategy(strategy).with(Par::KIDS.count()).all(db).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.count(Par::KIDS)).collect::<Vec<_>>(), [2, 2, 1], "{strategy:?}");
    }
}

#[tokio::test]
async fn a_link_with_an_array_as_its_key_does_not_affect_others() {
    let test = database().await;
    let db = test.db();
    family(db).await;
    Club::insert_many(db, &[Club { id: 1 }, Club { id: 2 }]).await.unwrap();
    let entry = |par_id, club_id| Entry { id: None, par_id, club_id };
    Entry::insert_many(db, &[entry(1, 1), entry(1, 2), entry(2, 1)]).await.unwrap();
    let entries = db.collection::<Document>("entries");
    entries.insert_one(doc! { "par_id": [1_i64, 3_i64], "club_id": 1_i64 }).await.unwrap();
    entries.insert_one(doc! { "par_id": [1_i64, 3_i64], "club_id": [1_i64, 2_i64] }).await.unwrap();
    let ids = |clubs: &[Club]| clubs.iter().map(|club| club.id).collect::<Vec<_>>();
    let clubs = || Par::CLUBS.order_by(Club::ID.desc());
    let whole = Par::find_all().with(clubs()).all(db).await.unwrap();
    assert_eq!(whole.iter().map(|row| ids(row.related(Par::CLUBS))).collect::<Vec<_>>(), [vec![2, 1], vec![1], vec![]]);
    let limited = Par::find_all().with(clubs().limit(1)).all(db).await.unwrap();
    assert_eq!(limited.iter().map(|row| ids(row.related(Par::CLUBS))).collect::<Vec<_>>(), [vec![2], vec![1], vec![]]);
    let links = Par::find_all().with(clubs().limit(1).links()).all(db).await.unwrap();
    assert_eq!(links.iter().map(|row| row.related(Par::CLUBS).len()).collect::<Vec<_>>(), [1, 1, 0]);
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Bag {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_many, target = "Thing")]
    thing_ids: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Thing {
    #[serde(rename = "_id")]
    id: i64,
    #[serde(default)]
    v: Option<Bson>,
}

/// Values of all types except the deprecated ones, which not every server sorts.
fn mixed() -> Vec<Bson> {
    let array = |values: &[Bson]| Bson::Array(values.to_vec());
    vec![
        f64::NAN.into(),
        decimal("NaN"),
        f64::NEG_INFINITY.into(),
        0.0.into(),
        (-0.0).into(),
        0.into(),
        decimal("-0"),
        0.25.into(),
        decimal("0.1"),
        decimal("0.1000000000000000055511151231257827"),
        decimal("0.1000000000000000055511151231257828"),
        decimal("1.10000000000000000001"),
        1.2.into(),
        1.into(),
        3_i64.into(),
        (1_i64 << 53).into(),
        ((1_i64 << 53) + 1).into(),
        2_f64.powi(53).into(),
        i64::MAX.into(),
        2_f64.powi(63).into(),
        decimal("9223372036854775807.5"),
        decimal("0.250"),
        f64::INFINITY.into(),
        Bson::Null,
        Bson::MinKey,
        Bson::MaxKey,
        array(&[]),
        array(&[5.into(), 1.into()]),
        array(&[2.into(), 9.into()]),
        array(&[Bson::Null, "x".into()]),
        array(&[array(&[7.into()]), 4.into()]),
        array(&[Bson::MaxKey, Bson::MinKey]),
        array(&[doc! { "b": 9 }.into(), doc! { "b": 1 }.into()]),
        array(&[doc! { "b": [4, 8] }.into()]),
        array(&[doc! { "b": [] }.into(), 3.into()]),
        doc! { "b": 5 }.into(),
        doc! { "b": 5.5, "c": 0 }.into(),
        doc! { "b": { "x": [1, 2] } }.into(),
        doc! { "0": { "b": 6 } }.into(),
        doc! { "a": "x" }.into(),
        doc! { "a": 1 }.into(),
        doc! {}.into(),
        "".into(),
        "Z".into(),
        "a".into(),
        "c".into(),
        "é".into(),
        "\u{ffff}".into(),
        "\u{10000}".into(),
        binary(BinarySubtype::Generic, &[1, 2]),
        binary(BinarySubtype::Generic, &[9]),
        binary(BinarySubtype::Uuid, &[255; 16]),
        binary(BinarySubtype::Generic, &[0; 16]),
        Bson::ObjectId(ObjectId::from_bytes([1; 12])),
        Bson::ObjectId(ObjectId::from_bytes([200; 12])),
        true.into(),
        false.into(),
        Bson::DateTime(bson::DateTime::from_millis(-5)),
        Bson::DateTime(bson::DateTime::from_millis(5)),
        Bson::Timestamp(bson::Timestamp { time: u32::MAX, increment: 1 }),
        Bson::Timestamp(bson::Timestamp { time: 1, increment: 2 }),
        regex("b"),
        regex("a"),
    ]
}

/// One more thing than a command has ids, with each value several times.
async fn things(db: &earnorm::mongodb::Database) -> Bag {
    let values = mixed();
    let things = (0..1_001_i64).map(|id| {
        let place = usize::try_from(id * 7).unwrap() % (values.len() + 1);
        let mut thing = doc! { "_id": id };
        thing.extend(values.get(place).map(|value| ("v".to_owned(), value.clone())));
        thing
    });
    db.collection::<Document>("things").insert_many(things).await.unwrap();
    Bag { id: 1, thing_ids: (0..1_001).rev().collect() }.insert(db).await.unwrap()
}

#[tokio::test]
async fn included_documents_are_in_the_order_of_the_server() {
    let test = database().await;
    let db = test.db();
    let bag = things(db).await;
    let paths = ["v", "v.b", "v.0", "v.0.b", "v.b.x", "w"];
    for (path, direction) in paths.iter().flat_map(|path| [(path, 1), (path, -1)]) {
        let order = doc! { *path: direction, "_id": 1 };
        let ordered: Vec<_> = bag.things().order_by(order.clone()).all(db).await.unwrap();
        let bags =
            assert_commands!(test, 3, Bag::find_all().with(Bag::THINGS.order_by(order.clone())).all(db).await.unwrap());
        assert_same(bags[0].related(Bag::THINGS), &ordered, &order);
    }
}

fn assert_same(found: &[Thing], ordered: &[Thing], order: &Document) {
    assert_eq!(found.len(), ordered.len(), "{order}");
    let different = found.iter().zip(ordered).find(|(ours, servers)| ours.id != servers.id);
    assert!(different.is_none(), "{order}: {different:?}");
}
