//! Many-to-many relations through a join model that refers to several models.

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, database};

use crate::models::{Photo, Post, Subject, Tag, Tagging, forum, insert_all, photo, post, tag, tagging};

/// The links, as texts in order.
async fn links(db: &Database) -> Vec<String> {
    let all = Tagging::find_all().all(db).await.unwrap();
    let mut links: Vec<_> = all.iter().map(|link| format!("{} {:?} {}", link.tag_id, link.taggable, link.by)).collect();
    links.sort();
    links.iter().map(|link| link.trim().to_owned()).collect()
}

/// Tags a and b on post 1 and on photo 1, with the unique index.
async fn tagged(db: &Database) {
    forum(db).await;
    Tagging::ensure_indexes(db).await.unwrap();
    Tag::ensure_indexes(db).await.unwrap();
    insert_all(db, vec![tag("a"), tag("b"), tag("c")]).await;
    let each = ["a", "b"].into_iter().flat_map(|id| [tagging(id, Subject::Post(1)), tagging(id, Subject::Photo(1))]);
    insert_all(db, each.collect()).await;
}

#[tokio::test]
async fn links_of_two_models_never_mix() {
    let test = database().await;
    let db = test.db();
    tagged(db).await;
    let ids = |tags: Vec<Tag>| tags.into_iter().map(|tag| tag.id).collect::<Vec<_>>();
    let of_photo = ["a Photo(1)", "b Photo(1)"];
    // it is there already
    assert!(!post(1).tags().add(db, &tag("a")).await.unwrap());
    assert!(post(1).tags().add(db, &tag("c")).await.unwrap());
    assert!(post(2).tags().add(db, &tag("a")).await.unwrap());
    assert_eq!(links(db).await, ["a Photo(1)", "a Post(1)", "a Post(2)", "b Photo(1)", "b Post(1)", "c Post(1)"]);
    assert_eq!(ids(post(1).tags().order_by(Tag::ID.asc()).all(db).await.unwrap()), ["a", "b", "c"]);
    assert_eq!(ids(photo(1).tags().order_by(Tag::ID.asc()).all(db).await.unwrap()), ["a", "b"]);
    assert_eq!((post(1).tags().count(db).await.unwrap(), photo(2).tags().count(db).await.unwrap()), (3, 0));
    assert!(post(1).tags().remove(db, &tag("a")).await.unwrap());
    assert!(!post(3).tags().remove(db, &tag("a")).await.unwrap());
    assert_eq!(links(db).await, ["a Photo(1)", "a Post(2)", "b Photo(1)", "b Post(1)", "c Post(1)"]);
    post(1).tags().set(db, &[tag("a")]).await.unwrap();
    assert_eq!(links(db).await, ["a Photo(1)", "a Post(1)", "a Post(2)", "b Photo(1)"]);
    assert_eq!(post(1).tags().clear(db).await.unwrap(), 1);
    assert_eq!(post(2).tags().clear(db).await.unwrap(), 1);
    assert_eq!(links(db).await, of_photo);
    post(1).tags().add_many(db, &[tag("a"), tag("b")]).await.unwrap();
    assert_eq!(links(db).await, ["a Photo(1)", "a Post(1)", "b Photo(1)", "b Post(1)"]);
}

#[tokio::test]
async fn the_other_end_reaches_each_model_by_its_own_relation() {
    let test = database().await;
    let db = test.db();
    tagged(db).await;
    let a = tag("a");
    assert_eq!(a.posts().all(db).await.unwrap(), [post(1)]);
    assert_eq!(a.photos().all(db).await.unwrap(), [photo(1)]);
    assert!(a.photos().add(db, &photo(2)).await.unwrap());
    assert!(a.photos().remove(db, &photo(1)).await.unwrap());
    assert_eq!(links(db).await, ["a Photo(2)", "a Post(1)", "b Photo(1)", "b Post(1)"]);
    a.posts().set(db, &[post(2)]).await.unwrap();
    assert_eq!(links(db).await, ["a Photo(2)", "a Post(2)", "b Photo(1)", "b Post(1)"]);
    assert_eq!(a.photos().clear(db).await.unwrap(), 1);
    assert_eq!(links(db).await, ["a Post(2)", "b Photo(1)", "b Post(1)"]);
    let created = a.posts().create(db, post(70)).await.unwrap();
    assert_eq!(created, post(70));
    assert_eq!(links(db).await, ["a Post(2)", "a Post(70)", "b Photo(1)", "b Post(1)"]);
}

