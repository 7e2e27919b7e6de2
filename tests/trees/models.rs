//! Models with relations to themselves, of every kind.

use earnorm::Tree;
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_tests::insert_documents;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = Category, fk = parent_id, recursive = "descendants")]
#[relation(one_to_many, name = "highest", target = Category, fk = parent_id, order_by = [("rank", -1)], limit = 1)]
#[relation(one_to_many, name = "even", target = Category, fk = parent_id, filter = doc! { "rank": { "$mod": [2, 0] } })]
#[relation(one_to_many, target = Product, fk = category_id)]
pub(crate) struct Category {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) rank: i32,
    #[relation(many_to_one, target = Category, recursive = "ancestors")]
    pub(crate) parent_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Product {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) category_id: i32,
}

/// A graph by an array of ids, and one through a join model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, name = "followers", target = Person, target_ids = follows_ids)]
#[relation(many_to_many, name = "friends", target = Person, through = Friendship, fk = from_id, target_fk = to_id)]
pub(crate) struct Person {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_many, name = "follows", target = Person, recursive = "network")]
    pub(crate) follows_ids: Vec<i32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Friendship {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) from_id: i32,
    pub(crate) to_id: i32,
}

/// Ids that look like paths of fields, and differ only in case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = Slug, fk = parent_id)]
pub(crate) struct Slug {
    #[serde(rename = "_id")]
    pub(crate) id: String,
    #[relation(many_to_one, target = Slug)]
    pub(crate) parent_id: Option<String>,
}

/// The key is stored as text, and the id as a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "parts", target = Part, fk = whole_id)]
pub(crate) struct Part {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[serde(with = "as_text")]
    #[relation(many_to_one, target = Part, recursive = "wholes")]
    pub(crate) whole_id: Option<i32>,
}

mod as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(n: &Option<i32>, to: S) -> Result<S::Ok, S::Error> {
        n.map(|n| format!("no {n}")).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.trim_start_matches("no ").parse().map_err(Error::custom)).transpose()
    }
}

/// The key is in an embedded document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "subtopics", target = Topic, fk = place.parent_id, recursive = "below")]
#[relation(many_to_many, name = "citing", target = Topic, target_ids = cites.topic_id)]
pub(crate) struct Topic {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[model(embedded)]
    pub(crate) place: Place,
    #[model(embedded)]
    #[serde(default)]
    pub(crate) cites: Vec<Cite>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Place {
    #[relation(many_to_one, target = Topic)]
    pub(crate) parent_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct Cite {
    #[relation(many_to_one, target = Topic)]
    pub(crate) topic_id: i32,
}

/// A reply refers to an article or to another reply. Articles and replies have equal ids.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
pub(crate) enum About {
    Article(i32),
    Reply(i32),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Reply, fk = about)]
pub(crate) struct Article {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Reply, fk = about, recursive = "thread")]
pub(crate) struct Reply {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one)]
    pub(crate) about: About,
}

/// 1 has 2 and 3; 2 has 4 and 5; 4 has 6. 10, 11 and 12 are a cycle, 20 is below itself, and 30 is alone.
pub(crate) const PARENTS: [(i32, Option<i32>); 11] = [
    (1, None),
    (3, Some(1)),
    (2, Some(1)),
    (4, Some(2)),
    (5, Some(2)),
    (6, Some(4)),
    (10, Some(12)),
    (11, Some(10)),
    (12, Some(11)),
    (20, Some(20)),
    (30, None),
];

/// Stores [`PARENTS`]; the rank of a category is its id, negative. 4 has four products, and 1 has one.
pub(crate) async fn insert_categories(db: &Database) -> Vec<Category> {
    insert_categories_of(db, &PARENTS).await;
    let products = (1..=5).map(|id| Product { id, category_id: if id == 5 { 1 } else { 4 } });
    Product::insert_many(db, &products.collect::<Vec<_>>()).await.unwrap();
    Category::find_all().order_by(Category::ID.asc()).all(db).await.unwrap()
}

pub(crate) async fn insert_categories_of(db: &Database, parents: &[(i32, Option<i32>)]) {
    let documents = parents.iter().map(|(id, parent)| doc! { "_id": id, "rank": -id, "parent_id": parent });
    insert_documents(db, "categories", documents).await;
}

pub(crate) async fn category(db: &Database, id: i32) -> Category {
    Category::get(db, id).await.unwrap().unwrap()
}

/// A tree as text: each document with its depth, and the document that it is below.
pub(crate) fn shown<R>(tree: &Tree<R>, id: impl Fn(&R) -> i32) -> String {
    let nodes = tree.iter().map(|node| {
        let below = node.parent().map_or_else(String::new, |parent| format!("<{}", id(parent.document())));
        format!("{}@{}{below}", id(node.document()), node.depth())
    });
    nodes.collect::<Vec<_>>().join(" ")
}
