//! Users and their posts, made by the thousand.

use earnorm::prelude::*;
use mongodb::Database;

use crate::Outcome;

/// Who writes.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id, back_populates = "author")]
pub struct User {
    /// Made when it is.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// Some 10 letters.
    pub name: String,
    /// Some 20 letters.
    pub email: String,
    /// In years.
    pub age: Option<u32>,
}

/// What is written.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id)]
#[relation(many_to_many, name = "topics", target = Topic, through = Tagged)]
pub struct Post {
    /// Made when it is.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// Some 30 letters.
    pub title: String,
    /// What it is about.
    pub tags: Vec<String>,
    /// A number that is as good as random.
    pub likes: i64,
    /// Who wrote it.
    #[relation(many_to_one, target = User, back_populates = "posts")]
    pub author_id: ObjectId,
}

/// What is said about a post.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
pub struct Comment {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// Some 20 letters.
    pub text: String,
    /// The post that it is about.
    pub post_id: ObjectId,
    /// The same, as a reference to one of several models.
    #[relation(many_to_one)]
    pub subject: Subject,
}

/// What a comment is about.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
pub enum Subject {
    /// A post.
    Post(ObjectId),
    /// A user.
    User(ObjectId),
}

/// What posts have in common.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
pub struct Topic {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// Some 10 letters.
    pub name: String,
}

/// A post with a topic.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
pub struct Tagged {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// The post.
    pub post_id: ObjectId,
    /// The topic.
    pub topic_id: ObjectId,
}

/// Adds comments to each post, and topics: 200 topics, of which each post has three.
///
/// # Errors
///
/// The server's.
pub async fn fill_comments(db: &Database, comments_each: usize) -> Outcome {
    Comment::collection(db).drop().await?;
    Topic::collection(db).drop().await?;
    Tagged::collection(db).drop().await?;
    earnorm::ensure_indexes(db).await?;
    let topics: Vec<Topic> = (0..200).map(|n| Topic { id: ObjectId::new(), name: format!("topic {n}") }).collect();
    Topic::insert_many(db, &topics).await?;
    let posts = Post::find_all().order_by(Post::ID.asc()).all(db).await?;
    let (mut comments, mut tagged) = (Vec::new(), Vec::new());
    for (number, post) in posts.iter().enumerate() {
        for n in 0..comments_each {
            // every tenth is about a user
            let subject = if n % 10 == 9 { Subject::User(post.author_id) } else { Subject::Post(post.id) };
            let text = format!("comment {n} on {number}");
            comments.push(Comment { id: ObjectId::new(), text, post_id: post.id, subject });
        }
        for n in 0..3 {
            let topic_id = topics[(number * 7 + n) % topics.len()].id;
            tagged.push(Tagged { id: ObjectId::new(), post_id: post.id, topic_id });
        }
    }
    Comment::insert_many(db, &comments).await?;
    Tagged::insert_many(db, &tagged).await?;
    Ok(())
}

/// The name of a user.
#[derive(Debug, Clone, Deserialize, View)]
#[view(of = User)]
pub struct Name {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// Some 10 letters.
    pub name: String,
}

/// The title of a post.
#[derive(Debug, Clone, Deserialize, View)]
#[view(of = Post)]
pub struct Title {
    /// Some 30 letters.
    pub title: String,
    /// Who wrote it.
    pub author_id: ObjectId,
}

/// Fills an empty database with this many users, and posts of each.
///
/// # Errors
///
/// The server's.
pub async fn fill(db: &Database, users: usize, posts_each: usize) -> Outcome {
    const AT_ONCE: usize = 20_000;
    User::collection(db).drop().await?;
    Post::collection(db).drop().await?;
    earnorm::ensure_indexes(db).await?;
    let mut number = 0_u64;
    let mut posts = Vec::with_capacity(AT_ONCE);
    let mut done = 0;
    while done < users {
        let some = AT_ONCE.min(users - done);
        let authors: Vec<User> = (done..done + some).map(user).collect();
        User::insert_many(db, &authors).await?;
        for author in &authors {
            for _ in 0..posts_each {
                number += 1;
                posts.push(post(author.id, number));
            }
            if posts.len() >= AT_ONCE {
                Post::insert_many(db, &posts).await?;
                posts.clear();
            }
        }
        done += some;
    }
    Post::insert_many(db, &posts).await?;
    Ok(())
}

fn user(number: usize) -> User {
    let age = u32::try_from(number % 80).ok().filter(|age| *age > 15);
    User { id: ObjectId::new(), name: format!("user {number:05}"), email: format!("user.{number}@example.com"), age }
}

fn post(author_id: ObjectId, number: u64) -> Post {
    // a multiplicative hash: the same in each run
    let random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    Post {
        id: ObjectId::new(),
        title: format!("what happened on day {number:07}"),
        tags: vec![format!("year {}", random % 30), "diary".to_owned()],
        likes: i64::try_from(random % 100_000).unwrap_or(0),
        author_id,
    }
}

/// A line of an order, which refers to a product.
#[derive(Debug, Clone, Serialize, Deserialize, Embedded)]
pub struct Line {
    /// What was ordered.
    #[relation(many_to_one, target = Product)]
    pub product_id: ObjectId,
    /// How many of it.
    pub quantity: i32,
    /// Some 8 letters.
    pub sku: String,
}

/// An order with its lines.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
pub struct Order {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// Its lines.
    #[model(embedded)]
    pub lines: Vec<Line>,
}

/// A product.
#[derive(Debug, Clone, Serialize, Deserialize, Model)]
pub struct Product {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: ObjectId,
    /// Some 10 letters.
    pub title: String,
    /// In cents.
    pub price: i64,
}

/// Fills the database with orders of so many lines each, and so many products, to which the lines refer in turn.
///
/// # Errors
///
/// The driver's.
pub async fn fill_orders(db: &Database, orders: usize, lines: usize, products: usize) -> Outcome {
    db.drop().await?;
    let products: Vec<Product> =
        (0..products).map(|n| Product { id: ObjectId::new(), title: format!("product {n}"), price: 100 }).collect();
    Product::insert_many(db, &products).await?;
    let line = |n: usize| Line { product_id: products[n % products.len()].id, quantity: 1, sku: format!("sku {n}") };
    let order = |n: usize| Order { id: ObjectId::new(), lines: (0..lines).map(|l| line(n * lines + l)).collect() };
    Order::insert_many(db, &(0..orders).map(order).collect::<Vec<_>>()).await?;
    Ok(())
}
