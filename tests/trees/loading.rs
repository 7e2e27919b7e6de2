//! Trees of a model whose documents hold the key of their parent.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Erased, Error, Loaded, Tree};
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, case_insensitive, database, insert_documents};
use futures_util::TryStreamExt;
use serde_json::json;

use crate::models::{Category, Slug, category, insert_categories, shown};

fn ids(tree: &Tree<Category>) -> String {
    shown(tree, |category| category.id)
}

#[tokio::test]
async fn one_command_loads_everything_below_or_above() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let (one, six) = (category(db, 1).await, category(db, 6).await);

    let below = assert_commands!(test, 1, { one.descendants().tree(db).await.unwrap() });
    assert_eq!(ids(&below), "2@1 3@1 4@2<2 5@2<2 6@3<4");
    let above = assert_commands!(test, 1, { six.ancestors().tree(db).await.unwrap() });
    assert_eq!(ids(&above), "4@1 2@2<4 1@3<2");
    let same = assert_commands!(test, 1, { Category::PARENT.recursive().of(&six).tree(db).await.unwrap() });
    assert_eq!(same, above);

    let alone = category(db, 30).await;
    assert!(assert_commands!(test, 0, { alone.ancestors().tree(db).await.unwrap() }).is_empty());
    assert!(assert_commands!(test, 1, { alone.descendants().tree(db).await.unwrap() }).is_empty());
}

#[tokio::test]
async fn a_tree_is_walked_from_node_to_node() {
    let test = database().await;
    insert_categories(test.db()).await;
    let tree = category(test.db(), 1).await.descendants().tree(test.db()).await.unwrap();
    assert_eq!((tree.len(), tree.roots().len(), tree.is_empty()), (5, 2, false));
    let two = tree.roots().next().unwrap();
    assert_eq!((two.id, two.depth(), two.parent().map(|node| node.id)), (2, 1, None));
    let below: Vec<_> = two.children().map(|node| (node.id, node.parent().map(|node| node.id))).collect();
    assert_eq!(below, [(4, Some(2)), (5, Some(2))]);
    assert_eq!((&tree).into_iter().rev().map(|node| node.id).collect::<Vec<_>>(), [6, 5, 4, 3, 2]);
    let documents: Vec<&Category> = tree.iter().map(|node| node.document()).collect();
    assert_eq!(documents.len(), 5);
    assert!(format!("{tree:?}").starts_with("[Node { depth: 1, document: Category { id: 2,"));
}

#[tokio::test]
async fn both_strategies_load_the_same_trees_at_every_depth() {
    let test = database().await;
    let db = test.db();
    let roots = insert_categories(db).await;
    for depth in [None, Some(0), Some(1), Some(2), Some(3), Some(u32::MAX)] {
        for down in [true, false] {
            let mut results = Vec::new();
            for strategy in STRATEGIES {
                let trees = if down {
                    let all = Category::CHILDREN.recursive().strategy(strategy);
                    depth.map_or(all.clone(), |n| all.max_depth(n)).load(db, &roots).await.unwrap()
                } else {
                    let all = Category::PARENT.recursive().strategy(strategy);
                    depth.map_or(all.clone(), |n| all.max_depth(n)).load(db, &roots).await.unwrap()
                };
                results.push(trees);
            }
            assert_eq!(results[0], results[1], "{depth:?} {down}");
            let deepest = results[0].iter().flat_map(Tree::iter).map(|node| node.depth()).max();
            assert_eq!(deepest.unwrap_or(0), depth.unwrap_or(3).min(3));
        }
    }
}

#[tokio::test]
async fn cycles_end_and_no_tree_holds_its_root() {
    let test = database().await;
    let db = test.db();
    let roots = insert_categories(db).await;
    for strategy in STRATEGIES {
        let trees = Category::CHILDREN.recursive().strategy(strategy).batch_load(db, &roots).await.unwrap();
        assert_eq!(ids(&trees[&10]), "11@1 12@2<11");
        assert_eq!(ids(&trees[&20]), "");
        let trees = Category::PARENT.recursive().strategy(strategy).batch_load(db, &roots).await.unwrap();
        assert_eq!(ids(&trees[&10]), "12@1 11@2<12");
        assert_eq!(ids(&trees[&20]), "");
    }
}

