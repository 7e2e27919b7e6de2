//! A forum: comments on posts and on photos, by references to several models, and a tree of categories.
//!
//! `cargo run -p earnorm-examples --example forum` runs it against a local server. The output shows, beside each step,
//! how many commands it sent and how many documents the replies had. Below some steps are the commands themselves.

use std::error::Error;

use earnorm::prelude::*;
use earnorm_examples::CostTable;
use earnorm_testkit::TestDb;
use mongodb::Database;

/// What a comment is on. Stored as `{ type: "Post", id: 1 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
enum Subject {
    Post(i32),
    Photo(i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id, cascade_delete)]
#[relation(one_to_many, target = Comment, fk = author_id, cascade_delete)]
struct Member {
    #[serde(rename = "_id")]
    name: String,
}

/// The categories are a tree. A category with posts can't be deleted, nor can one above it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = Category, fk = parent_id, cascade_delete, recursive = "descendants")]
#[relation(one_to_many, target = Post, fk = category_id, on_delete = "restrict")]
struct Category {
    #[serde(rename = "_id")]
    name: String,
    #[relation(many_to_one, target = Category, recursive = "path")]
    parent_id: Option<String>,
}

/// The comments on a post are deleted with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = subject, cascade_delete, back_populates = subject)]
struct Post {
    #[serde(rename = "_id")]
    number: i32,
    title: String,
    #[relation(many_to_one, target = Member)]
    author_id: String,
    #[relation(many_to_one, target = Category)]
    category_id: String,
}

