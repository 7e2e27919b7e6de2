//! The metadata that the derive writes for a model.

use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm::schema::{KeyHolder, OnDelete, RelationKind, RelationMetadata};
use earnorm_tests::blog::{Comment, Group, Post, Profile, User, UserGroup};

fn relation<M: Model>(name: &str) -> &'static RelationMetadata {
    let relations = M::metadata().relations.iter();
    relations.copied().find(|relation| relation.name == name).unwrap()
}

fn names<M: Model>() -> Vec<&'static str> {
    M::metadata().relations.iter().map(|relation| relation.name).collect()
}

#[test]
fn models_have_names_and_collections() {
    let user = User::metadata();
    assert_eq!((user.name, user.collection), ("User", "users"));
    assert!(user.module.ends_with("behaviour::blog") || user.module.ends_with("blog"), "{}", user.module);
    assert!(!user.config.check_references);
    assert_eq!(user.config.guard, None);
    // by default, the plural of the struct's name in snake_case
    let collections = [
        Profile::metadata().collection,
        Post::metadata().collection,
        Comment::metadata().collection,
        Group::metadata().collection,
        UserGroup::metadata().collection,
    ];
    assert_eq!(collections, ["profiles", "posts", "comments", "groups", "user_groups"]);
}

#[test]
fn fields_have_their_stored_names() {
    let fields = |fields: &[earnorm::schema::FieldMetadata]| -> Vec<_> {
        fields.iter().map(|field| (field.name, field.bson_name)).collect()
    };
    assert_eq!(fields(User::metadata().fields), [("id", "_id"), ("name", "name"), ("age", "age")]);
    assert_eq!(
        fields(Comment::metadata().fields),
        [
            ("id", "_id"),
            ("text", "text"),
            ("status", "status"),
            ("likes", "likes"),
            ("created_at", "created_at"),
            ("post_id", "post_id"),
        ]
    );
    assert_eq!(
        fields(Renamed::metadata().fields),
        [("no", "_id"), ("first_name", "firstName"), ("last", "surname"), ("nick", "nick"), ("_rev", "rev")]
    );
    let omittable: Vec<_> = Renamed::metadata().fields.iter().map(|field| field.omittable).collect();
    assert_eq!(omittable, [false, false, false, true, false]);
}

#[derive(Serialize, Deserialize, Model)]
#[serde(rename_all = "camelCase")]
#[model(collection = "people of old", guard = "_rev")]
struct Renamed {
    #[serde(rename = "_id")]
    no: i32,
    first_name: String,
    #[serde(rename = "surname")]
    last: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    nick: Option<String>,
    #[allow(dead_code, reason = "not stored, so not in the metadata")]
    #[serde(skip)]
    cached: bool,
    #[serde(rename = "rev", default)]
    _rev: i64,
}

#[test]
fn relations_are_in_the_order_of_their_declaration() {
    assert_eq!(names::<User>(), ["profile", "posts", "groups"]);
    assert_eq!(names::<Post>(), ["comments", "active_comments", "recent_comments", "top_comments", "author"]);
    assert_eq!(names::<Profile>(), ["user"]);
    assert_eq!(names::<Comment>(), ["post"]);
    assert_eq!(names::<UserGroup>(), ["user", "group"]);
    assert!(names::<Group>().is_empty());
}

#[test]
fn relations_have_kinds_targets_and_keys() {
    let expected = [
        (relation::<User>("profile"), RelationKind::OneToOne, "Profile", "user_id", KeyHolder::Target),
        (relation::<User>("posts"), RelationKind::OneToMany, "Post", "author_id", KeyHolder::Target),
        (relation::<User>("groups"), RelationKind::ManyToMany, "Group", "user_id", KeyHolder::Through),
        (relation::<Profile>("user"), RelationKind::OneToOne, "User", "user_id", KeyHolder::Source),
        (relation::<Post>("author"), RelationKind::ManyToOne, "User", "author_id", KeyHolder::Source),
        (relation::<Post>("comments"), RelationKind::OneToMany, "Comment", "post_id", KeyHolder::Target),
    ];
    for (relation, kind, target, key, holder) in expected {
        let name = relation.name;
        assert_eq!(relation.kind, kind, "{name}");
        let targets: Vec<_> = relation.target.models().map(|model| model.name).collect();
        assert_eq!(targets, [target], "{name}");
        assert_eq!(relation.foreign_key, key, "{name}");
        assert_eq!(relation.holder, holder, "{name}");
        assert_eq!(relation.through.is_some(), name == "groups");
    }
    let through = relation::<User>("groups").through.unwrap();
    assert_eq!(((through.model)().name, through.target_key), ("UserGroup", "group_id"));
    assert!(std::ptr::eq(relation::<Post>("author").target.models().next().unwrap(), User::metadata()));
}

#[test]
fn relations_have_filters_orders_and_limits() {
    let parts = |name| {
        let relation = relation::<Post>(name);
        (relation.filter.map(|filter| filter()), relation.order_by.to_vec(), relation.limit)
    };
    let active: Document = doc! { "status": "active" };
    assert_eq!(parts("comments"), (None, vec![], None));
    assert_eq!(parts("active_comments"), (Some(active), vec![], None));
    assert_eq!(parts("recent_comments"), (None, vec![("created_at", -1)], None));
    assert_eq!(parts("top_comments"), (None, vec![("likes", -1)], Some(10)));
}

#[test]
fn relations_have_their_options() {
    let posts = relation::<User>("posts").config;
    assert_eq!((posts.on_delete, posts.on_delete_written), (OnDelete::Cascade, true));
    assert_eq!(posts.back_populates, Some("author"));
    assert!(posts.lazy_load && posts.index && !posts.orphan_removal);
    let author = relation::<Post>("author").config;
    assert_eq!((author.on_delete, author.on_delete_written), (OnDelete::NoAction, false));
    assert_eq!(author.back_populates, Some("posts"));
    let profile = relation::<User>("profile").config;
    assert_eq!((profile.on_delete, profile.back_populates), (OnDelete::Cascade, None));
    let groups = relation::<User>("groups").config;
    assert!(!groups.on_delete_written);
}

#[derive(Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Item", fk = "box_id", on_delete = "restrict", orphan_removal, lazy_load = false)]
#[relation(one_to_many, name = "spare", target = "Item", fk = "spare_id", on_delete = "no_action")]
struct Crate {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Serialize, Deserialize, Model)]
struct Item {
    #[serde(rename = "_id")]
    id: i32,
    #[serde(rename = "box")]
    #[relation(many_to_one, target = "Crate", name = "container", index = false)]
    box_id: i32,
    #[relation(many_to_one, target = "Crate", on_delete = "set_null")]
    spare_id: Option<i32>,
}

#[test]
fn relations_have_every_option() {
    let items = relation::<Crate>("items");
    assert_eq!(items.foreign_key, "box", "the stored name");
    assert_eq!(items.config.on_delete, OnDelete::Restrict);
    assert!(items.config.orphan_removal && !items.config.lazy_load && items.config.index);
    let spare = relation::<Crate>("spare").config;
    assert_eq!((spare.on_delete, spare.on_delete_written), (OnDelete::NoAction, true));
    let container = relation::<Item>("container");
    assert!(!container.config.index);
    assert_eq!(container.foreign_key, "box");
    assert_eq!(relation::<Item>("spare").config.on_delete, OnDelete::SetNull);
    assert_eq!(Renamed::metadata().collection, "people of old");
    assert_eq!(Renamed::metadata().config.guard, Some("rev"));
}
