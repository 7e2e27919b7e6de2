//! Graphs: arrays of ids, join models, keys in embedded documents, with encoders and beside tags.

use std::collections::BTreeMap;

use earnorm::prelude::*;
use earnorm::{Recursive, Tree};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{STRATEGIES, database, insert_documents};

use crate::models::{About, Article, Cite, Friendship, Part, Person, Place, Reply, Topic, shown};

/// 1 leads to 2 and 3, 2 to 3 and 4, 3 back to 1, and 5 to itself and to 1.
const EDGES: [(i32, &[i32]); 5] = [(1, &[3, 2]), (2, &[3, 4]), (3, &[1]), (4, &[]), (5, &[5, 1])];

async fn people(test: &TestDb) -> Vec<Person> {
    let db = test.db();
    for (id, follows) in EDGES {
        Person { id, follows_ids: follows.to_vec() }.insert(db).await.unwrap();
        for to_id in follows {
            Friendship { id: ObjectId::new(), from_id: id, to_id: *to_id }.insert(db).await.unwrap();
        }
    }
    Person::find_all().order_by(Person::ID.asc()).all(db).await.unwrap()
}

fn show(trees: &[Tree<Person>]) -> Vec<String> {
    trees.iter().map(|tree| shown(tree, |person| person.id)).collect()
}

#[tokio::test]
async fn arrays_of_ids_are_followed_in_their_order() {
    let test = database().await;
    let (db, all) = (test.db(), people(&test).await);
    let expected = ["3@1 2@1 4@2<2", "3@1 4@1 1@2<3", "1@1 2@2<1 4@3<2", "", "1@1 3@2<1 2@2<1 4@3<2"];
    for strategy in STRATEGIES {
        let trees = Person::FOLLOWS.recursive().strategy(strategy).load(db, &all).await.unwrap();
        assert_eq!(show(&trees), expected, "{strategy:?}");
        let sorted = Person::FOLLOWS.recursive().strategy(strategy).order_by(Person::ID.asc());
        assert_eq!(show(&sorted.load(db, &all[..1]).await.unwrap()), ["2@1 3@1 4@2<2"], "{strategy:?}");
    }
    assert_commands!(test, 1, { all[0].network().tree(db).await.unwrap() });
}

#[tokio::test]
async fn arrays_of_ids_are_followed_backwards() {
    let test = database().await;
    let (db, all) = (test.db(), people(&test).await);
    let expected = ["3@1 5@1 2@2<3", "1@1 3@2<1 5@2<1", "1@1 2@1 5@2<1", "2@1 1@2<2 3@3<1 5@3<1", ""];
    for strategy in STRATEGIES {
        let trees = Person::FOLLOWERS.recursive().strategy(strategy).load(db, &all).await.unwrap();
        assert_eq!(show(&trees), expected, "{strategy:?}");
    }
    assert_commands!(test, 1, { Person::FOLLOWERS.recursive().load(db, &all).await.unwrap() });
}

#[tokio::test]
async fn a_join_model_is_followed_level_by_level() {
    let test = database().await;
    let (db, all) = (test.db(), people(&test).await);
    let expected = ["2@1 3@1 4@2<2", "3@1 4@1 1@2<3", "1@1 2@2<1 4@3<2", "", "1@1 2@2<1 3@2<1 4@3<2"];
    for strategy in STRATEGIES {
        let trees = Person::FRIENDS.recursive().strategy(strategy).load(db, &all).await.unwrap();
        assert_eq!(show(&trees), expected, "{strategy:?}");
    }
    // two for each of three levels
    assert_commands!(test, 6, { Person::FRIENDS.recursive().load(db, &all[..1]).await.unwrap() });
}

async fn both<D>(test: &TestDb, of: Recursive<D, ()>, root: &D::Source) -> [Tree<D::Source>; 2]
where
    D: earnorm::bounds::LoadKeys<Source: Model, Target = <D as earnorm::bounds::Reach>::Source>,
{
    let [a, b] = STRATEGIES.map(|strategy| of.clone().strategy(strategy));
    [a.of(root).tree(test.db()).await.unwrap(), b.of(root).tree(test.db()).await.unwrap()]
}

#[tokio::test]
async fn keys_with_an_encoder_are_followed() {
    let test = database().await;
    let db = test.db();
    let parts = [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(2))].map(|(id, whole_id)| Part { id, whole_id });
    Part::insert_many(db, &parts).await.unwrap();
    for tree in both(&test, Part::PARTS.recursive(), &parts[0]).await {
        assert_eq!(shown(&tree, |part| part.id), "2@1 3@2<2 4@2<2");
    }
    for tree in both(&test, Part::WHOLE.recursive(), &parts[3]).await {
        assert_eq!(shown(&tree, |part| part.id), "2@1 1@2<2");
    }
}