#[tokio::test]
async fn the_number_of_commands_depends_on_the_depth_only_by_levels() {
    let test = database().await;
    let db = test.db();
    let one = [insert_categories(db).await.remove(0)];
    let trees = Category::CHILDREN.recursive();
    assert_commands!(test, 1, { trees.load(db, &one).await.unwrap() });
    let levels = trees.clone().strategy(Strategy::Batch);
    assert_commands!(test, 4, { levels.load(db, &one).await.unwrap() });
    assert_commands!(test, 2, { levels.clone().max_depth(2).load(db, &one).await.unwrap() });
    assert_commands!(test, 0, { trees.clone().max_depth(0).load(db, &one).await.unwrap() });
    assert_commands!(test, 0, { trees.load(db, &[] as &[Category]).await.unwrap() });
}

#[tokio::test]
async fn a_filter_prunes_and_an_order_sorts_siblings() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let one = category(db, 1).await;
    for strategy in STRATEGIES {
        let all = || one.descendants().strategy(strategy);
        let pruned = all().filter(Category::ID.ne(4)).tree(db).await.unwrap();
        assert_eq!(ids(&pruned), "2@1 3@1 5@2<2", "{strategy:?}");
        let sorted = all().order_by(Category::RANK.asc()).tree(db).await.unwrap();
        assert_eq!(ids(&sorted), "3@1 2@1 5@2<2 4@2<2 6@3<4", "{strategy:?}");
        // equal values are sorted by `_id`
        let ties = all().order_by(doc! { "missing": -1 }).tree(db).await.unwrap();
        assert_eq!(ids(&ties), "2@1 3@1 4@2<2 5@2<2 6@3<4", "{strategy:?}");
        let up =
            category(db, 6).await.ancestors().strategy(strategy).filter(Category::ID.gt(2)).tree(db).await.unwrap();
        assert_eq!(ids(&up), "4@1", "{strategy:?}");
        // the condition on related documents needs a command for each level
        let with = all().filter(Category::PRODUCTS.none()).tree(db).await.unwrap();
        assert_eq!(ids(&with), "2@1 3@1 5@2<2", "{strategy:?}");
    }
}

#[tokio::test]
async fn the_filter_order_and_limit_of_a_relation_apply_at_each_level() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let one = category(db, 1).await;
    for strategy in STRATEGIES {
        let highest = Category::HIGHEST.recursive().strategy(strategy).of(&one).tree(db).await.unwrap();
        assert_eq!(ids(&highest), "2@1 4@2<2 6@3<4", "{strategy:?}");
        let even = Category::EVEN.recursive().strategy(strategy).of(&one).tree(db).await.unwrap();
        assert_eq!(ids(&even), "2@1 4@2<2 6@3<4", "{strategy:?}");
    }
}

#[tokio::test]
async fn a_query_includes_trees_with_what_belongs_to_their_documents() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    for (strategy, commands) in STRATEGIES.into_iter().zip([4, 3]) {
        let trees = Category::CHILDREN.recursive().with(Category::PRODUCTS);
        let query = Category::find(Category::PARENT_ID.is_null())
            .order_by(Category::ID.asc())
            .strategy(strategy)
            .with(trees)
            .with(Category::PRODUCTS.count());
        let rows = assert_commands!(test, commands, { query.all(db).await.unwrap() });
        let tree = rows[0].related(Category::CHILDREN.recursive());
        assert_eq!(shown(tree, |category| category.id), "2@1 3@1 4@2<2 5@2<2 6@3<4");
        let products: Vec<_> = tree.iter().map(|node| (node.id, node.related(Category::PRODUCTS).len())).collect();
        assert_eq!(products, [(2, 0), (3, 0), (4, 4), (5, 0), (6, 0)]);
        assert_eq!(rows[0].count(Category::PRODUCTS), 1);
        assert!(rows[1].related(Category::CHILDREN.recursive()).is_empty());
    }
}

