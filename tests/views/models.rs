//! A blog with large documents.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(rename_all = "camelCase")]
#[relation(one_to_many, target = Post, fk = author_id, back_populates = author)]
#[relation(one_to_one, target = Profile, fk = user_id)]
#[relation(many_to_many, target = Group, through = Member)]
#[relation(many_to_many, name = "liked", target = Post, target_ids = fan_ids)]
pub(crate) struct User {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) full_name: String,
    pub(crate) age: i32,
    pub(crate) biography: String,
    #[relation(many_to_many, name = "clubs", target = Club)]
    pub(crate) club_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Comment, fk = post_id)]
pub(crate) struct Post {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) title: String,
    pub(crate) likes: i64,
    pub(crate) text: String,
    pub(crate) created: DateTime,
    #[relation(many_to_one, target = User, back_populates = posts)]
    pub(crate) author_id: Option<i32>,
    #[relation(many_to_many, name = "fans", target = User)]
    pub(crate) fan_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Comment {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) text: String,
    #[relation(many_to_one, target = Post)]
    pub(crate) post_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Profile {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) site: String,
    pub(crate) user_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Club {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Group {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Member {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) user_id: i32,
    pub(crate) group_id: i32,
    #[serde(default)]
    pub(crate) role: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = User)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Card {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) full_name: String,
}

/// A view without an id or a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = User)]
pub(crate) struct Name {
    #[view(field = full_name)]
    #[serde(rename(deserialize = "fullName"))]
    pub(crate) name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Post)]
pub(crate) struct Title {
    pub(crate) title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Club)]
pub(crate) struct ClubName {
    pub(crate) name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Group)]
pub(crate) struct GroupName {
    pub(crate) name: String,
}

pub(crate) const USERS: i32 = 20;

/// 20 users with 2 KB each, 5 posts of 2 KB of each, and 2 comments of each post.
pub(crate) async fn blog(db: &Database) {
    let large = "x".repeat(2_000);
    let users: Vec<_> = (0..USERS)
        .map(|id| User {
            id,
            full_name: format!("user {id}"),
            age: id + 10,
            biography: large.clone(),
            club_ids: vec![(id + 1) % 4, id % 4],
        })
        .collect();
    let posts: Vec<_> = (0..USERS * 5)
        .map(|id| Post {
            id,
            title: format!("post {id}"),
            likes: i64::from(id * 7 % 31),
            text: large.clone(),
            created: DateTime::from_millis(i64::from(id) * 1_000),
            author_id: Some(id % USERS),
            fan_ids: vec![id % 3, id % 7],
        })
        .collect();
    let comments: Vec<_> =
        (0..USERS * 10).map(|id| Comment { id, text: large.clone(), post_id: id % (USERS * 5) }).collect();
    let profiles: Vec<_> =
        (0..USERS / 2).map(|id| Profile { id, site: format!("site {id}"), user_id: id * 2 }).collect();
    let clubs: Vec<_> = (0..4).map(|id| Club { id, name: format!("club {id}") }).collect();
    let groups: Vec<_> = (0..3).map(|id| Group { id, name: format!("group {id}") }).collect();
    let members: Vec<_> = (0..USERS)
        .map(|id| Member { id: ObjectId::new(), user_id: id, group_id: id % 3, role: format!("role {id}") })
        .collect();
    User::insert_many(db, &users).await.unwrap();
    Post::insert_many(db, &posts).await.unwrap();
    Comment::insert_many(db, &comments).await.unwrap();
    Profile::insert_many(db, &profiles).await.unwrap();
    Club::insert_many(db, &clubs).await.unwrap();
    Group::insert_many(db, &groups).await.unwrap();
    Member::insert_many(db, &members).await.unwrap();
}