#[tokio::test]
async fn keys_in_embedded_documents_are_followed() {
    let test = database().await;
    let db = test.db();
    let topic = |id: i32, parent_id: Option<i32>, cites: &[i32]| {
        let cites = cites.iter().map(|topic_id| Cite { topic_id: *topic_id }).collect();
        Topic { id, place: Place { parent_id }, cites }
    };
    let topics = [topic(1, None, &[]), topic(2, Some(1), &[1]), topic(3, Some(2), &[1, 2]), topic(4, Some(2), &[3, 4])];
    Topic::insert_many(db, &topics).await.unwrap();
    for tree in both(&test, Topic::SUBTOPICS.recursive(), &topics[0]).await {
        assert_eq!(shown(&tree, |topic| topic.id), "2@1 3@2<2 4@2<2");
    }
    assert_commands!(test, 1, { topics[0].below().tree(db).await.unwrap() });
    for tree in both(&test, Topic::CITING.recursive(), &topics[0]).await {
        assert_eq!(shown(&tree, |topic| topic.id), "2@1 3@1 4@2<3");
    }
}

/// Articles 1 to 3 and replies 1 to 4: replies to an article are in no tree of the reply with the same id.
#[tokio::test]
async fn a_thread_of_replies_has_only_replies_to_replies() {
    let test = database().await;
    let db = test.db();
    Article::insert_many(db, &[1, 2, 3].map(|id| Article { id })).await.unwrap();
    let about = [(1, About::Article(1)), (2, About::Reply(1)), (3, About::Reply(2)), (4, About::Article(2))];
    let replies = about.map(|(id, about)| Reply { id, about });
    Reply::insert_many(db, &replies).await.unwrap();
    insert_documents(db, "replies", [doc! { "_id": 9, "about": { "id": 2, "type": "Article" } }]).await;
    for tree in both(&test, Reply::REPLIES.recursive(), &replies[0]).await {
        assert_eq!(shown(&tree, |reply| reply.id), "2@1 3@2<2");
    }
    assert_commands!(test, 1, { replies[0].thread().tree(db).await.unwrap() });
    // up: reply 1 is about article 1, and not about reply 1
    for tree in both(&test, Reply::ABOUT.of(About::REPLY).recursive(), &replies[2]).await {
        assert_eq!(shown(&tree, |reply| reply.id), "2@1 1@2<2");
    }
    let rows = Article::find_all()
        .order_by(Article::ID.asc())
        .with(Article::REPLIES.with(Reply::REPLIES.recursive()))
        .all(db)
        .await
        .unwrap();
    let threads: Vec<_> = rows[0].related(Article::REPLIES).iter().collect();
    assert_eq!(shown(threads[0].related(Reply::REPLIES.recursive()), |reply| reply.id), "2@1 3@2<2");
    let any = Reply::find_all()
        .order_by(Reply::ID.asc())
        .with(Reply::ABOUT.with(About::REPLY.with(Reply::REPLIES.recursive())))
        .all(db)
        .await
        .unwrap();
    assert!(
        matches!(any[1].related(Reply::ABOUT), Some(crate::models::AboutDocument::Reply(reply)) if reply.related(Reply::REPLIES.recursive()).len() == 2)
    );
}

/// A graph without cycles, of 1,003 people and 5,000 edges: each follows the next five.
#[tokio::test]
async fn a_large_graph_has_each_document_once_at_its_least_depth() {
    const N: i32 = 1_003;
    let test = database().await;
    let db = test.db();
    let people: Vec<Person> =
        (0..N).map(|id| Person { id, follows_ids: (id + 1..N.min(id + 6)).rev().collect() }).collect();
    Person::insert_many(db, &people).await.unwrap();
    assert_eq!(people.iter().map(|person| person.follows_ids.len()).sum::<usize>(), 5_000);
    let mut depths = BTreeMap::new();
    let mut level: Vec<usize> = vec![0];
    for depth in 1.. {
        let found: Vec<usize> =
            level.iter().flat_map(|id| &people[*id].follows_ids).map(|id| usize::try_from(*id).unwrap()).collect();
        level.clear();
        for id in found {
            if id != 0 && !depths.contains_key(&id) {
                depths.insert(id, depth);
                level.push(id);
            }
        }
        if level.is_empty() {
            break;
        }
    }
    let [a, b] = both(&test, Person::FOLLOWS.recursive(), &people[0]).await;
    assert_eq!(a, b);
    let found: BTreeMap<usize, u32> = a.iter().map(|node| (usize::try_from(node.id).unwrap(), node.depth())).collect();
    assert_eq!((found.len(), &found), (a.len(), &depths));
}