#[tokio::test]
async fn a_relation_its_count_and_its_tree_are_three_values() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let query = Category::find(Category::ID.eq(2))
        .with(Category::CHILDREN)
        .with(Category::CHILDREN.count())
        .with(Category::CHILDREN.recursive())
        .with(Category::PARENT.with(Category::CHILDREN.recursive()))
        .with(Some(Category::PARENT.recursive()))
        .with(Some(Category::EVEN.recursive()).filter(|_| false));
    for strategy in STRATEGIES {
        let two = query.clone().strategy(strategy).one(db).await.unwrap();
        assert_eq!((two.related(Category::CHILDREN).len(), two.count(Category::CHILDREN)), (2, 2));
        assert_eq!(ids(two.related(Category::CHILDREN.recursive())), "4@1 5@1 6@2<4");
        assert_eq!(two.related(Category::PARENT.recursive()).map(ids).as_deref(), Some("1@1"));
        assert!(two.related(Category::EVEN.recursive()).is_none());
        let parent = two.related(Category::PARENT).unwrap();
        assert_eq!(ids(parent.related(Category::CHILDREN.recursive())), "2@1 3@1 4@2<2 5@2<2 6@3<4");
    }
}

#[tokio::test]
async fn trees_serialize_as_flat_lists_and_can_be_erased() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    let query = Category::find(Category::ID.is_in([1, 2])).order_by(Category::ID.asc());
    let loaded = query.with(Category::CHILDREN.recursive().with(Category::PRODUCTS.count())).all(db).await.unwrap();
    let written = serde_json::to_value(&loaded).unwrap();
    let document =
        |id: i32, parent: i32, n: u64| json!({ "_id": id, "rank": -id, "parent_id": parent, "products_count": n });
    assert_eq!(
        written[1],
        json!({ "_id": 2, "rank": -2, "parent_id": 1, "children_tree": [
            { "depth": 1, "document": document(4, 2, 4) },
            { "depth": 1, "document": document(5, 2, 0) },
            { "depth": 2, "document": document(6, 4, 0) },
        ] })
    );
    let copy = loaded.clone();
    assert_eq!(copy, loaded);

    let erased: Vec<Erased<Category>> = loaded.erase();
    assert_eq!(serde_json::to_value(&erased).unwrap(), written);
    let tree = erased[0].related(Category::CHILDREN.recursive()).unwrap();
    assert_eq!(shown(tree, |category| category.id), "2@1 3@1 4@2<2 5@2<2 6@3<4");
    assert_eq!(tree.iter().map(|node| node.count(Category::PRODUCTS)).collect::<Vec<_>>()[2], Some(4));
    assert!(erased[0].related(Category::PARENT.recursive()).is_none());
    // the document that both trees hold is still one
    let address = |row: &Erased<Category>, id: i32| -> *const Erased<Category> {
        let tree = row.related(Category::CHILDREN.recursive()).unwrap();
        tree.iter().find(|node| node.id == id).unwrap().document()
    };
    assert_eq!(address(&erased[0], 6), address(&erased[1], 6));
}

#[tokio::test]
async fn trees_are_loaded_in_streams_and_transactions() {
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    for strategy in STRATEGIES {
        let query =
            Category::find_all().order_by(Category::ID.asc()).with(Category::CHILDREN.recursive().strategy(strategy));
        let rows: Vec<Loaded<Category, _>> = query.clone().stream(db).try_collect().await.unwrap();
        assert_eq!(ids(rows[0].related(Category::CHILDREN.recursive())), "2@1 3@1 4@2<2 5@2<2 6@3<4");
        let seen = earnorm::transaction(db, async |tx| {
            let mut three = Category::get(tx, 3).await?.ok_or(Error::NotFound { model: "Category" })?;
            three.update(tx, Category::PARENT_ID.set(Some(6))).await?;
            let rows = query.clone().all(tx).await?;
            let seen = ids(rows[0].related(Category::CHILDREN.recursive()));
            three.update(tx, Category::PARENT_ID.set(Some(1))).await?;
            Ok(seen)
        });
        assert_eq!(seen.await.unwrap(), "2@1 4@2<2 5@2<2 6@3<4 3@4<6", "{strategy:?}");
    }
}

