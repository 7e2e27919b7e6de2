//! Deleted documents are invisible to every call that reads.

use earnorm::prelude::*;
use earnorm::{Error, Query};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{STRATEGIES, database};

use crate::models::{
    Comment, Group, Line, Person, Post, Profile, Subject, SubjectDocument, Tag, comment, community, person, post,
};

/// The community in which a person, a post, a profile, a group and a tag are deleted: those with the number 2, and what
/// belongs to them.
async fn half_deleted() -> TestDb {
    let test = database().await;
    let db = test.db();
    community(db).await;
    Person::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    Post::get(db, 32).await.unwrap().unwrap().delete(db).await.unwrap();
    Group::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    Tag::get(db, 2).await.unwrap().unwrap().delete(db).await.unwrap();
    test
}

/// The posts that remain, and the comments on them.
const POSTS: [i32; 4] = [12, 13, 31, 33];

fn people(people: &[Person]) -> Vec<i32> {
    people.iter().map(|person| person.id).collect()
}

fn posts<'p>(posts: impl IntoIterator<Item = &'p Post>) -> Vec<i32> {
    let mut ids: Vec<i32> = posts.into_iter().map(|post| post.id).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn queries_and_single_documents() {
    let test = half_deleted().await;
    let db = test.db();
    let all = || Person::find_all().order_by(Person::ID.asc());
    assert_eq!(Person::get(db, 2).await.unwrap(), None);
    assert_eq!(people(&Person::get_many(db, [3, 2, 1]).await.unwrap()), [3, 1]);
    assert_eq!(people(&all().all(db).await.unwrap()), [1, 3]);
    assert_eq!(people(&Person::find(Person::ID.gt(1)).all(db).await.unwrap()), [3]);
    assert_eq!(all().skip(1).first(db).await.unwrap().unwrap().id, 3);
    assert!(matches!(Person::find(Person::ID.eq(2)).one(db).await, Err(Error::NotFound { .. })));
    assert_eq!(all().count(db).await.unwrap(), 2);
    assert!(!Person::find(Person::ID.eq(2)).exists(db).await.unwrap());
    let page = all().page(db, 1, 10).await.unwrap();
    assert_eq!((page.total, people(&page.items)), (2, vec![1, 3]));
    assert_eq!(people(&all().after(&person(1)).limit(1).all(db).await.unwrap()), [3]);
    let mut rows = all().stream(db);
    let mut streamed = Vec::new();
    while let Some(row) = rows.next().await {
        streamed.push(row.unwrap().id);
    }
    assert_eq!(streamed, [1, 3]);
    assert!(Person::by_email("2@example.com").get(db).await.unwrap().is_none());
    assert!(!Person::by_email("2@example.com").exists(db).await.unwrap());
    assert!(matches!(Person::by_email("2@example.com").require(db).await, Err(Error::NotFound { .. })));
    // one command each, as without a mark
    assert_commands!(test, 1, { Person::get(db, 2).await.unwrap() });
    assert_commands!(test, 1, { Person::by_email("2@example.com").get(db).await.unwrap() });
}

#[tokio::test]
async fn queries_for_deleted_documents() {
    let test = half_deleted().await;
    let db = test.db();
    let deleted = || Post::deleted().order_by(Post::ID.asc());
    assert_eq!(posts(&deleted().all(db).await.unwrap()), [11, 21, 22, 23, 32]);
    assert_eq!(posts(&Post::with_deleted().all(db).await.unwrap()).len(), 9);
    assert_eq!(deleted().filter(Post::ID.gt(22)).count(db).await.unwrap(), 2);
    assert_eq!(deleted().skip(1).limit(2).all(db).await.unwrap().len(), 2);
    assert!(deleted().exists(db).await.unwrap());
    assert_eq!(deleted().page(db, 2, 2).await.unwrap().total, 5);
    assert_eq!(deleted().first(db).await.unwrap().unwrap().id, 11);
    // what they include is not deleted
    for strategy in STRATEGIES {
        let found = deleted().with(Post::AUTHOR).with(Post::COMMENTS.count()).strategy(strategy).all(db).await.unwrap();
        let authors: Vec<_> = found.iter().map(|post| post.related(Post::AUTHOR).map(|author| author.id)).collect();
        assert_eq!(authors, [Some(1), None, None, None, Some(3)], "{strategy:?}");
        assert!(found.iter().all(|post| post.count(Post::COMMENTS) == 0), "{strategy:?}");
    }
}

#[tokio::test]
async fn handles() {
    let test = half_deleted().await;
    let db = test.db();
    let (one, two, three) = (person(1), person(2), person(3));
    // to many, by a key in the target
    assert_eq!(posts(&one.posts().all(db).await.unwrap()), [12, 13]);
    assert_eq!(one.posts().count(db).await.unwrap(), 2);
    assert_eq!(one.posts().filter(Post::ID.eq(11)).first(db).await.unwrap(), None);
    assert!(!two.posts().exists(db).await.unwrap());
    assert_eq!(one.posts().order_by(Post::ID.asc()).page(db, 1, 1).await.unwrap().total, 2);
    let mut rows = one.posts().order_by(Post::ID.asc()).stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap().id, 12);
    assert_eq!(posts(&one.first_posts().all(db).await.unwrap()), [12, 13]);
    assert_eq!(posts(&three.edited().all(db).await.unwrap()), Vec::<i32>::new());
    // to one, from either side
    assert_eq!(two.profile().get(db).await.unwrap(), None);
    let profile = Profile { id: 2, person_id: 2, deleted: None };
    assert_eq!(profile.person().get(db).await.unwrap(), None);
    assert!(!profile.person().exists(db).await.unwrap());
    let require = assert_commands!(test, 2, { profile.person().require(db).await });
    assert!(
        matches!(require, Err(Error::Deleted { model: "Person", ref id }) if id.as_i32() == Some(2)),
        "{require:?}"
    );
    let dangling = assert_commands!(test, 2, { post(1, 77, None).author().require(db).await });
    assert!(matches!(dangling, Err(Error::Dangling { .. })), "{dangling:?}");
    assert_eq!(three.manager().get(db).await.unwrap(), None);
    // many to many, in all three forms
    let ids = |groups: Vec<Group>| -> Vec<i32> { groups.iter().map(|group| group.id).collect() };
    assert_eq!(ids(one.groups().order_by(Group::ID.asc()).all(db).await.unwrap()), [1, 3]);
    assert_eq!(one.groups().count(db).await.unwrap(), 2);
    let links = one.groups().links(db).await.unwrap();
    assert_eq!(links.iter().map(|link| link.link.group_id).collect::<Vec<_>>(), [1, 3]);
    let group = Group { id: 1, deleted: None };
    assert_eq!(group.people().count(db).await.unwrap(), 2);
    let tags: Vec<i32> = one.tags().all(db).await.unwrap().iter().map(|tag| tag.id).collect();
    assert_eq!(tags, [1, 3]);
    assert_eq!(one.tags().count(db).await.unwrap(), 2);
    let tag = Tag { id: 1, deleted: None };
    assert_eq!(people(&tag.people().order_by(Person::ID.asc()).all(db).await.unwrap()), [1, 3]);
    assert_eq!(tag.people().count(db).await.unwrap(), 2);
    assert_eq!(tag.mentions().count(db).await.unwrap(), 4 + 2);
    // to several models, and from embedded documents
    let on = |subject| comment(1, subject);
    assert!(on(Subject::Post(11)).subject().get(db).await.unwrap().is_none());
    assert!(!on(Subject::Tag(2)).subject().exists(db).await.unwrap());
    let require = on(Subject::Post(11)).subject().require(db).await;
    assert!(matches!(require, Err(Error::Deleted { model: "Post", ref id }) if id.as_i32() == Some(11)), "{require:?}");
    let dangling = on(Subject::Post(77)).subject().require(db).await;
    assert!(matches!(dangling, Err(Error::Dangling { .. })), "{dangling:?}");
    assert!(matches!(on(Subject::Post(12)).subject().get(db).await, Ok(Some(SubjectDocument::Post(_)))));
    assert!(Line { tag_id: 2 }.tag().get(db).await.unwrap().is_none());
    assert!(matches!(Line { tag_id: 2 }.tag().require(db).await, Err(Error::Deleted { model: "Tag", .. })));
}

