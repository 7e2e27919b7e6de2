//! References to several models: two ids that are equal, in both orders of the stored fields, and an unknown tag.

use earnorm::Open;
use earnorm::prelude::*;
use mongodb::bson::Document;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum Subject {
    Album(ObjectId),
    Track(ObjectId),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "about_type", content = "about_id")]
enum About {
    Album(ObjectId),
    Track(ObjectId),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Review, fk = subject, cascade_delete)]
struct Album {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Review, fk = subject, on_delete = "restrict")]
struct Track {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Review {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one)]
    subject: Open<Subject>,
    #[serde(flatten)]
    #[relation(many_to_one)]
    about: Option<Open<About>>,
}

#[tokio::test]
async fn references_work() {
    let test = earnorm_testkit::TestDb::new().await.unwrap();
    let db = test.db();
    let id = ObjectId::new();
    let album = Album { id }.insert(db).await.unwrap();
    let track = Track { id }.insert(db).await.unwrap();
    let stored = [
        doc! { "_id": 1, "subject": { "type": "Album", "id": id }, "about_id": id, "about_type": "Track" },
        doc! { "_id": 2, "subject": { "id": id, "type": "Track" } },
        doc! { "_id": 3, "subject": { "id": "x", "type": "Video" }, "about_type": "Video", "about_id": [1, 2] },
    ];
    db.collection::<Document>("reviews").insert_many(&stored).await.unwrap();
    for strategy in [Strategy::Batch, Strategy::Lookup] {
        let reviews = Review::find_all().with(Review::SUBJECT).with(Review::ABOUT).order_by(Review::ID.asc());
        let reviews = reviews.strategy(strategy).all(db).await.unwrap();
        assert!(matches!(reviews[0].related(Review::SUBJECT), Some(SubjectDocument::Album(found)) if *found == album));
        assert!(matches!(reviews[0].related(Review::ABOUT), Some(AboutDocument::Track(found)) if *found == track));
        assert!(matches!(reviews[1].related(Review::SUBJECT), Some(SubjectDocument::Track(found)) if *found == track));
        assert!(reviews[2].related(Review::SUBJECT).is_none());
    }
    let mut unknown = Review::get(db, 3).await.unwrap().unwrap();
    unknown.save(db).await.unwrap();
    let after: Document = db.collection("reviews").find_one(doc! { "_id": 3 }).await.unwrap().unwrap();
    assert_eq!(after, stored[2]);
    assert!(track.delete(db).await.is_err());
    assert_eq!(album.delete(db).await.unwrap().to_string(), "1 album, 1 review deleted");
    assert_eq!(Review::find_all().count(db).await.unwrap(), 2);
}
