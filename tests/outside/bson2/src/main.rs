//! The dependencies of the guide in a user's crate: `earnorm` next to `mongodb` with default features.

use earnorm::prelude::*;
use mongodb::bson::{oid::ObjectId as DriverId, DateTime, Document};
use mongodb::Database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Post", fk = "author_id", back_populates = "author")]
struct User {
    #[serde(rename = "_id")]
    id: DriverId,
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: DriverId,
    title: String,
    likes: i64,
    written: DateTime,
    details: Document,
    #[relation(many_to_one, target = "User", back_populates = "posts")]
    author_id: ObjectId,
}

#[tokio::main]
async fn main() -> earnorm::Result<()> {
    let uri = std::env::var("MONGODB_URI");
    let db = earnorm::connect(uri.as_deref().unwrap_or("mongodb://localhost:27017/blog")).await?;
    let ada = sign_up(&db, "Ada").await?;
    write(&db, &ada, "Notes", 12).await?;
    for post in liked(&db, &ada).await? {
        println!("{} wrote {}", post.author().require(&db).await?.name, post.title);
    }
    Ok(())
}

async fn sign_up(db: &Database, name: &str) -> earnorm::Result<User> {
    User { id: DriverId::new(), name: name.into() }.insert(db).await
}

async fn write(db: &Database, author: &User, title: &str, likes: i64) -> earnorm::Result<Post> {
    let post = Post {
        id: DriverId::new(),
        title: title.into(),
        likes,
        written: DateTime::from_millis(1_000 * likes),
        details: doc! { "draft": false, "words": 100 },
        author_id: author.id,
    };
    author.posts().create(db, post).await
}

async fn liked(db: &Database, author: &User) -> earnorm::Result<Vec<Post>> {
    let posts = author.posts().filter(Post::LIKES.gt(10));
    posts.order_by(Post::LIKES.desc()).all(db).await
}

#[cfg(test)]
#[path = "../../bson3/src/views.rs"]
mod views;

#[cfg(test)]
#[path = "../../bson3/src/embedded.rs"]
mod embedded;

#[cfg(test)]
#[path = "../../bson3/src/references.rs"]
mod references;

#[cfg(test)]
#[path = "../../bson3/src/indexes.rs"]
mod indexes;

#[cfg(test)]
#[path = "../../bson3/src/json.rs"]
mod json;

#[cfg(test)]
#[path = "../../bson3/src/kinds.rs"]
mod kinds;

#[cfg(test)]
#[path = "../../bson3/src/managed.rs"]
mod managed;

#[cfg(test)]
#[path = "../../bson3/src/trees.rs"]
mod trees;

#[cfg(test)]
mod tests {
    use super::*;
    use earnorm_testkit::{assert_commands, TestDb};

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    #[tokio::test]
    async fn a_related_document_is_written_and_read() -> Outcome {
        let test = TestDb::new().await?;
        let db = test.db();
        let ada = assert_commands!(test, 1, { sign_up(db, "Ada").await? });
        let notes = write(db, &ada, "Notes", 12).await?;
        write(db, &ada, "Drafts", 3).await?;
        assert_eq!(assert_commands!(test, 1, { liked(db, &ada).await? }), [notes.clone()]);
        assert_eq!(assert_commands!(test, 1, { notes.author().require(db).await? }), ada);
        assert_eq!(ada.posts().count(db).await?, 2);
        Ok(())
    }

    #[tokio::test]
    async fn models_and_filters_use_the_types_of_the_driver() -> Outcome {
        let test = TestDb::new().await?;
        let db = test.db();
        let ada = sign_up(db, "Ada").await?;
        let notes = write(db, &ada, "Notes", 12).await?;
        write(db, &ada, "Poems", 20).await?;

        let before = DateTime::from_millis(15_000);
        let typed = Post::find(Post::WRITTEN.lt(before) & Post::AUTHOR_ID.eq(ada.id));
        assert_eq!(typed.one(db).await?, notes);
        let filter: Document = mongodb::bson::doc! { "written": { "$lt": before } };
        assert_eq!(ada.posts().filter(filter).all(db).await?, [notes.clone()]);
        let inside = Post::find(Post::DETAILS.at("words").eq(100)).order_by(Post::WRITTEN.asc());
        assert_eq!(inside.first(db).await?, Some(notes.clone()));
        assert_eq!(User::get(db, notes.author_id).await?, Some(ada));

        // EarnORM's database and collections are the driver's
        let stored = Post::collection(db).find_one(doc! { "_id": notes.id }).await?;
        assert_eq!(stored, Some(notes));
        Ok(())
    }

    #[tokio::test]
    async fn a_failed_transaction_is_undone() -> Outcome {
        let test = TestDb::new().await?;
        let db = test.db();
        let ada = sign_up(db, "Ada").await?;
        let post = |title: &str| Post {
            id: ObjectId::new(),
            title: title.into(),
            likes: 1,
            written: DateTime::now(),
            details: Document::new(),
            author_id: ada.id,
        };
        let failed = earnorm::transaction(db, async |tx| {
            post("Letters").insert(tx).await?;
            Err::<(), _>(earnorm::Error::other("out of ink"))
        });
        assert_eq!(failed.await.unwrap_err().to_string(), "out of ink");
        assert!(!ada.posts().exists(db).await?);
        Ok(())
    }
}
