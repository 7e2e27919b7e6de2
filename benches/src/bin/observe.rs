//! The same calls within `observe` and without it: `cargo xtask bench observe [NAME]`.

use earnorm::observe;
use earnorm::prelude::*;
use earnorm_benches::{Outcome, Versus, models};
use mongodb::Database;

use models::{Post, User};

#[tokio::main]
async fn main() -> Outcome {
    let mut versus = Versus::new(std::env::args().nth(1)).await?;
    models::fill(versus.db(), 200, 20).await?;
    let within = async |db: &Database| observe(small(db)).await.0;
    versus.compare("500 counts of one document", within, async |db| small(db).await).await?;
    let within = async |db: &Database| observe(graph(db)).await.0;
    versus.compare("users, posts: 200 x 20", within, async |db| graph(db).await).await?;
    let within = async |db: &Database| observe(handles(db)).await.0;
    versus.compare("200 handles of one document each", within, async |db| handles(db).await).await?;
    versus.print();
    println!("ours: within `observe`; by hand: the same call without it");
    Ok(())
}

/// Many calls that do as little as possible.
async fn small(db: &Database) -> Outcome<usize> {
    let mut count = 0;
    for _ in 0..500 {
        count += usize::from(User::find_all().limit(1).exists(db).await?);
    }
    Ok(count)
}

async fn graph(db: &Database) -> Outcome<usize> {
    let users = User::find_all().with(User::POSTS).all(db).await?;
    Ok(users.iter().map(|user| 1 + user.related(User::POSTS).len()).sum())
}

async fn handles(db: &Database) -> Outcome<usize> {
    let posts = Post::find_all().limit(200).all(db).await?;
    let mut count = 0;
    for post in &posts {
        count += usize::from(post.author().get(db).await?.is_some());
    }
    Ok(count)
}