#[tokio::test]
async fn includes_with_both_strategies() {
    let test = half_deleted().await;
    let db = test.db();
    let all = || Person::find_all().order_by(Person::ID.asc());
    comment(300, Subject::Post(11)).insert(db).await.unwrap();
    for strategy in STRATEGIES {
        let query = all().with(Person::POSTS).with(Person::PROFILE).with(Person::GROUPS).with(Person::TAGS);
        let found = query.with(Person::MANAGER).with(Person::FIRST_POSTS).strategy(strategy).all(db).await.unwrap();
        let [one, three] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (posts(one.related(Person::POSTS)), posts(three.related(Person::POSTS))),
            (vec![12, 13], vec![31, 33])
        );
        assert_eq!(posts(one.related(Person::FIRST_POSTS)), [12, 13], "{strategy:?}");
        assert_eq!(posts(three.related(Person::FIRST_POSTS)), [31, 33], "{strategy:?}");
        assert_eq!(one.related(Person::PROFILE).map(|profile| profile.id), Some(1));
        assert_eq!(one.related(Person::GROUPS).len(), 2, "{strategy:?}");
        assert_eq!(one.related(Person::TAGS).iter().map(|tag| tag.id).collect::<Vec<_>>(), [1, 3], "{strategy:?}");
        assert_eq!(three.related(Person::MANAGER), None, "{strategy:?}");

        let query = all().with(Person::GROUPS.links()).with(Person::POSTS.with(Post::COMMENTS.with(Comment::SUBJECT)));
        let found = query.with(Person::EDITED.with(Post::AUTHOR)).strategy(strategy).all(db).await.unwrap();
        let links: Vec<_> = found[0].related(Person::GROUPS).iter().map(|link| link.link.group_id).collect();
        assert_eq!(links, [1, 3], "{strategy:?}");
        let comments: usize =
            found[0].related(Person::POSTS).iter().map(|post| post.related(Post::COMMENTS).len()).sum();
        assert_eq!(comments, 2, "{strategy:?}");
        let edited: Vec<_> = found[0].related(Person::EDITED).iter().map(|post| post.id).collect();
        assert_eq!(edited, [31], "{strategy:?}");

        // counts and limits
        let query = all().with(Person::POSTS.count()).with(Person::GROUPS.count()).with(Person::TAGS.count());
        let found = query.with(Person::MANAGER.count()).strategy(strategy).all(db).await.unwrap();
        assert_eq!(found[0].count(Person::POSTS), 2, "{strategy:?}");
        assert_eq!(found[0].count(Person::GROUPS), 2, "{strategy:?}");
        assert_eq!(found[0].count(Person::TAGS), 2, "{strategy:?}");
        assert_eq!(found[1].count(Person::MANAGER), 0, "{strategy:?}");
        let query = all().with(Person::GROUPS.order_by(Group::ID.desc()).limit(2));
        let query = query.with(Person::TAGS.order_by(Tag::ID.desc()).limit(2)).with(Person::POSTS.limit(1));
        let found = query.strategy(strategy).all(db).await.unwrap();
        let groups: Vec<_> = found[0].related(Person::GROUPS).iter().map(|group| group.id).collect();
        let tags: Vec<_> = found[0].related(Person::TAGS).iter().map(|tag| tag.id).collect();
        assert_eq!((groups, tags), (vec![3, 1], vec![3, 1]), "{strategy:?}");
        assert_eq!(posts(found[0].related(Person::POSTS)), [12], "{strategy:?}");

        // from the other sides
        let tags = Tag::find_all().with(Tag::PEOPLE).with(Tag::COMMENTS).with(Tag::MENTIONS.count());
        let tags = tags.order_by(Tag::ID.asc()).strategy(strategy).all(db).await.unwrap();
        assert_eq!(tags.iter().map(|tag| tag.id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(tags[0].related(Tag::PEOPLE).len(), 2, "{strategy:?}");
        assert_eq!(tags[0].related(Tag::COMMENTS).len(), 1, "{strategy:?}");
        assert_eq!(tags[0].count(Tag::MENTIONS), 7, "{strategy:?}");
        let groups = Group::find_all().with(Group::PEOPLE).strategy(strategy).all(db).await.unwrap();
        assert!(groups.iter().all(|group| group.related(Group::PEOPLE).len() == 2), "{strategy:?}");

        // references to several models, and from embedded documents
        let query = Comment::find(Comment::ID.is_in([12, 300, 101])).order_by(Comment::ID.asc());
        let query = query.with(Comment::SUBJECT).with(Comment::LINES.with(Line::TAG)).strategy(strategy);
        let found = query.all(db).await.unwrap();
        let subjects: Vec<_> = found.iter().map(|comment| comment.related(Comment::SUBJECT).is_some()).collect();
        assert_eq!(subjects, [true, true, false], "{strategy:?}");
        let elements = found[0].related(Comment::LINES);
        let tags: Vec<_> = elements.iter().map(|line| line.related(Line::TAG).map(|tag| tag.id)).collect();
        assert_eq!(tags, [Some(1), None, Some(3)], "{strategy:?}");
        // the erased form
        let erased = all().with(Person::POSTS).with(Person::MANAGER).strategy(strategy).all(db).await.unwrap().erase();
        assert_eq!(erased[0].related(Person::POSTS).map(<[_]>::len), Some(2), "{strategy:?}");
        assert!(erased[1].related(Person::MANAGER).unwrap().is_none(), "{strategy:?}");
    }
    let (one, three) = (person(1), person(3));
    let loaded = Person::POSTS.load(db, &[one.clone(), three.clone()]).await.unwrap();
    assert_eq!(loaded.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2]);
    let counts = Person::POSTS.count_by(db, &[one.clone(), three]).await.unwrap();
    assert_eq!(counts[&1], 2);
    let by_id = Person::GROUPS.batch_load(db, &[one]).await.unwrap();
    assert_eq!(by_id[&1].len(), 2);
}

