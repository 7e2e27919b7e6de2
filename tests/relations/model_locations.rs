//! Models in different places of a program.

use earnorm::prelude::*;
use earnorm_examples::chinook::Artist;
use earnorm_tests::database;

/// Two modules whose models refer to each other, with private fields.
mod library {
    pub(super) mod books {
        use earnorm::prelude::*;

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        pub(in super::super) struct Book {
            #[serde(rename = "_id")]
            id: i64,
            #[relation(many_to_one, target = "super::writers::Writer", back_populates = "books")]
            writer_id: i64,
            #[relation(many_to_one, target = "super::writers::Writer", back_populates = "edited")]
            editor_id: Option<i64>,
        }

        impl Book {
            pub(in super::super) fn new(id: i64, writer_id: i64, editor_id: Option<i64>) -> Self {
                Self { id, writer_id, editor_id }
            }
        }
    }

    pub(super) mod writers {
        use earnorm::prelude::*;

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[relation(one_to_many, target = super::books::Book, fk = writer_id, back_populates = "writer")]
        #[relation(one_to_many, name = "edited", target = super::books::Book, fk = EDITOR_ID, back_populates = "editor")]
        pub(in super::super) struct Writer {
            #[serde(rename = "_id")]
            id: i64,
        }

        impl Writer {
            pub(in super::super) fn new(id: i64) -> Self {
                Self { id }
            }
        }
    }
}

#[tokio::test]
async fn two_relations_between_models_of_two_modules() {
    use library::books::Book;
    use library::writers::Writer;
    let test = database().await;
    let db = test.db();
    let (ada, grace) = (Writer::new(1), Writer::new(2));
    Writer::insert_many(db, &[ada.clone(), grace.clone()]).await.unwrap();
    let book = Book::new(1, 1, Some(2)).insert(db).await.unwrap();
    assert_eq!(ada.books().one(db).await.unwrap(), book);
    assert_eq!(ada.edited().count(db).await.unwrap(), 0);
    assert_eq!(grace.edited().one(db).await.unwrap(), book);
    assert_eq!(book.writer().require(db).await.unwrap(), ada);
    assert_eq!(book.editor().require(db).await.unwrap(), grace);
}

#[tokio::test]
async fn relations_between_models_in_a_function_body() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "Wheel", fk = "car_id")]
    struct Car {
        #[serde(rename = "_id")]
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct Wheel {
        #[serde(rename = "_id")]
        id: i64,
        #[relation(many_to_one, target = "Car")]
        car_id: i64,
    }
    let test = database().await;
    let car = Car { id: 1 }.insert(test.db()).await.unwrap();
    let wheel = car.wheels().create(test.db(), Wheel { id: 1, car_id: 0 }).await.unwrap();
    assert_eq!(wheel.car().require(test.db()).await.unwrap(), car);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Review {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_one, target = "earnorm_examples::chinook::Artist")]
    artist_id: i32,
}

#[tokio::test]
async fn a_relation_to_a_model_of_another_crate() {
    let test = database().await;
    let db = test.db();
    let artist = Artist { id: 1, name: "AC/DC".into() }.insert(db).await.unwrap();
    let review = Review { id: 1, artist_id: 1 }.insert(db).await.unwrap();
    assert_eq!(review.artist().require(db).await.unwrap(), artist);
    let linked = earnorm::schema();
    assert!(linked.models().iter().any(|model| model.module.starts_with("earnorm_examples")));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "r#match", target = "Move", fk = "r#type")]
struct Kind {
    #[serde(rename = "_id")]
    r#struct: i64,
    r#fn: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Move {
    #[serde(rename = "_id")]
    id: i64,
    #[relation(many_to_one, name = "kind", target = "Kind")]
    r#type: i64,
}

#[tokio::test]
async fn raw_identifiers_in_models_and_relations() {
    let test = database().await;
    let db = test.db();
    let kind = Kind { r#struct: 1, r#fn: "x".into() }.insert(db).await.unwrap();
    let step = kind.r#match().create(db, Move { id: 1, r#type: 0 }).await.unwrap();
    assert_eq!(step.kind().require(db).await.unwrap(), kind);
    assert_eq!(Kind::find(Kind::FN.eq("x") & Kind::STRUCT.eq(1)).count(db).await.unwrap(), 1);
    assert_eq!(Move::find(Move::TYPE.eq(1)).count(db).await.unwrap(), 1);
}
