use earnorm::prelude::*;
use earnorm_example_api::models::{Author, Comment, Post, Tag};
use mongodb::Database;
use mongodb::bson::DateTime;

pub(crate) fn author(name: &str) -> Author {
    let email = format!("{name}@example.org");
    Author { id: Id::new(), name: name.into(), email, created: DateTime::now() }
}

/// Stores this many posts, each with an author and two comments of its own, and all with one tag.
pub(crate) async fn posts(db: &Database, number: usize) -> earnorm::Result<Vec<Post>> {
    let tag = Tag { id: Id::new(), name: "all".into() };
    let tag = Tag::by_name("all").get_or_insert(db, || tag).await?;
    let authors: Vec<_> = (0..number).map(|_| author(&ObjectId::new().to_hex())).collect();
    let posts: Vec<_> = authors
        .iter()
        .enumerate()
        .map(|(number, author)| Post {
            tag_ids: vec![tag.id],
            ..Post::new(author.id, format!("post {number}"), "text".into())
        })
        .collect();
    let comment = |post: &Post, author: &Author| Comment {
        id: Id::new(),
        text: "good".into(),
        post_id: post.id,
        author_id: Some(author.id),
        created: DateTime::now(),
    };
    let comments = posts.iter().zip(&authors).flat_map(|(post, author)| [comment(post, author), comment(post, author)]);
    Author::insert_many(db, &authors).await?;
    Post::insert_many(db, &posts).await?;
    Comment::insert_many(db, &comments.collect::<Vec<_>>()).await?;
    Ok(posts)
}
