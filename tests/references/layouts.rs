//! The layouts in which other mappers store references, in both orders of their fields: read, queried, and saved as they were.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Document, RawDocumentBuf};
use earnorm::prelude::*;
use earnorm::{Filter, Open};
use earnorm_tests::{database, insert_documents};

/// The models, and the references in each layout.
#[allow(dead_code, reason = "generated code in `macro_rules!` is linted")]
mod models {
    use earnorm::Open;
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Article {
        #[serde(rename = "_id")]
        pub(super) id: ObjectId,
        pub(super) title: String,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    pub(super) struct Picture {
        #[serde(rename = "_id")]
        pub(super) id: ObjectId,
        pub(super) title: String,
    }

    /// Mongoid's `belongs_to :commentable, polymorphic: true`. The name of the class is the tag.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
    #[serde(tag = "commentable_type", content = "commentable_id")]
    pub(super) enum Mongoid {
        Article(ObjectId),
        Picture(ObjectId),
    }

    /// Mongoose's `refPath: 'docModel'`, beside `doc`.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
    #[serde(tag = "docModel", content = "doc")]
    pub(super) enum Mongoose {
        Article(ObjectId),
        Picture(ObjectId),
    }

    /// Laravel's `morphTo`, whose tags are names of classes.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
    #[serde(tag = "imageable_type", content = "imageable_id")]
    pub(super) enum Laravel {
        #[serde(rename = "App\\Models\\Article")]
        Article(ObjectId),
        #[serde(rename = "App\\Models\\Picture")]
        Picture(ObjectId),
    }

    /// A DBRef, whose tags are collections.
    #[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
    #[serde(tag = "$ref", content = "$id")]
    pub(super) enum DbRef {
        #[serde(rename = "articles")]
        Article(ObjectId),
        #[serde(rename = "pictures")]
        Picture(ObjectId),
    }

    macro_rules! holders {
        ($($holder:ident $collection:literal $reference:ident $(#[$flatten:meta])?;)*) => { $(
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
            #[model(collection = $collection)]
            pub(super) struct $holder {
                #[serde(rename = "_id")]
                pub(super) id: i32,
                $(#[$flatten])?
                #[relation(many_to_one)]
                pub(super) to: Open<$reference>,
                pub(super) text: String,
            }
        )* };
    }
    holders! {
        OfMongoid "mongoid" Mongoid #[serde(flatten)];
        OfMongoose "mongoose" Mongoose #[serde(flatten)];
        OfLaravel "laravel" Laravel #[serde(flatten)];
        OfDbRef "dbref" DbRef;
    }
}
use models::{Article, DbRef, Laravel, Mongoid, Mongoose, OfDbRef, OfLaravel, OfMongoid, OfMongoose, Picture};

/// The documents of a collection, by their bytes.
async fn bytes(db: &Database, collection: &str) -> Vec<Vec<u8>> {
    let mut found = db.collection::<RawDocumentBuf>(collection).find(doc! {}).sort(doc! { "_id": 1 }).await.unwrap();
    let mut bytes = Vec::new();
    while found.advance().await.unwrap() {
        bytes.push(found.current().as_bytes().to_vec());
    }
    bytes
}

/// One article and one picture of the same id.
async fn twins(db: &Database) -> ObjectId {
    let id = ObjectId::new();
    Article { id, title: "article".to_owned() }.insert(db).await.unwrap();
    Picture { id, title: "picture".to_owned() }.insert(db).await.unwrap();
    id
}

/// Checks a layout: `stored` creates the fields of a reference from a tag and an id. The last document of each order has a
/// tag that the enum doesn't know.
macro_rules! layout {
    ($test:ident, $holder:ident, $collection:literal, $reference:ident, [$article:literal, $picture:literal], $document:ident,
     |$tag:ident, $id:ident| $in_order:expr, $reversed:expr $(,)?) => {
        #[tokio::test]
        async fn $test() {
            let test = database().await;
            let db = test.db();
            let id = twins(db).await;
            let in_order = |$tag: &str, $id: ObjectId| -> Document { $in_order };
            let reversed = |$tag: &str, $id: ObjectId| -> Document { $reversed };
            let tags = [$article, $picture, "Other"];
            let mut documents = Vec::new();
            for (number, tag) in (1..).zip(tags) {
                for (offset, fields) in [(0, in_order(tag, id)), (10, reversed(tag, id))] {
                    let mut document = doc! { "_id": number + offset };
                    document.extend(fields);
                    document.insert("text", "text");
                    documents.push(document);
                }
            }
            insert_documents(db, $collection, documents).await;
            let before = bytes(db, $collection).await;

            let all = $holder::find_all().with($holder::TO).order_by($holder::ID.asc()).all(db).await.unwrap();
            let titles: Vec<_> = all
                .iter()
                .map(|row| match row.related($holder::TO) {
                    Some(models::$document::Article(article)) => article.title.as_str(),
                    Some(models::$document::Picture(picture)) => picture.title.as_str(),
                    None => "unknown",
                })
                .collect();
            assert_eq!(titles, ["article", "picture", "unknown", "article", "picture", "unknown"]);
            let ids = async |filter: Filter<$holder>| {
                let found = $holder::find(filter).order_by($holder::ID.asc()).all(db).await.unwrap();
                found.into_iter().map(|row| row.id).collect::<Vec<_>>()
            };
            assert_eq!(ids($holder::TO.is(&$reference::Picture(id))).await, [2, 12]);
            assert_eq!(ids($holder::TO.is_a($reference::ARTICLE)).await, [1, 11]);
            assert_eq!(
                ids($holder::TO.of($reference::ARTICLE).filter(Article::TITLE.eq("article")).any()).await,
                [1, 11]
            );

            // the tag comes first in what a save writes; an unknown reference keeps its order
            for mut row in $holder::find_all().all(db).await.unwrap() {
                row.save(db).await.unwrap();
            }
            let after = bytes(db, $collection).await;
            assert_eq!(after[..3], before[..3]);
            for (after, in_order) in after[3..5].iter().zip(&before[..2]) {
                // but for the id of the holder, what is stored equals the document in order
                let rest = |bytes: &[u8]| bytes[4 + 9..].to_vec();
                assert_eq!(rest(after), rest(in_order));
            }
            assert_eq!(after[5], before[5]);
            let unknown = $holder::get(db, 3).await.unwrap().unwrap();
            assert!(matches!(unknown.to, Open::Unknown(_)));
        }
    };
}

layout!(
    mongoid_stores_two_fields,
    OfMongoid,
    "mongoid",
    Mongoid,
    ["Article", "Picture"],
    MongoidDocument,
    |tag, id| doc! { "commentable_type": tag, "commentable_id": id },
    doc! { "commentable_id": id, "commentable_type": tag },
);
layout!(
    mongoose_stores_a_model_beside_an_id,
    OfMongoose,
    "mongoose",
    Mongoose,
    ["Article", "Picture"],
    MongooseDocument,
    |tag, id| doc! { "docModel": tag, "doc": id },
    doc! { "doc": id, "docModel": tag },
);
layout!(
    laravel_stores_names_of_classes,
    OfLaravel,
    "laravel",
    Laravel,
    ["App\\Models\\Article", "App\\Models\\Picture"],
    LaravelDocument,
    |tag, id| doc! { "imageable_type": tag, "imageable_id": id },
    doc! { "imageable_id": id, "imageable_type": tag },
);
layout!(
    a_dbref_is_a_document,
    OfDbRef,
    "dbref",
    DbRef,
    ["articles", "pictures"],
    DbRefDocument,
    |tag, id| doc! { "to": { "$ref": tag, "$id": id } },
    doc! { "to": { "$id": id, "$ref": tag } },
);

#[tokio::test]
async fn further_fields_of_a_dbref_are_not_kept() {
    let test = database().await;
    let db = test.db();
    let id = twins(db).await;
    let stored = doc! { "_id": 1, "to": { "$ref": "articles", "$id": id, "$db": "other" }, "text": "text" };
    insert_documents(db, "dbref", [stored]).await;
    let row = OfDbRef::get(db, 1).await.unwrap().unwrap();
    assert_eq!(row.to, Open::Known(DbRef::Article(id)));
}