async fn ids(query: Query<Person>, db: &earnorm::mongodb::Database) -> Vec<i32> {
    people(&query.order_by(Person::ID.asc()).all(db).await.unwrap())
}

#[tokio::test]
async fn conditions_on_related_documents() {
    let test = half_deleted().await;
    let db = test.db();
    let none: Vec<i32> = Vec::new();
    // a post of person 2, which is deleted, and one of person 1
    assert_eq!(ids(Person::find(Person::POSTS.filter(Post::ID.is_in([21, 12])).any()), db).await, [1]);
    assert_eq!(ids(Person::find(Person::POSTS.filter(Post::ID.eq(11)).any()), db).await, none);
    assert_eq!(ids(Person::find(Person::POSTS.filter(Post::ID.eq(11)).none()), db).await, [1, 3]);
    assert_eq!(ids(Person::find(Person::POSTS.every(Post::ID.ne(32))), db).await, [1, 3]);
    assert_eq!(ids(Person::find(Person::MANAGER.any()), db).await, none);
    assert_eq!(ids(Person::find(Person::MANAGER.none()), db).await, [1, 3]);
    assert_eq!(ids(Person::find(Person::REPORTS.any()), db).await, none);
    assert_eq!(ids(Person::find(Person::EDITED.any()), db).await, [1]);
    assert_eq!(ids(Person::find(Person::GROUPS.filter(Group::ID.eq(2)).any()), db).await, none);
    assert_eq!(ids(Person::find(Person::GROUPS.any()), db).await, [1, 3]);
    assert_eq!(ids(Person::find(Person::TAGS.filter(Tag::ID.eq(2)).any()), db).await, none);
    assert_eq!(ids(Person::find(Person::TAGS.filter(Tag::ID.eq(3)).any()), db).await, [1, 3]);
    let nested = Person::POSTS.filter(Post::COMMENTS.filter(Comment::ID.eq(32)).any()).any();
    assert_eq!(ids(Person::find(nested), db).await, none);
    assert_eq!(Tag::find(Tag::MENTIONS.filter(Comment::ID.eq(32)).any()).count(db).await.unwrap(), 0);
    assert_eq!(Group::find(Group::PEOPLE.filter(Person::ID.eq(2)).any()).count(db).await.unwrap(), 0);
    let lines = Comment::LINES.any(Line::TAG.filter(Tag::ID.eq(2)).any());
    assert_eq!(Comment::find(lines).count(db).await.unwrap(), 0);
    comment(300, Subject::Post(11)).insert(db).await.unwrap();
    let found: Vec<_> = Comment::find(Comment::SUBJECT.none()).all(db).await.unwrap();
    assert_eq!(found.iter().map(|comment| comment.id).collect::<Vec<_>>(), [300]);
    assert_eq!(Comment::find(Comment::SUBJECT.any()).count(db).await.unwrap(), POSTS.len() as u64 + 2);
    // a condition on what is deleted
    assert_eq!(posts(&Post::deleted().filter(Post::AUTHOR.none()).all(db).await.unwrap()), [21, 22, 23]);
}

