//! Writes to a filtered many-to-many. Documents that don't match the filter of the relation or of the handle stay
//! linked.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Team", through = "Seat")]
#[relation(many_to_many, name = "active", target = "Team", through = "Seat", filter = doc! { "active": true })]
#[relation(many_to_many, name = "latest", target = "Team", through = "Seat", order_by = [("_id", -1)], limit = 2)]
#[relation(many_to_many, name = "active_marks", target = "Team", ids = "mark_ids", filter = doc! { "active": true })]
struct Player {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_many, target = "Team", back_populates = "marked")]
    mark_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Player", name = "marked", target_ids = "mark_ids", back_populates = "marks")]
#[relation(many_to_many, target = "Player", name = "firsts", target_ids = "mark_ids", filter = doc! { "_id": 1 })]
struct Team {
    #[serde(rename = "_id")]
    id: i32,
    active: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Seat {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    player_id: i32,
    team_id: i32,
}

/// Teams 1 to 4, of which 2 and 4 are active. The player has links to all and has marked all, but its value has an
/// empty array.
async fn player(db: &Database) -> (Player, Vec<Team>) {
    let teams: Vec<_> = (1..=4).map(|id| Team { id, active: id % 2 == 0 }).collect();
    Team::insert_many(db, &teams).await.unwrap();
    let player = Player { id: 1, mark_ids: vec![] }.insert(db).await.unwrap();
    Player { id: 2, mark_ids: vec![1, 2] }.insert(db).await.unwrap();
    Seat { player_id: 2, team_id: 2, ..Seat::default() }.insert(db).await.unwrap();
    player.teams().add_many(db, &teams).await.unwrap();
    player.marks().set(db, &teams).await.unwrap();
    (player, teams)
}

async fn seats(db: &Database) -> Vec<i32> {
    let seats = Seat::find(Seat::PLAYER_ID.eq(1)).order_by(Seat::TEAM_ID.asc()).all(db).await.unwrap();
    seats.iter().map(|seat| seat.team_id).collect()
}

async fn marks(db: &Database) -> Vec<i32> {
    Player::get(db, 1).await.unwrap().unwrap().mark_ids
}

#[tokio::test]
async fn clear_through_a_join_model_removes_only_matching_links() {
    let test = database().await;
    let ((player, teams), db) = (player(test.db()).await, test.db());
    let first = player.teams().filter(Team::ID.eq(1));
    assert_eq!(assert_commands!(test, 3, first.clear(db).await.unwrap()), 1);
    assert_eq!(seats(db).await, [2, 3, 4]);
    assert_eq!(assert_commands!(test, 3, player.active().clear(db).await.unwrap()), 2);
    assert_eq!(seats(db).await, [3]);
    assert_eq!(assert_commands!(test, 2, player.active().clear(db).await.unwrap()), 0, "no link matches");
    player.teams().add_many(db, &teams).await.unwrap();
    let marked = player.teams().filter(Team::MARKED.filter(Player::ID.eq(2)).any());
    assert_eq!(assert_commands!(test, 3, marked.clear(db).await.unwrap()), 2);
    assert_eq!(seats(db).await, [3, 4]);
    assert_eq!(player.teams().limit(1).clear(db).await.unwrap(), 1, "the first, like in a one-to-many");
    assert_eq!(seats(db).await, [4]);
    player.teams().add_many(db, &teams).await.unwrap();
    let after = player.latest().after(&teams[3]);
    assert_eq!(
        assert_commands!(test, 3, after.count(db).await.unwrap()),
        1,
        "the links, the limited documents, those after"
    );
    assert_eq!(player.latest().clear(db).await.unwrap(), 2);
    assert_eq!(seats(db).await, [1, 2]);
    assert_eq!(player.teams().limit(0).clear(db).await.unwrap(), 0);
    assert_eq!(assert_commands!(test, 1, player.teams().order_by(Team::ID.desc()).clear(db).await.unwrap()), 2);
    assert_eq!(Seat::find_all().count(db).await.unwrap(), 1, "links of other players are kept");
}

#[tokio::test]
async fn set_through_a_join_model_replaces_only_matching_links() {
    let test = database().await;
    let ((player, teams), db) = (player(test.db()).await, test.db());
    assert_commands!(test, 4, player.active().set(db, [&teams[1]]).await.unwrap());
    assert_eq!(seats(db).await, [1, 2, 3]);
    player.teams().filter(Team::ID.lt(3)).set(db, [&teams[0], &teams[3]]).await.unwrap();
    assert_eq!(seats(db).await, [1, 3, 4], "documents that don't match are linked too, like by `add`");
    assert_commands!(test, 2, player.teams().set(db, [&teams[0]]).await.unwrap());
    assert_eq!(seats(db).await, [1]);
}

#[tokio::test]
async fn remove_through_a_join_model_removes_only_matching_links() {
    let test = database().await;
    let ((player, teams), db) = (player(test.db()).await, test.db());
    assert!(!assert_commands!(test, 1, player.active().remove(db, &teams[0]).await.unwrap()));
    assert_eq!(seats(db).await, [1, 2, 3, 4]);
    assert!(assert_commands!(test, 2, player.active().remove(db, &teams[1]).await.unwrap()));
    assert!(!player.teams().filter(Team::ID.gt(3)).remove(db, &teams[2]).await.unwrap());
    assert!(player.teams().filter(Team::ID.gt(3)).remove(db, &teams[3]).await.unwrap());
    assert_eq!(seats(db).await, [1, 3]);
    assert!(!player.teams().limit(0).remove(db, &teams[0]).await.unwrap());
    assert!(assert_commands!(test, 1, player.latest().remove(db, &teams[0]).await.unwrap()), "a limit doesn't filter");
    assert_eq!(seats(db).await, [3]);
}

#[tokio::test]
async fn clear_of_an_array_removes_only_matching_ids() {
    let test = database().await;
    let ((player, teams), db) = (player(test.db()).await, test.db());
    let first = player.marks().filter(Team::ID.eq(1));
    assert!(assert_commands!(test, 3, first.clear(db).await.unwrap()), "the stored array is used");
    assert_eq!(marks(db).await, [2, 3, 4]);
    assert!(player.active_marks().clear(db).await.unwrap());
    assert_eq!(marks(db).await, [3]);
    assert!(!assert_commands!(test, 2, player.active_marks().clear(db).await.unwrap()), "no id matches");
    player.marks().set(db, [&teams[3], &teams[2], &teams[0]]).await.unwrap();
    assert!(player.marks().limit(2).clear(db).await.unwrap(), "the first two of the array");
    assert_eq!(marks(db).await, [1]);
    assert!(assert_commands!(test, 1, player.marks().clear(db).await.unwrap()));
    let gone = Player { id: 9, mark_ids: vec![1] };
    let error = gone.active_marks().clear(db).await.unwrap_err();
    assert!(matches!(error, earnorm::Error::NotFound { model: "Player" }), "{error}");
}

#[tokio::test]
async fn set_of_an_array_replaces_only_matching_ids() {
    let test = database().await;
    let ((player, teams), db) = (player(test.db()).await, test.db());
    assert_commands!(test, 3, player.active_marks().set(db, [&teams[1]]).await.unwrap());
    assert_eq!(marks(db).await, [1, 2, 3], "other ids keep their places");
    player.active_marks().set(db, [&teams[3], &teams[1]]).await.unwrap();
    assert_eq!(marks(db).await, [1, 4, 3, 2], "and the new ids have the given order");
    let few = player.marks().filter(Team::ID.lt(3));
    few.set(db, [&teams[3], &teams[0], &teams[3]]).await.unwrap();
    assert_eq!(marks(db).await, [4, 1, 3]);
    assert_commands!(test, 1, player.marks().set(db, [&teams[1]]).await.unwrap());
    assert_eq!(marks(db).await, [2]);
    player.active_marks().set(db, []).await.unwrap();
    assert_eq!(marks(db).await, Vec::<i32>::new());
}

#[tokio::test]
async fn remove_of_an_array_removes_only_matching_ids() {
    let test = database().await;
    let ((player, teams), db) = (player(test.db()).await, test.db());
    assert!(!assert_commands!(test, 1, player.active_marks().remove(db, &teams[0]).await.unwrap()));
    assert!(assert_commands!(test, 2, player.active_marks().remove(db, &teams[1]).await.unwrap()));
    assert!(!player.active_marks().remove(db, &teams[1]).await.unwrap(), "the id is already removed");
    assert_eq!(marks(db).await, [1, 3, 4]);
    assert!(assert_commands!(test, 1, player.marks().remove(db, &teams[0]).await.unwrap()));
}

#[tokio::test]
async fn writes_from_the_other_side_of_an_array_change_only_matching_documents() {
    let test = database().await;
    let ((_, teams), db) = (player(test.db()).await, test.db());
    let second = Player::get(db, 2).await.unwrap().unwrap();
    assert!(!assert_commands!(test, 1, teams[0].firsts().remove(db, &second).await.unwrap()));
    assert_eq!(teams[0].marked().count(db).await.unwrap(), 2);
    let others = teams[0].marked().filter(Player::ID.gt(1));
    assert!(assert_commands!(test, 1, others.remove(db, &second).await.unwrap()));
    assert!(assert_commands!(test, 1, teams[0].marked().filter(Player::ID.gt(1)).clear(db).await.unwrap() == 0));
    assert_eq!(marks(db).await, [1, 2, 3, 4]);
    teams[1].firsts().set(db, []).await.unwrap();
    assert_eq!(marks(db).await, [1, 3, 4]);
    assert_eq!(Player::get(db, 2).await.unwrap().unwrap().mark_ids, [2]);
}

#[tokio::test]
async fn clear_of_an_empty_null_or_missing_array_returns_false() {
    let test = database().await;
    let ((player, _), db) = (player(test.db()).await, test.db());
    let raw = db.collection::<Document>(Player::metadata().collection);
    assert!(player.marks().clear(db).await.unwrap());
    assert!(!assert_commands!(test, 1, player.marks().clear(db).await.unwrap()));
    raw.update_one(doc! { "_id": 1 }, doc! { "$unset": { "mark_ids": "" } }).await.unwrap();
    assert!(!assert_commands!(test, 1, player.marks().clear(db).await.unwrap()));
    raw.update_one(doc! { "_id": 1 }, doc! { "$set": { "mark_ids": null } }).await.unwrap();
    assert!(!player.marks().clear(db).await.unwrap());
    raw.update_one(doc! { "_id": 1 }, doc! { "$set": { "mark_ids": [null] } }).await.unwrap();
    assert!(player.marks().clear(db).await.unwrap());
    assert_eq!(marks(db).await, Vec::<i32>::new());
}
