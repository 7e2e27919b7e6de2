//! Trees of views, and trees below views.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};
use serde_json::json;

use crate::models::{Category, Person, Product, category, insert_categories, shown};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, View)]
#[view(of = Category)]
struct Rank {
    rank: i32,
}

#[derive(Debug, Clone, PartialEq, Deserialize, View)]
#[view(of = Person)]
struct PersonId {
    #[serde(rename = "_id")]
    id: i32,
}

#[tokio::test]
async fn trees_of_views_equal_trees_of_documents() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let (one, six) = (category(db, 1).await, category(db, 6).await);
    for strategy in STRATEGIES {
        let below = one.descendants().strategy(strategy);
        let views = below.clone().view::<Rank>().tree(db).await.unwrap();
        let whole = below.tree(db).await.unwrap();
        assert_eq!(shown(&views, |view| -view.rank), shown(&whole, |category| category.id), "{strategy:?}");
        let above = six.ancestors().strategy(strategy).view::<Rank>().tree(db).await.unwrap();
        assert_eq!(shown(&above, |view| -view.rank), "4@1 2@2<4 1@3<2", "{strategy:?}");

        // the roots are views too, and what is loaded below goes by keys that no view has
        let trees = Category::CHILDREN.recursive().strategy(strategy).view::<Rank>().with(Category::PRODUCTS.count());
        let query = || Category::find(Category::ID.lt(5)).order_by(Category::ID.asc());
        let viewed = query().view::<Rank>().with(trees.clone()).with(Category::PARENT.recursive().view::<Rank>());
        let viewed = viewed.all(db).await.unwrap();
        let whole = query().with(Category::CHILDREN.recursive()).all(db).await.unwrap();
        for (viewed, whole) in viewed.iter().zip(&whole) {
            let tree = viewed.related(Category::CHILDREN.recursive());
            let of = shown(whole.related(Category::CHILDREN.recursive()), |category| category.id);
            assert_eq!(shown(tree, |node| -node.rank), of, "{strategy:?}");
            for node in tree {
                assert_eq!(node.count(Category::PRODUCTS), if node.rank == -4 { 4 } else { 0 });
            }
        }
        let above: Vec<_> = viewed.iter().map(|root| root.related(Category::PARENT.recursive()).len()).collect();
        assert_eq!(above, [0, 1, 1, 2]);
        let node = |depth: i32, rank: i32, products: i32| json!({ "depth": depth, "document": { "rank": rank, "products_count": products } });
        let written = json!({
            "rank": -2,
            "children_tree": [node(1, -4, 4), node(1, -5, 0), node(2, -6, 0)],
            "parent_tree": [{ "depth": 1, "document": { "rank": -1 } }],
        });
        assert_eq!(serde_json::to_value(&viewed[1]).unwrap(), written, "{strategy:?}");
    }
    let tree = assert_commands!(test, 1, one.descendants().view::<Rank>().tree(db).await).unwrap();
    assert_eq!(tree.len(), 5);
    assert_eq!(Product::find_all().count(db).await.unwrap(), 5);
}

#[tokio::test]
async fn graphs_by_arrays_are_views() {
    let test = database().await;
    let db = test.db();
    let person = |id, follows: &[i32]| Person { id, follows_ids: follows.to_vec() };
    Person::insert_many(db, &[person(1, &[3, 2]), person(2, &[4]), person(3, &[1]), person(4, &[])]).await.unwrap();
    for strategy in STRATEGIES {
        let query = || Person::find_all().order_by(Person::ID.asc());
        let network = || Person::FOLLOWS.recursive().strategy(strategy);
        let viewed = query().view::<PersonId>().with(network().view::<PersonId>()).all(db).await.unwrap();
        let whole = query().with(network()).all(db).await.unwrap();
        for (viewed, whole) in viewed.iter().zip(&whole) {
            let (viewed, whole) =
                (viewed.related(Person::FOLLOWS.recursive()), whole.related(Person::FOLLOWS.recursive()));
            assert_eq!(shown(viewed, |person| person.id), shown(whole, |person| person.id), "{strategy:?}");
        }
    }
}
