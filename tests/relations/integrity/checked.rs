//! Writes that check references.

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm::{Error, Executor, Result};
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, decimal};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_teams")]
#[relation(one_to_many, name = "pupils", target = "Pupil", fk = "team_id")]
struct Team {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_clubs")]
struct Club {
    #[serde(rename = "_id")]
    id: String,
}

/// A key that only the other side declares, a nullable key, an array of keys, and a key to the same model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_pupils")]
struct Pupil {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    team_id: Option<i64>,
    #[relation(many_to_many, target = "Club")]
    club_ids: Vec<String>,
    #[relation(many_to_one, target = "Pupil", name = "buddy")]
    buddy_id: Option<ObjectId>,
}

impl Pupil {
    fn of(team: i64) -> Self {
        Self { team_id: Some(team), ..Self::default() }
    }
}

fn assert_missing<T: std::fmt::Debug>(outcome: Result<T>, to: (&'static str, impl Into<Bson>)) {
    match outcome.unwrap_err() {
        Error::MissingReference { model: "Pupil", field, id } => assert_eq!((field, *id), (to.0, to.1.into())),
        other => panic!("{other:?}"),
    }
}

async fn store_parents(db: &earnorm::mongodb::Database) {
    Team { id: 1 }.insert(db).await.unwrap();
    Club::insert_many(db, &["chess", "choir"].map(|id| Club { id: id.into() })).await.unwrap();
}

#[tokio::test]
async fn validate_references_sends_one_query_per_key() {
    let test = database().await;
    let db = test.db();
    store_parents(db).await;
    let free = Pupil::default();
    assert_commands!(test, 0, { free.validate_references(db).await.unwrap() });
    let clubs = vec!["chess".to_owned(), "choir".to_owned(), "chess".to_owned()];
    let ada = Pupil { club_ids: clubs, ..Pupil::of(1) };
    let (outcome, sent) = test.log().record(ada.validate_references(db)).await;
    outcome.unwrap();
    assert_eq!(sent.names(), ["find", "find"], "{sent}");

    assert_missing(Pupil::of(2).validate_references(db).await, ("team_id", 2_i64));
    let lost = Pupil { club_ids: vec!["chess".into(), "golf".into()], ..Pupil::of(1) };
    let error = lost.validate_references(db).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "`Pupil` was not written: its key `club_ids` refers to \"golf\", which doesn't exist"
    );
    let buddy = ObjectId::new();
    assert_missing(
        Pupil { buddy_id: Some(buddy), ..Pupil::default() }.validate_references(db).await,
        ("buddy_id", buddy),
    );
}

#[tokio::test]
async fn insert_checked_checks_and_inserts_in_one_transaction() {
    let test = database().await;
    let db = test.db();
    store_parents(db).await;
    // the query, the insert, the commit
    let ada = assert_commands!(test, 3, { Pupil::of(1).insert_checked(db).await.unwrap() });
    assert_eq!(Pupil::get(db, ada.id).await.unwrap(), Some(ada.clone()));
    // the query, the abort
    assert_commands!(test, 2, { assert_missing(Pupil::of(2).insert_checked(db).await, ("team_id", 2_i64)) });
    let _ = assert_commands!(test, 1, { Pupil::default().insert_checked(db).await.unwrap() });
    assert_eq!(Pupil::find_all().count(db).await.unwrap(), 2);
    // a plain insert of this model checks nothing
    let _ = assert_commands!(test, 1, { Pupil::of(3).insert(db).await.unwrap() });
}

#[tokio::test]
async fn insert_many_checked_queries_each_id_once() {
    let test = database().await;
    let db = test.db();
    let teams: Vec<Team> = (1..=1_001).map(|id| Team { id }).collect();
    Team::insert_many(db, &teams).await.unwrap();
    let pupils: Vec<Pupil> = (0..2_500).map(|n| Pupil::of(n % 1_001 + 1)).collect();
    let (ids, sent) = test.log().record(Pupil::insert_many_checked(db, &pupils)).await;
    assert_eq!(ids.unwrap().len(), 2_500);
    assert_eq!(sent.names(), ["find", "find", "insert", "commitTransaction"], "{sent}");
    let lost = [Pupil::of(1), Pupil::of(7_000), Pupil::of(8_000)];
    assert_missing(Pupil::insert_many_checked(db, &lost).await, ("team_id", 7_000_i64));
    assert_eq!(Pupil::find_all().count(db).await.unwrap(), 2_500, "all or none");
    assert_commands!(test, 0, { assert_eq!(Pupil::insert_many_checked(db, &[]).await.unwrap(), []) });
}

#[tokio::test]
async fn documents_inserted_together_may_refer_to_each_other() {
    let test = database().await;
    let db = test.db();
    let (a, b) = (ObjectId::new(), ObjectId::new());
    let pair = [(a, b), (b, a)].map(|(id, buddy)| Pupil { id: Some(id), buddy_id: Some(buddy), ..Pupil::default() });
    let _ = assert_commands!(test, 1, { Pupil::insert_many_checked(db, &pair).await.unwrap() });
    let own = ObjectId::new();
    let narcissus = Pupil { id: Some(own), buddy_id: Some(own), ..Pupil::default() };
    narcissus.validate_references(db).await.unwrap();
    narcissus.insert_checked(db).await.unwrap();
}

#[tokio::test]
async fn a_refused_save_checked_sets_no_id() {
    let test = database().await;
    let db = test.db();
    store_parents(db).await;
    let mut ada = Pupil::of(2);
    assert_missing(ada.save_checked(db).await, ("team_id", 2_i64));
    assert_eq!(ada.id, None, "the document isn't stored");
    ada.team_id = Some(1);
    assert_commands!(test, 3, { ada.save_checked(db).await.unwrap() });
    ada.club_ids.push("golf".into());
    assert_missing(ada.save_checked(db).await, ("club_ids", "golf"));
    assert_eq!(Pupil::get(db, ada.id).await.unwrap().unwrap().club_ids, Vec::<String>::new());
}

/// A user's helper for databases and transactions.
async fn enrol(on: impl Executor<'_>, pupil: &Pupil) -> Result<()> {
    pupil.validate_references(on).await?;
    pupil.clone().insert_checked(on).await?;
    Ok(())
}

#[tokio::test]
async fn checks_in_a_transaction_see_its_writes() {
    let test = database().await;
    let db = test.db();
    // later checks in the transaction see the parent: insert, two queries, insert, commit
    assert_commands!(test, 5, {
        earnorm::transaction(db, async |tx| {
            Team { id: 1 }.insert(tx).await?;
            enrol(tx, &Pupil::of(1)).await
        })
        .await
        .unwrap();
    });
    let failed = earnorm::transaction(db, async |tx| {
        Team { id: 5 }.insert(tx).await?;
        enrol(tx, &Pupil::of(9)).await
    });
    assert_missing(failed.await, ("team_id", 9_i64));
    assert_eq!(Team::get(db, 5).await.unwrap(), None);
}

#[tokio::test]
async fn a_duplicate_id_is_not_a_missing_reference() {
    let test = database().await;
    let db = test.db();
    store_parents(db).await;
    let ada = Pupil::of(1).insert_checked(db).await.unwrap();
    let error = ada.insert_checked(db).await.unwrap_err();
    assert!(matches!(error, Error::Duplicate { model: "Pupil", .. }), "{error:?}");
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_students")]
#[relation(many_to_many, target = "Class", through = "Seat", fk = "student", target_fk = "class")]
struct Student {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_classes")]
struct Class {
    #[serde(rename = "_id")]
    id: i32,
}

/// Declares no relations. A relation through this model determines its two keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_seats", check_references)]
struct Seat {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    student: i32,
    class: i32,
    row: i32,
}

#[tokio::test]
async fn both_keys_of_a_link_are_checked() {
    let test = database().await;
    let db = test.db();
    Student { id: 1 }.insert(db).await.unwrap();
    let seat = Seat { student: 1, class: 2, ..Seat::default() };
    let error = seat.validate_references(db).await.unwrap_err();
    assert!(matches!(error, Error::MissingReference { model: "Seat", field: "class", .. }), "{error:?}");
    Class { id: 2 }.insert(db).await.unwrap();
    assert_commands!(test, 2, { seat.validate_references(db).await.unwrap() });
    // plain writes of this model check their references too
    let _ = assert_commands!(test, 4, { seat.insert(db).await.unwrap() });
}

#[tokio::test]
async fn handles_check_the_links_they_write() {
    let test = database().await;
    let db = test.db();
    let (ada, maths, gone) = (Student { id: 1 }, Class { id: 2 }, Class { id: 3 });
    ada.clone().insert(db).await.unwrap();
    maths.clone().insert(db).await.unwrap();
    let is_missing =
        |error: Error| assert!(matches!(error, Error::MissingReference { field: "class", .. }), "{error:?}");
    // a query for each key, the upsert, the commit
    assert!(assert_commands!(test, 4, { ada.classes().add(db, &maths).await.unwrap() }));
    assert!(!ada.classes().add(db, &maths).await.unwrap());
    is_missing(ada.classes().add(db, &gone).await.unwrap_err());
    is_missing(ada.classes().add_many(db, [&maths, &gone]).await.unwrap_err());
    is_missing(ada.classes().add_link(db, Seat { class: 3, row: 1, ..Seat::default() }).await.unwrap_err());
    let link = ada.classes().add_link(db, Seat { class: 2, row: 7, ..Seat::default() }).await.unwrap();
    assert_eq!(link.row, 7);
    assert_eq!(Seat::find_all().count(db).await.unwrap(), 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_boards")]
#[relation(one_to_many, name = "cards", target = "Card", fk = "board_id")]
#[relation(many_to_many, name = "shared", target = "Card", target_ids = "also_on")]
struct Board {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_cards", check_references)]
struct Card {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Board")]
    board_id: i32,
    #[relation(many_to_many, target = "Board", name = "others")]
    also_on: Vec<i32>,
}

#[tokio::test]
async fn check_references_applies_to_all_writes_of_the_model() {
    let test = database().await;
    let db = test.db();
    let (there, gone) = (Board { id: 1 }, Board { id: 2 });
    there.clone().insert(db).await.unwrap();
    let card = |id: i32, board_id: i32| Card { id, board_id, also_on: Vec::new() };
    let expect_field = |field: &'static str| {
        move |error: Error| match error {
            Error::MissingReference { model: "Card", field: at, id } => assert_eq!((at, *id), (field, Bson::Int32(2))),
            other => panic!("{other:?}"),
        }
    };
    let board = expect_field("board_id");
    board(card(1, 2).insert(db).await.unwrap_err());
    board(Card::insert_many(db, &[card(1, 1), card(2, 2)]).await.unwrap_err());
    board(card(1, 2).save(db).await.unwrap_err());
    board(gone.cards().create(db, card(1, 1)).await.unwrap_err());
    board(gone.cards().add(db, card(1, 1)).await.unwrap_err());
    board(gone.cards().add_many(db, [card(1, 1)]).await.unwrap_err());
    assert_eq!(Card::find_all().count(db).await.unwrap(), 0);

    let mut one = there.cards().create(db, card(1, 2)).await.unwrap();
    board(one.board().set(db, &gone).await.unwrap_err());
    one.board().set(db, &there).await.unwrap();
    let also = expect_field("also_on");
    also(one.others().add(db, &gone).await.unwrap_err());
    also(one.others().add_many(db, [&there, &gone]).await.unwrap_err());
    also(one.others().set(db, [&gone]).await.unwrap_err());
    also(gone.shared().add(db, &one).await.unwrap_err());
    also(gone.shared().add_many(db, [&one]).await.unwrap_err());
    also(gone.shared().create(db, card(3, 1)).await.unwrap_err());
    assert_eq!(Card::find_all().all(db).await.unwrap(), [card(1, 1)]);
    assert!(assert_commands!(test, 3, { one.others().add(db, &there).await.unwrap() }));
    assert!(one.others().remove(db, &there).await.unwrap());
    there.shared().add_many(db, [&one]).await.unwrap();
    // updates by operators check nothing
    one.update(db, Card::BOARD_ID.set(2)).await.unwrap();
    assert_eq!(one.also_on, [1]);
}

#[tokio::test]
async fn a_key_of_another_type_is_a_missing_reference() {
    #[derive(Debug, Serialize, Deserialize, Model)]
    #[model(collection = "ck_cards")]
    struct Loose {
        #[serde(rename = "_id")]
        id: i32,
        board_id: Bson,
    }
    let test = database().await;
    let db = test.db();
    Board { id: 1 }.insert(db).await.unwrap();
    let others: Vec<Bson> = vec![
        Bson::from("1"),
        Bson::from(vec![Bson::from(1)]),
        doc! { "$gt": 0 }.into(),
        earnorm::mongodb::bson::Regex { pattern: "a".into(), options: String::new() }.into(),
        Bson::Undefined,
        doc! { "a": 1 }.into(),
    ];
    for board_id in others {
        let error = Loose { id: 1, board_id: board_id.clone() }.validate_references(db).await.unwrap_err();
        match error {
            Error::MissingReference { model: "Loose", field: "board_id", id } => assert_eq!(*id, board_id),
            other => panic!("{other:?}"),
        }
    }
    // numbers are compared as on the server
    for board_id in [Bson::from(1_i64), Bson::from(1.0), decimal("1"), Bson::Null] {
        Loose { id: 1, board_id }.validate_references(db).await.unwrap();
    }
    let boards = db.collection::<Document>("ck_boards");
    assert_eq!(boards.count_documents(doc! {}).await.unwrap(), 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "ck_badges", check_references)]
struct Badge {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(one_to_one, target = "Board")]
    board_id: Option<i32>,
}

/// Replacing the current document is two writes. Neither is done if the check fails.
#[tokio::test]
async fn a_failed_check_does_not_clear_the_current_document() {
    let test = database().await;
    let db = test.db();
    let there = Board { id: 1 }.insert(db).await.unwrap();
    let badges = [1, 2].map(|id| Badge { id, board_id: (id == 1).then_some(1) });
    Badge::insert_many(db, &badges).await.unwrap();
    there.delete(db).await.unwrap();
    let error = badges[1].board().set(db, &there).await.unwrap_err();
    assert!(matches!(error, Error::MissingReference { model: "Badge", .. }), "{error:?}");
    assert_eq!(Badge::find_all().order_by(Badge::ID.asc()).all(db).await.unwrap(), badges);

    there.clone().insert(db).await.unwrap();
    // the query, the two updates, the commit
    assert_commands!(test, 4, { badges[1].board().set(db, &there).await.unwrap() });
    assert_eq!(Badge::find(Badge::BOARD_ID.eq(1)).one(db).await.unwrap().id, 2);
}