/// A photo with comments can't be deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = subject, on_delete = "restrict", back_populates = subject)]
struct Photo {
    #[serde(rename = "_id")]
    number: i32,
    url: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Comment {
    #[serde(rename = "_id")]
    number: i32,
    #[relation(many_to_one)]
    subject: Subject,
    #[relation(many_to_one, target = Member)]
    author_id: String,
    text: String,
}

fn comment(number: i32, subject: Subject, author: &str, text: &str) -> Comment {
    Comment { number, subject, author_id: author.into(), text: text.into() }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let test = TestDb::new().await?;
    let db = test.db();
    let mut table = CostTable::start(test.log());

    insert(db, &mut table).await?;
    load(db, &mut table).await?;
    conditions(db, &mut table).await?;
    categories(db, &mut table).await?;
    moderate(db, &mut table).await?;

    table.finish();
    Ok(())
}

async fn insert(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Documents");
    let mut indexes = Post::ensure_indexes(db).await?.made;
    indexes.extend(Member::ensure_indexes(db).await?.made);
    indexes.extend(Category::ensure_indexes(db).await?.made);
    table.row(format!("{} indexes are created for the relations", indexes.len()));
    Member::insert_many(db, &["Ada", "Kurt", "Spammer"].map(|name| Member { name: name.into() })).await?;
    let category = |(name, parent): (&str, &str)| Category {
        name: name.into(),
        parent_id: (!parent.is_empty()).then(|| parent.into()),
    };
    let categories =
        [("Sports", ""), ("Outdoors", "Sports"), ("Kites", "Outdoors"), ("Sails", "Kites"), ("Market", "")];
    Category::insert_many(db, &categories.map(category)).await?;
    let post = |number, title: &str, author: &str, category: &str| Post {
        number,
        title: title.into(),
        author_id: author.into(),
        category_id: category.into(),
    };
    Post::insert_many(db, &[post(1, "On kites", "Ada", "Kites"), post(2, "Buy now", "Spammer", "Market")]).await?;
    let photo = |number, url: &str| Photo { number, url: url.into() };
    Photo::insert_many(db, &[photo(1, "kite.jpg"), photo(2, "rope.jpg")]).await?;
    let comments = [
        comment(1, Subject::Post(1), "Kurt", "How high?"),
        comment(2, Subject::Photo(1), "Kurt", "Which camera?"),
        comment(3, Subject::Photo(1), "Spammer", "Buy this"),
        comment(4, Subject::Post(2), "Ada", "Spam"),
    ];
    Comment::insert_many(db, &comments).await?;
    table.row("members, categories, posts, photos and comments; a post and a photo have the same id");
    Ok(())
}

async fn load(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Loading");
    let subjects = Comment::SUBJECT.with(Subject::POST.with(Post::AUTHOR));
    let comments = Comment::find_all().with(subjects).order_by(Comment::NUMBER.asc()).all(db).await?;
    table.row_with_commands("comments with what they are on, and the authors of the posts");
    for comment in &comments {
        let subject = match comment.related(Comment::SUBJECT) {
            Some(SubjectDocument::Post(post)) => {
                let author = post.related(Post::AUTHOR).map_or("?", |member| &member.name);
                format!("{} by {author}", post.title)
            }
            Some(SubjectDocument::Photo(photo)) => photo.url.clone(),
            None => "nothing".to_owned(),
        };
        table.detail(format!("{} on {subject}: {}", comment.author_id, comment.text));
    }
    let photos = Photo::find_all().with(Photo::COMMENTS).with(Photo::COMMENTS.count()).all(db).await?;
    table.row("photos with their comments, and their number:");
    for photo in &photos {
        table.detail(format!("{}: {}", photo.url, photo.count(Photo::COMMENTS)));
    }
    Ok(())
}

async fn conditions(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Conditions");
    let count = Comment::find(Comment::SUBJECT.is(&Subject::Photo(1))).count(db).await?;
    table.row(format!("comments on photo 1, not on post 1: {count}"));
    let by_ada = Comment::SUBJECT.of(Subject::POST).filter(Post::AUTHOR_ID.eq("Ada")).any();
    let count = Comment::find(by_ada).count(db).await?;
    table.row(format!("comments on posts by Ada: {count}"));
    Ok(())
}

async fn categories(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Categories");
    let trees = Category::CHILDREN.recursive().with(Category::POSTS.count());
    let top = Category::find(Category::PARENT_ID.is_null()).with(trees).order_by(Category::NAME.asc()).all(db).await?;
    table.row_with_commands("all categories as trees, with the number of their posts");
    for root in &top {
        table.detail(&root.name);
        for node in root.related(Category::CHILDREN.recursive()) {
            let indent = "  ".repeat(usize::try_from(node.depth()).unwrap_or_default());
            table.detail(format!("{indent}{}: {}", node.name, node.count(Category::POSTS)));
        }
    }
    let find = async |name: &str| {
        let found = Category::get(db, name.to_owned()).await?;
        found.ok_or(earnorm::Error::NotFound { model: "Category" })
    };
    let (outdoors, kites) = (find("Outdoors").await?, find("Kites").await?);
    let path = kites.path().tree(db).await?;
    let names: Vec<&str> = path.iter().rev().map(|node| node.document().name.as_str()).collect();
    table.row(format!("the path to Kites: {}", names.join(" > ")));
    let error = outdoors.move_to(db, Some(&kites)).await.err().map(|error| error.to_string());
    table.row(format!("Outdoors below Kites: {}", error.unwrap_or_default()));
    kites.move_to(db, None).await?;
    table.row("Kites is moved to the top, with everything below it");
    let blocked = kites.plan_delete(db).await?;
    table.row(format!("Kites can be deleted: {}", !blocked.is_blocked()));
    table.row(format!("Sports is deleted: {}", find("Sports").await?.delete(db).await?));
    Ok(())
}

async fn moderate(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Moderation");
    let spammer = Member { name: "Spammer".into() };
    let plan = spammer.plan_delete(db).await?;
    table.row(format!("what a delete of Spammer would do: {plan}"));
    plan.execute(db).await?;
    table.row("the plan is executed");
    let photo = Photo::get(db, 1).await?.ok_or(earnorm::Error::NotFound { model: "Photo" })?;
    let plan = photo.plan_delete(db).await?;
    table.row(format!("photo 1 can be deleted: {}", !plan.is_blocked()));
    if let Some(mut first) = Comment::find(Comment::SUBJECT.is(&Subject::Photo(1))).first(db).await? {
        first.subject = Subject::Post(1);
        first.save(db).await?;
    }
    table.row("its last comment is moved to post 1");
    table.row(format!("photo 1 is deleted: {}", photo.delete(db).await?));
    Ok(())
}