#[tokio::test]
async fn a_document_that_does_not_decode_and_a_root_without_an_id_are_errors() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "unsaved_things")]
    #[relation(one_to_many, name = "below", target = Thing, fk = above_id)]
    struct Thing {
        #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
        id: Option<ObjectId>,
        #[relation(many_to_one, target = Thing)]
        above_id: Option<ObjectId>,
    }
    let test = database().await;
    let db = test.db();
    insert_categories(db).await;
    insert_documents(db, "categories", [doc! { "_id": 99, "parent_id": 6 }]).await;
    let one = category(db, 1).await;
    for strategy in STRATEGIES {
        let error = one.descendants().strategy(strategy).tree(db).await.unwrap_err();
        assert!(matches!(&error, Error::Decode { id, .. } if **id == 99.into()), "{error}");
        let mut thing = Thing { id: None, above_id: None };
        let below = Thing::BELOW.recursive().strategy(strategy);
        let error = assert_commands!(test, 0, { below.clone().of(&thing).tree(db).await.unwrap_err() });
        assert!(matches!(error, Error::Unsaved { model: "Thing" }), "{error}");
        // a relation by its own key needs no id of the root
        let above = Thing { id: None, above_id: None }.insert(db).await.unwrap();
        thing.above_id = above.id;
        let tree = Thing::ABOVE.recursive().strategy(strategy).of(&thing).tree(db).await.unwrap();
        assert_eq!(tree.iter().map(|node| node.id).collect::<Vec<_>>(), [above.id]);
    }
}

#[tokio::test]
async fn ids_that_look_like_expressions_are_values() {
    let test = database().await;
    let db = test.db();
    let odd = ["$_id", "$$ROOT", "a.b", "A.B", ""];
    let documents = (0..odd.len()).map(|n| doc! { "_id": odd[n], "parent_id": n.checked_sub(1).map(|n| odd[n]) });
    insert_documents(db, "slugs", documents).await;
    let root = Slug::get(db, odd[0].to_owned()).await.unwrap().unwrap();
    for strategy in STRATEGIES {
        let tree = Slug::CHILDREN.recursive().strategy(strategy).of(&root).tree(db).await.unwrap();
        assert_eq!(tree.iter().map(|node| node.document().id.as_str()).collect::<Vec<_>>(), odd[1..], "{strategy:?}");
        let last = Slug { id: "x".to_owned(), parent_id: Some(String::new()) };
        let tree = Slug::PARENT.recursive().strategy(strategy).of(&last).tree(db).await.unwrap();
        assert_eq!(tree.len(), odd.len(), "{strategy:?}");
    }
}

/// The default collation of a collection decides which keys are equal.
#[tokio::test]
async fn keys_are_compared_by_the_collation_of_the_collection() {
    let test = database().await;
    let db = test.db();
    db.create_collection("slugs").collation(case_insensitive()).await.unwrap();
    let documents = [("A", None), ("B", Some("a")), ("c", Some("b")), ("D", Some("C"))];
    let documents = documents.map(|(id, parent)| doc! { "_id": id, "parent_id": parent });
    insert_documents(db, "slugs", documents).await;
    let roots = Slug::find_all().order_by(Slug::ID.asc()).all(db).await.unwrap();
    let shape = |trees: Vec<Tree<Slug>>| -> Vec<Document> {
        let node = |node: earnorm::Node<'_, Slug>| doc! { "id": &node.id, "depth": node.depth() };
        trees.iter().map(|tree| doc! { "nodes": tree.iter().map(node).collect::<Vec<_>>() }).collect()
    };
    let expected = |trees: [&[(&str, u32)]; 4]| -> Vec<Document> {
        let node = |(id, depth): &(&str, u32)| doc! { "id": id, "depth": depth };
        trees.map(|tree| doc! { "nodes": tree.iter().map(node).collect::<Vec<_>>() }).to_vec()
    };
    for strategy in STRATEGIES {
        let down = Slug::CHILDREN.recursive().strategy(strategy).load(db, &roots).await.unwrap();
        let wanted = expected([&[("B", 1), ("c", 2), ("D", 3)], &[("c", 1), ("D", 2)], &[("D", 1)], &[]]);
        assert_eq!(shape(down), wanted, "{strategy:?}");
        let up = Slug::PARENT.recursive().strategy(strategy).load(db, &roots).await.unwrap();
        let wanted = expected([&[], &[("A", 1)], &[("B", 1), ("A", 2)], &[("c", 1), ("B", 2), ("A", 3)]]);
        assert_eq!(shape(up), wanted, "{strategy:?}");
    }
}
