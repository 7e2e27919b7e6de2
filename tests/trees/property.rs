//! Random graphs: both strategies and a search in memory find the same trees, for every kind of relation.

use std::collections::HashSet;

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::{Recursive, Tree};
use earnorm_tests::{PropertyTest, STRATEGIES};
use proptest::prelude::{any, prop};
use proptest::strategy::Strategy as _;

use crate::models::{Category, Friendship, Person, insert_categories_of};

/// The number of documents.
const N: usize = 8;

/// The tree of `root` as (id, depth): each document once, at its least depth.
fn expected(
    root: i32,
    next: &dyn Fn(i32) -> Vec<i32>,
    max: Option<u32>,
    keep: &dyn Fn(i32) -> bool,
) -> Vec<(i32, u32)> {
    let (mut seen, mut found) = (HashSet::from([root]), Vec::new());
    let mut level = vec![root];
    for depth in 1..=max.unwrap_or(u32::MAX) {
        let mut below = Vec::new();
        for id in level.iter().flat_map(|id| next(*id)) {
            if keep(id) && seen.insert(id) {
                below.push(id);
                found.push((id, depth));
            }
        }
        if below.is_empty() {
            break;
        }
        level = below;
    }
    found
}

async fn check<D>(
    db: &Database,
    what: &str,
    of: Recursive<D, ()>,
    roots: &[D::Source],
    id: impl Fn(&D::Source) -> i32,
    wanted: impl Fn(i32) -> Vec<(i32, u32)>,
) where
    D: earnorm::bounds::LoadKeys<Source: Model, Target = <D as earnorm::bounds::Reach>::Source>,
    Recursive<D, ()>: earnorm::bounds::Step<D::Source, Value = Tree<D::Source>>,
{
    for strategy in STRATEGIES {
        let trees = of.clone().strategy(strategy).load(db, roots).await.unwrap();
        for (root, tree) in roots.iter().zip(&trees) {
            let found: Vec<_> = tree.iter().map(|node| (id(&node), node.depth())).collect();
            assert_eq!(found, wanted(id(root)), "{what} of {} by {strategy:?}", id(root));
            for node in tree {
                assert!(node.children().all(|child| child.depth() == node.depth() + 1));
            }
        }
    }
}

#[test]
fn both_strategies_and_a_search_in_memory_find_the_same_trees() {
    let node = || (0..N).prop_map(|id| i32::try_from(id).unwrap());
    let parents = prop::collection::vec(prop::option::weighted(0.8, node()), N);
    let edges = prop::collection::vec(prop::collection::vec(node(), 0..4), N);
    let depth = prop::option::of(0..5_u32);
    let inputs = (parents, edges, depth, any::<bool>());
    PropertyTest::new(150).run(&inputs, async |db, (parents, edges, depth, filtered)| {
        for collection in ["categories", "people", "friendships"] {
            db.collection::<Document>(collection).drop().await.unwrap();
        }
        let parent = |id: i32| parents[usize::try_from(id).unwrap()];
        let follows = |id: i32| edges[usize::try_from(id).unwrap()].clone();
        let ids = || (0..N).map(|id| i32::try_from(id).unwrap());
        insert_categories_of(db, &ids().map(|id| (id, parent(id))).collect::<Vec<_>>()).await;
        let people: Vec<_> = ids().map(|id| Person { id, follows_ids: follows(id) }).collect();
        Person::insert_many(db, &people).await.unwrap();
        let links: Vec<_> = people
            .iter()
            .flat_map(|person| person.follows_ids.iter().map(|to| (person.id, *to)))
            .map(|(from_id, to_id)| Friendship { id: ObjectId::new(), from_id, to_id })
            .collect();
        if !links.is_empty() {
            Friendship::insert_many(db, &links).await.unwrap();
        }
        let categories = Category::find_all().order_by(Category::ID.asc()).all(db).await.unwrap();

        let keep = |id: i32| !filtered || id != 3;
        let up = |id: i32| parent(id).into_iter().collect::<Vec<_>>();
        let down = |id: i32| ids().filter(|other| parent(*other) == Some(id)).collect::<Vec<_>>();
        let followers = |id: i32| ids().filter(|other| follows(*other).contains(&id)).collect::<Vec<_>>();
        let sorted = |id: i32| {
            let mut all = follows(id);
            all.sort_unstable();
            all
        };
        let in_order = |next: &dyn Fn(i32) -> Vec<i32>, root| expected(root, next, depth, &keep);

        macro_rules! relation {
            ($relation:expr, $model:ident, $roots:expr, $next:expr) => {{
                let mut of = $relation.recursive();
                of = depth.map_or(of.clone(), |depth| of.max_depth(depth));
                if filtered {
                    of = of.filter($model::ID.ne(3));
                }
                check(db, stringify!($relation), of, $roots, |one| one.id, |root| in_order(&$next, root)).await;
            }};
        }
        relation!(Category::CHILDREN, Category, &categories, down);
        relation!(Category::PARENT, Category, &categories, up);
        relation!(Person::FOLLOWS, Person, &people, follows);
        relation!(Person::FOLLOWERS, Person, &people, followers);
        relation!(Person::FRIENDS, Person, &people, sorted);
    });
}