#[tokio::test]
async fn trees_with_both_strategies() {
    let test = database().await;
    let db = test.db();
    let chain: Vec<Person> = (1..=5).map(person).collect();
    Person::insert_many(db, &chain).await.unwrap();
    Person::find(Person::ID.eq(3)).delete(db).await.unwrap();
    for strategy in STRATEGIES {
        let below = |id: i32| {
            Person::REPORTS.recursive().strategy(strategy).of(&chain[usize::try_from(id).unwrap() - 1]).tree(db)
        };
        let found: Vec<_> = below(1).await.unwrap().iter().map(|node| node.id).collect();
        assert_eq!(found, [2], "a deleted one ends the tree, {strategy:?}");
        let found: Vec<_> = below(4).await.unwrap().iter().map(|node| node.id).collect();
        assert_eq!(found, [5], "{strategy:?}");
        let above = Person::MANAGER.recursive().strategy(strategy).of(&chain[4]).tree(db).await.unwrap();
        assert_eq!(above.iter().map(|node| node.id).collect::<Vec<_>>(), [4], "{strategy:?}");
        let trees = Person::find_all().with(Person::REPORTS.recursive().strategy(strategy)).all(db).await.unwrap();
        assert_eq!(trees.len(), 4);
    }
    // a restored document must not close a cycle
    let moved = chain[0].move_to(db, Some(&chain[4])).await;
    assert!(matches!(moved, Err(Error::Cycle { .. })), "{moved:?}");
}

#[derive(Debug, PartialEq, Deserialize, View)]
#[view(of = Person)]
struct PersonId {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, PartialEq, Deserialize, View)]
#[view(of = Post)]
struct PostId {
    #[serde(rename = "_id")]
    id: i32,
}

#[tokio::test]
async fn views_without_the_mark() {
    let test = half_deleted().await;
    let db = test.db();
    for strategy in STRATEGIES {
        let people = Person::find_all().order_by(Person::ID.asc()).view::<PersonId>();
        let people = people.with(Person::POSTS.view::<PostId>().order_by(Post::ID.asc())).strategy(strategy);
        let people = people.all(db).await.unwrap();
        assert_eq!(people.iter().map(|person| person.id).collect::<Vec<_>>(), [1, 3]);
        let ids: Vec<i32> =
            people.iter().flat_map(|person| person.related(Person::POSTS)).map(|post| post.id).collect();
        assert_eq!(ids, POSTS, "{strategy:?}");
        let deleted = Person::deleted().view::<PersonId>().strategy(strategy).all(db).await.unwrap();
        assert_eq!(deleted, [PersonId { id: 2 }]);
    }
}
