use earnorm::prelude::*;
use earnorm::{Includes, relation};

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Post, fk = author_id)]
#[relation(one_to_one, target = Profile, fk = user_id)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Post {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = User)]
    author_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Profile {
    #[serde(rename = "_id")]
    id: ObjectId,
    user_id: ObjectId,
}

async fn plain(db: &earnorm::mongodb::Database, user: User) -> earnorm::Result<()> {
    for post in user.related(User::POSTS) {
        println!("{}", post.id);
    }
    let users = User::find_all().all(db).await?;
    println!("{}", users[0].related(User::POSTS).len());
    Ok(())
}

fn borrowed(user: &User) -> bool {
    user.related(User::PROFILE).is_some()
}

fn nested<L: Includes<relation!(User, posts), Value = Vec<Post>>>(user: &Loaded<User, L>) {
    for post in user.related(User::POSTS) {
        println!("{:?}", post.related(Post::AUTHOR).map(|author| author.id));
    }
}

fn modified(user: &User) -> usize {
    user.related(User::POSTS.limit(3)).len()
}

fn main() {}