#[tokio::test]
async fn a_link_with_data_belongs_to_its_model() {
    let test = database().await;
    let db = test.db();
    tagged(db).await;
    let with_data = Tagging { by: "ada".to_owned(), ..tagging("c", Subject::Post(1)) };
    post(1).tags().add_link(db, with_data.clone()).await.unwrap();
    // the handle says whose link it is
    let of_photo = photo(2).tags().add_link(db, Tagging { id: ObjectId::new(), ..with_data.clone() }).await.unwrap();
    assert_eq!(of_photo.taggable, Subject::Photo(2));
    // but a link to a post is none to a photo
    let other = tag("a").photos().add_link(db, Tagging { id: ObjectId::new(), ..with_data }).await;
    assert!(matches!(other, Err(earnorm::Error::Invalid { .. })), "{other:?}");
    let linked = post(1).tags().links(db).await.unwrap();
    assert_eq!(linked.iter().find(|linked| linked.target.id == "c").unwrap().link.by, "ada");
    assert_eq!(linked.len(), 3);
    assert_eq!(photo(1).tags().links(db).await.unwrap().len(), 2);
}

#[tokio::test]
async fn both_strategies_load_the_links_of_one_model() {
    let test = database().await;
    let db = test.db();
    tagged(db).await;
    post(2).tags().add(db, &tag("c")).await.unwrap();
    for (strategy, commands) in STRATEGIES.into_iter().zip([7, 1]) {
        let query = || {
            Post::find_all()
                .with(Post::TAGS.with(Tag::PHOTOS).order_by(Tag::ID.asc()))
                .with(Post::TAGS.count())
                .order_by(Post::ID.asc())
                .strategy(strategy)
        };
        let found = assert_commands!(test, commands, { query().all(db).await.unwrap() });
        let of = |index: usize| {
            let tags = found[index].related(Post::TAGS).iter();
            tags.map(|tag| (tag.id.as_str(), tag.related(Tag::PHOTOS).len())).collect::<Vec<_>>()
        };
        assert_eq!([of(0), of(1), of(2)], [vec![("a", 1), ("b", 1)], vec![("c", 0)], vec![]]);
        assert_eq!(found.iter().map(|post| post.count(Post::TAGS)).collect::<Vec<_>>(), [2, 1, 0]);
        // a window for each post, and for each tag
        let first = Post::find_all().with(Post::TAGS.order_by(Tag::ID.desc()).limit(1)).order_by(Post::ID.asc());
        let first = first.strategy(strategy).all(db).await.unwrap();
        assert_eq!(first[0].related(Post::TAGS)[0].id, "b");
        let with_links = Photo::find_all().with(Photo::TAGS.links()).order_by(Photo::ID.asc());
        let with_links = with_links.strategy(strategy).all(db).await.unwrap();
        let links = with_links[0].related(Photo::TAGS.links());
        assert!(links.iter().all(|linked| linked.link.taggable == Subject::Photo(1)));
        assert_eq!((links.len(), with_links[1].related(Photo::TAGS.links()).len()), (2, 0));
    }
}

#[tokio::test]
async fn conditions_go_through_the_links_of_one_model() {
    let test = database().await;
    let db = test.db();
    tagged(db).await;
    photo(2).tags().add(db, &tag("c")).await.unwrap();
    let tags = async |filter| {
        let found: Vec<Tag> = Tag::find(filter).order_by(Tag::ID.asc()).all(db).await.unwrap();
        found.into_iter().map(|tag| tag.id).collect::<Vec<_>>()
    };
    assert_eq!(tags(Tag::POSTS.any()).await, ["a", "b"]);
    assert_eq!(tags(Tag::PHOTOS.any()).await, ["a", "b", "c"]);
    assert_eq!(tags(Tag::PHOTOS.filter(Photo::URL.eq("photo 2")).any()).await, ["c"]);
    assert_eq!(Post::find(Post::TAGS.filter(Tag::ID.eq("c")).any()).count(db).await.unwrap(), 0);
    assert_eq!(Photo::find(Photo::TAGS.filter(Tag::ID.eq("c")).any()).one(db).await.unwrap(), photo(2));
}

#[tokio::test]
async fn a_delete_of_one_end_deletes_the_links_of_its_model() {
    let test = database().await;
    let db = test.db();
    tagged(db).await;
    post(1).delete(db).await.unwrap();
    assert_eq!(links(db).await, ["a Photo(1)", "b Photo(1)"]);
    let plan = tag("a").plan_delete(db).await.unwrap();
    assert_eq!(plan.to_string(), "1 tag deleted; 1 link removed");
    plan.execute(db).await.unwrap();
    assert_eq!(links(db).await, ["b Photo(1)"]);
}
