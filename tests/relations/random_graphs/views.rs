//! The same questions by views.

use earnorm::Sort;
use earnorm::prelude::*;
use serde_json::Value;

use super::{Badge, Item, Modifiers, Node, Question, reduce};

/// Views of the models that have none of their keys.
#[derive(Clone, Serialize, Deserialize, View)]
#[view(of = Node)]
struct NodeView {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Clone, Serialize, Deserialize, View)]
#[view(of = Item)]
struct ItemView {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Clone, Serialize, Deserialize, View)]
#[view(of = Badge)]
struct BadgeView {
    #[serde(rename = "_id")]
    id: i64,
}

/// The same as [`load`](super::load) by views.
pub(super) async fn load(on: impl earnorm::Executor<'_>, q: &Question, strategy: earnorm::Strategy) -> Value {
    let children = modified!(Node::CHILDREN, Node, &q.children)
        .with(modified!(Node::LISTED, Item, &q.below).view::<ItemView>())
        .with(modified!(Node::ITEMS, Item, &q.below).view::<ItemView>().with(Item::FANS.view::<NodeView>()))
        .view::<NodeView>();
    let parent = modified!(Node::PARENT, Node, &q.parent)
        .view::<NodeView>()
        .with(Node::LINKED.view::<ItemView>())
        .with(Node::CHILDREN.count());
    let query = modified!(Node::find_all(), Node, &q.root)
        .with(children)
        .view::<NodeView>()
        .with(parent)
        .with(q.optional.then_some(modified!(Node::ITEMS, Item, &q.items).view::<ItemView>()))
        .with(modified!(Node::LISTED, Item, &q.listed).view::<ItemView>().with(Item::NODE.view::<NodeView>()))
        .with(modified!(Node::FAN_OF, Item, &q.fan_of).view::<ItemView>())
        .with(modified!(Node::BADGE, Badge, &q.badge).view::<BadgeView>())
        .with(modified!(Node::CHILDREN, Node, &q.children).count())
        .with(modified!(Node::LISTED, Item, &q.listed).count())
        .with(modified!(Node::LINKED, Item, &q.linked).count())
        .with(modified!(Node::FAN_OF, Item, &q.fan_of).count())
        .strategy(strategy);
    let linked = modified!(Node::LINKED, Item, &q.linked).view::<ItemView>();
    let mut json = if q.links {
        let linked = linked.links().with(Item::NODE.view::<NodeView>());
        serde_json::to_value(query.with(linked).all(on).await.unwrap()).unwrap()
    } else {
        let linked = linked.with(Item::NODE.view::<NodeView>());
        serde_json::to_value(query.with(linked).all(on).await.unwrap()).unwrap()
    };
    // the documents of links are whole
    reduce(&mut json);
    json
}
