//! Every kind of relation, from either side.

use earnorm::prelude::*;
use earnorm::{Error, graph};
use earnorm_testkit::assert_commands;
use earnorm_tests::{count, database};

use crate::models::{
    Address, Category, Comment, Country, Group, House, Member, Post, Profile, Shelf, Subject, SubjectDocument, Tag,
    User, category, post, profile, tags, user,
};

#[tokio::test]
async fn one_to_one_from_either_side() {
    let test = database().await;
    // the key of a profile is checked: the user is there by then
    let inserted = assert_commands!(test, 4, graph(user("Ada")).with(User::PROFILE, profile()).insert(test.db()).await);
    let inserted = inserted.unwrap();
    assert_eq!(inserted.related(User::PROFILE).unwrap().user_id, inserted.id);
    assert_eq!(inserted.profile().require(test.db()).await.unwrap().user_id, inserted.id);

    let inserted = graph(profile()).with(Profile::USER, user("Grace")).insert(test.db()).await.unwrap();
    let grace = inserted.related(Profile::USER).unwrap();
    assert_eq!((grace.name.as_str(), inserted.user_id), ("Grace", grace.id));
    assert_eq!(inserted.user().require(test.db()).await.unwrap(), *grace);

    let alone =
        assert_commands!(test, 1, graph(user("Alan")).with(User::PROFILE, None::<Profile>).insert(test.db()).await);
    assert!(alone.unwrap().related(User::PROFILE).is_none());
}

#[tokio::test]
async fn many_to_one() {
    let test = database().await;
    let inserted = graph(post("a")).with(Post::AUTHOR, user("Ada")).insert(test.db()).await.unwrap();
    let author = inserted.related(Post::AUTHOR).unwrap();
    assert_eq!(inserted.author_id, author.id);
    assert_eq!(inserted.author().require(test.db()).await.unwrap(), *author);
    assert_eq!(author.post_count, 1);
}

#[tokio::test]
async fn by_an_array_from_either_side() {
    let test = database().await;
    let inserted = assert_commands!(
        test,
        3,
        graph(post("a")).with(Post::TAGS, tags(&["x", "y"])).insert(test.db()).await.unwrap()
    );
    assert_eq!((inserted.tag_ids.as_slice(), inserted.tag_count), (["x".to_owned(), "y".to_owned()].as_slice(), 2));
    assert_eq!(inserted.related(Post::TAGS), tags(&["x", "y"]));
    let stored = Post::get(test.db(), inserted.id).await.unwrap().unwrap();
    assert_eq!(*inserted, stored);

    let tag = Tag { id: "z".to_owned() };
    let inserted = graph(tag).with(Tag::POSTS, [post("b"), post("c")]).insert(test.db()).await.unwrap();
    assert!(inserted.related(Tag::POSTS).iter().all(|post| post.tag_ids == ["z"] && post.tag_count == 1));
    assert_eq!(inserted.posts().count(test.db()).await.unwrap(), 2);

    // an id that the array has already stays where it is
    let (first, second) = (post("d"), post("e"));
    let shelf = Shelf { id: 1, post_ids: vec![second.id] };
    let ids = [second.id, first.id];
    let inserted = graph(shelf).with(Shelf::POSTS, [first, second]).insert(test.db()).await.unwrap();
    assert_eq!(inserted.post_ids, ids);
}

