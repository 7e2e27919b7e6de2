//! A small community, in which nearly everything can be restored. The collections have other names than those of the models that
//! several suites share.

use std::collections::BTreeMap;

use earnorm::Deletion;
use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_tests::documents;

/// Stored without a mark while it isn't deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[index(email, unique)]
#[index(name)]
#[relation(one_to_many, target = Post, fk = author_id, cascade_delete, back_populates = author)]
#[relation(one_to_many, name = edited, target = Post, fk = editor_id, cascade_delete, back_populates = editor)]
#[relation(one_to_many, name = first_posts, target = Post, fk = author_id, order_by = [("likes", -1)], limit = 2)]
#[relation(one_to_one, target = Profile, fk = person_id, cascade_delete, back_populates = person)]
#[relation(many_to_many, target = Group, through = Membership, back_populates = people)]
#[relation(one_to_many, name = reports, target = Person, fk = manager_id, recursive = "staff", back_populates = manager)]
pub(crate) struct Person {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) email: String,
    pub(crate) name: String,
    #[relation(many_to_one, target = Person, recursive = "chain")]
    pub(crate) manager_id: Option<i32>,
    #[serde(default)]
    #[relation(many_to_many, target = Tag, back_populates = people)]
    pub(crate) tag_ids: Vec<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

/// Stored with a null while it isn't deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "soft_posts")]
#[relation(one_to_many, target = Comment, fk = subject, cascade_delete, back_populates = subject)]
#[relation(one_to_many, target = Draft, fk = post_id, on_delete = "set_null")]
pub(crate) struct Post {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) likes: i32,
    #[relation(many_to_one, target = Person)]
    pub(crate) author_id: i32,
    #[relation(many_to_one, target = Person)]
    pub(crate) editor_id: Option<i32>,
    #[serde(rename = "deletedBy")]
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
pub(crate) enum Subject {
    Post(i32),
    Tag(i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Line {
    #[relation(many_to_one, target = Tag, on_delete = "pull")]
    pub(crate) tag_id: i32,
}

/// Refers to posts or tags, and to tags in embedded documents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "soft_comments")]
pub(crate) struct Comment {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one)]
    pub(crate) subject: Subject,
    #[model(embedded)]
    pub(crate) lines: Vec<Line>,
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

/// Can't be restored itself, but is only unlinked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "soft_drafts")]
#[model(check_references)]
pub(crate) struct Draft {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one, target = Post)]
    pub(crate) post_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "soft_profiles")]
pub(crate) struct Profile {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(one_to_one, target = Person)]
    pub(crate) person_id: i32,
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "soft_groups")]
#[relation(many_to_many, name = people, target = Person, through = Membership)]
pub(crate) struct Group {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "soft_memberships")]
pub(crate) struct Membership {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) person_id: i32,
    pub(crate) group_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "soft_tags")]
#[relation(many_to_many, name = people, target = Person, target_ids = tag_ids)]
#[relation(one_to_many, target = Comment, fk = subject, cascade_delete)]
#[relation(many_to_many, name = mentions, target = Comment, target_ids = lines.tag_id, back_populates = lines.tag)]
pub(crate) struct Tag {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[model(soft_delete)]
    pub(crate) deleted: Option<Deletion>,
}

pub(crate) const COLLECTIONS: [&str; 8] = [
    "people",
    "soft_posts",
    "soft_comments",
    "soft_drafts",
    "soft_profiles",
    "soft_groups",
    "soft_memberships",
    "soft_tags",
];

pub(crate) fn person(id: i32) -> Person {
    let manager_id = (id > 1).then_some(id - 1);
    let (email, name) = (format!("{id}@example.com"), format!("person {id}"));
    Person { id, email, name, manager_id, tag_ids: vec![1, 2, 3], deleted: None }
}

pub(crate) fn post(id: i32, author_id: i32, editor_id: Option<i32>) -> Post {
    Post { id, likes: id, author_id, editor_id, deleted: None }
}

pub(crate) fn comment(id: i32, subject: Subject) -> Comment {
    let lines = [1, 2, 3].map(|tag_id| Line { tag_id }).to_vec();
    Comment { id, subject, lines, deleted: None }
}

/// Three people, each the manager of the next. Person `n` wrote the posts `10 n + 1` to `10 n + 3`, and edits the first of
/// the next one: of a person, a post and a comment, several paths lead to the comment.
pub(crate) async fn community(db: &Database) {
    let ids = [1, 2, 3];
    Person::insert_many(db, &ids.map(person)).await.unwrap();
    let posts =
        ids.iter().flat_map(|author| ids.map(|n| post(author * 10 + n, *author, (n == 1).then_some(author % 3 + 1))));
    let posts: Vec<Post> = posts.collect();
    Post::insert_many(db, &posts).await.unwrap();
    let of_posts = posts.iter().map(|post| comment(post.id, Subject::Post(post.id)));
    let of_tags = ids.iter().map(|tag| comment(100 + tag, Subject::Tag(*tag)));
    Comment::insert_many(db, &of_posts.chain(of_tags).collect::<Vec<_>>()).await.unwrap();
    let drafts: Vec<_> = posts.iter().map(|post| Draft { id: post.id, post_id: Some(post.id) }).collect();
    Draft::insert_many(db, &drafts).await.unwrap();
    Profile::insert_many(db, &ids.map(|id| Profile { id, person_id: id, deleted: None })).await.unwrap();
    Group::insert_many(db, &ids.map(|id| Group { id, deleted: None })).await.unwrap();
    Tag::insert_many(db, &ids.map(|id| Tag { id, deleted: None })).await.unwrap();
    let links = ids.iter().flat_map(|person_id| {
        ids.map(|group_id| Membership { id: person_id * 10 + group_id, person_id: *person_id, group_id })
    });
    Membership::insert_many(db, &links.collect::<Vec<_>>()).await.unwrap();
}

/// All documents as they are stored.
pub(crate) async fn state(db: &Database) -> BTreeMap<&'static str, Vec<Document>> {
    let mut state = BTreeMap::new();
    for collection in COLLECTIONS {
        state.insert(collection, documents(db, collection).await);
    }
    state
}
