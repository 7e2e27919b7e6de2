//! References to several models of which some are kinds, or the enum of them.

use earnorm::integrity;
use earnorm::prelude::*;
use earnorm_tests::{STRATEGIES, database, documents};

use crate::models::insert_all;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "form", rename = "book")]
#[model(collection = "media")]
#[relation(one_to_many, target = Review, fk = about, cascade_delete, back_populates = about)]
struct Book {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "form", rename = "film")]
#[model(collection = "media")]
#[relation(one_to_many, target = Review, fk = about, on_delete = "restrict", back_populates = about)]
struct Film {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Model)]
enum Medium {
    Book(Book),
    Film(Film),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Shop {
    #[serde(rename = "_id")]
    id: i32,
}

/// Two kinds of one collection.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum About {
    Book(i32),
    Film(i32),
    Shop(i32),
}

/// The enum of kinds as one variant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum On {
    Medium(i32),
    Shop(i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Review {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one)]
    about: About,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Label {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, on_delete = "cascade")]
    on: On,
}

fn review(id: i32, about: About) -> Review {
    Review { id, about }
}

#[tokio::test]
async fn a_reference_to_a_kind_finds_only_that_kind() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![Book { id: 1 }, Book { id: 3 }]).await;
    insert_all(db, vec![Film { id: 2 }]).await;
    insert_all(db, vec![Shop { id: 1 }]).await;
    let wrong = review(4, About::Film(1));
    let all = vec![review(1, About::Book(1)), review(2, About::Film(2)), review(3, About::Shop(1)), wrong.clone()];
    insert_all(db, all).await;
    for strategy in STRATEGIES {
        let query = Review::find_all().order_by(Review::ID.asc()).with(Review::ABOUT).strategy(strategy);
        let reviews = query.all(db).await.unwrap();
        let found: Vec<_> = reviews.iter().map(|review| review.related(Review::ABOUT)).collect();
        assert_eq!(found[0], Some(AboutDocument::Book(&Book { id: 1 })));
        assert_eq!(found[1], Some(AboutDocument::Film(&Film { id: 2 })));
        assert_eq!(found[2], Some(AboutDocument::Shop(&Shop { id: 1 })));
        assert_eq!(found[3], None);
    }
    assert_eq!(wrong.about().get(db).await.unwrap(), None);
    wrong.validate_references(db).await.unwrap_err();
    let report = integrity::scan(db).await.unwrap();
    assert_eq!((report.len(), report.entries()[0].holder.clone()), (1, 4.into()), "{report}");
    let any = Review::find(Review::ABOUT.of(About::FILM).any()).all(db).await.unwrap();
    assert_eq!(any, [review(2, About::Film(2))]);
    // a book deletes its reviews, and not one on a film of the same id
    assert_eq!(Book { id: 1 }.delete(db).await.unwrap().to_string(), "1 book, 1 review deleted");
    Film { id: 2 }.delete(db).await.unwrap_err();
    assert_eq!(documents(db, "reviews").await.len(), 3);
}

#[tokio::test]
async fn a_variant_can_be_an_enum_of_kinds() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![Book { id: 1 }]).await;
    insert_all(db, vec![Film { id: 2 }]).await;
    insert_all(db, vec![Shop { id: 2 }]).await;
    let labels = [On::Medium(1), On::Medium(2), On::Shop(2)].into_iter().zip(1..).map(|(on, id)| Label { id, on });
    insert_all(db, labels.collect()).await;
    for strategy in STRATEGIES {
        let query = Label::find_all().order_by(Label::ID.asc()).with(Label::ON).strategy(strategy);
        let labels = query.all(db).await.unwrap();
        let film = Medium::Film(Film { id: 2 });
        assert_eq!(labels[1].related(Label::ON), Some(OnDocument::Medium(&film)));
        assert_eq!(labels[2].related(Label::ON), Some(OnDocument::Shop(&Shop { id: 2 })));
    }
    let label = Label::get(db, 1).await.unwrap().unwrap();
    assert_eq!(label.on().get(db).await.unwrap(), Some(OnDocument::Medium(Medium::Book(Book { id: 1 }))));
    label.on().set(db, &Medium::Film(Film { id: 2 })).await.unwrap();
    // the rule of the reference holds for each kind
    assert_eq!(Film { id: 2 }.delete(db).await.unwrap().to_string(), "1 film, 2 labels deleted");
    assert_eq!(Medium::Book(Book { id: 1 }).delete(db).await.unwrap().to_string(), "1 book deleted");
    assert_eq!(documents(db, "labels").await.len(), 1);
}

/// A kind that holds a reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "sort", rename = "memo")]
#[model(collection = "papers")]
struct Memo {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, on_delete = "set_null")]
    of: Option<Owner>,
}

/// The same field, but no relation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "sort", rename = "letter")]
#[model(collection = "papers")]
struct Letter {
    #[serde(rename = "_id")]
    id: i32,
    of: earnorm::mongodb::bson::Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum Owner {
    Desk(i32),
    Shop(i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Memo, fk = of)]
struct Desk {
    #[serde(rename = "_id")]
    id: i32,
}

#[tokio::test]
async fn a_reference_in_a_kind_is_written_and_read_by_kind() {
    let test = database().await;
    let db = test.db();
    insert_all(db, vec![Desk { id: 1 }, Desk { id: 2 }]).await;
    insert_all(db, vec![Memo { id: 1, of: Some(Owner::Desk(1)) }, Memo { id: 3, of: Some(Owner::Desk(9)) }]).await;
    let letters =
        vec![2, 4].into_iter().map(|id| Letter { id, of: doc! { "type": "Desk", "id": if id == 2 { 1 } else { 9 } } });
    let letters: Vec<_> = letters.collect();
    insert_all(db, letters.clone()).await;
    let stranger = Memo { id: 2, of: Some(Owner::Desk(1)) };
    let not_found = stranger.of().set(db, &Desk { id: 2 }).await;
    assert!(matches!(not_found, Err(earnorm::Error::NotFound { .. })), "{not_found:?}");
    assert!(!stranger.of().clear(db).await.unwrap());
    let desk = Desk { id: 1 };
    assert_eq!(desk.memos().count(db).await.unwrap(), 1);
    for strategy in STRATEGIES {
        let query = Desk::find_all().order_by(Desk::ID.asc()).with(Desk::MEMOS).with(Desk::MEMOS.count());
        let desks = query.strategy(strategy).all(db).await.unwrap();
        assert_eq!((desks[0].related(Desk::MEMOS).len(), desks[0].count(Desk::MEMOS)), (1, 1));
    }
    assert_eq!(Desk::find(Desk::MEMOS.any()).count(db).await.unwrap(), 1);
    let report = integrity::scan(db).await.unwrap();
    assert_eq!((report.len(), report.entries()[0].holder.clone()), (1, 3.into()), "{report}");
    report.repair(db, integrity::Repair::Unlink).await.unwrap();
    assert_eq!(Memo::get(db, 3).await.unwrap().unwrap().of, None);
    assert_eq!(desk.delete(db).await.unwrap().to_string(), "1 desk deleted; 1 memo unlinked");
    assert_eq!(Letter::find_all().order_by(Letter::ID.asc()).all(db).await.unwrap(), letters);
}