#[tokio::test]
async fn through_a_join_model() {
    let test = database().await;
    let groups = [Group { id: 1 }, Group { id: 2 }];
    // users, groups, members, the counter, and the commit
    let inserted =
        assert_commands!(test, 5, graph(user("Ada")).with(User::GROUPS, groups).insert(test.db()).await.unwrap());
    assert_eq!(inserted.related(User::GROUPS).iter().map(|group| group.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(inserted.group_count, 2);
    assert_eq!(*inserted, User::get(test.db(), inserted.id).await.unwrap().unwrap());
    assert_eq!(inserted.groups().count(test.db()).await.unwrap(), 2);
    assert_eq!(count::<Member>(test.db()).await, 2);

    let inserted = graph(Group { id: 3 }).with(Group::USERS, [user("B"), user("C")]).insert(test.db()).await.unwrap();
    assert!(inserted.related(Group::USERS).iter().all(|user| user.group_count == 1));
    assert_eq!(inserted.users().count(test.db()).await.unwrap(), 2);
}

#[tokio::test]
async fn a_reference_to_several_models() {
    let test = database().await;
    let comments = [Comment { id: 1, subject: None }, Comment { id: 2, subject: None }];
    let inserted = graph(post("a")).with(Post::COMMENTS, comments).insert(test.db()).await.unwrap();
    let subject = Some(Subject::Post(inserted.id));
    assert!(inserted.related(Post::COMMENTS).iter().all(|comment| comment.subject == subject));
    assert_eq!(inserted.comments().count(test.db()).await.unwrap(), 2);

    let comment = Comment { id: 3, subject: None };
    let inserted = graph(comment).with(Comment::SUBJECT.of(Subject::POST), post("b")).insert(test.db()).await.unwrap();
    let found = inserted.related(Comment::SUBJECT.of(Subject::POST)).unwrap();
    assert_eq!(inserted.subject, Some(Subject::Post(found.id)));
    let SubjectDocument::Post(stored) = inserted.subject().require(test.db()).await.unwrap() else { panic!() };
    assert_eq!(stored, *found);
}

#[tokio::test]
async fn a_tree_is_one_insert() {
    let test = database().await;
    let tree = graph(category(1)).with(
        Category::CHILDREN,
        [
            graph(category(2)).with(Category::CHILDREN, vec![category(4), category(5)]),
            graph(category(3)).with(Category::CHILDREN, vec![]),
        ],
    );
    // the insert, the counters, and the commit
    let inserted = assert_commands!(test, 3, tree.insert(test.db()).await.unwrap());
    assert_eq!(inserted.child_count, 2);
    let children = inserted.related(Category::CHILDREN);
    assert_eq!(
        children.iter().map(|child| (child.id, child.parent_id, child.child_count)).collect::<Vec<_>>(),
        [(2, Some(1), 2), (3, Some(1), 0)]
    );
    assert!(children[0].related(Category::CHILDREN).iter().all(|child| child.parent_id == Some(2)));
    let mut stored = Category::find_all().order_by(Category::ID.asc()).all(test.db()).await.unwrap();
    assert_eq!(
        stored.iter().map(|found| found.parent_id).collect::<Vec<_>>(),
        [None, Some(1), Some(1), Some(2), Some(2)]
    );
    assert_eq!(stored.remove(0), *inserted);

    // from below
    let inserted = graph(category(7)).with(Category::PARENT, category(6)).insert(test.db()).await.unwrap();
    assert_eq!(inserted.related(Category::PARENT).unwrap().child_count, 1);
}

#[tokio::test]
async fn a_key_in_an_embedded_document() {
    let test = database().await;
    let house = |id, address| House { id, address };
    let empty = || Some(Address { country_id: None });
    let houses = [house(1, empty()), house(2, empty())];
    let inserted = graph(Country { id: 5 }).with(Country::HOUSES, houses).insert(test.db()).await.unwrap();
    assert!(
        inserted.related(Country::HOUSES).iter().all(|house| house.address.as_ref().unwrap().country_id == Some(5))
    );
    assert_eq!(inserted.houses().count(test.db()).await.unwrap(), 2);
    // there is no place for the key
    let error = graph(Country { id: 6 }).with(Country::HOUSES, [house(3, None)]).insert(test.db()).await.err().unwrap();
    assert!(matches!(error, Error::Invalid { model: "House", .. }), "{error}");
    assert_eq!(count::<Country>(test.db()).await, 1);
}
