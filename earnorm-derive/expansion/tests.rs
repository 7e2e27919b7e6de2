//! Snapshots of the expansions of typical models, which are also the documentation of the expansion.

mod lists;
mod places;
mod print;

use darling::ast::NestedMeta;
use proc_macro2::TokenStream;
use syn::{Attribute, DeriveInput, Error, File};

use crate::attr::{IndexAttr, ModelAttr, Receiver, RelationAttr, Role, apply_case, apply_variant_case};
use crate::names::{in_messages, plural, snake};

/// The names of the derives of a type.
fn derived(attributes: &[Attribute]) -> Vec<String> {
    let mut names = Vec::new();
    for derives in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        // a list that can't be parsed has none
        let _ = derives.parse_nested_meta(|meta| {
            names.extend(meta.path.segments.last().map(|last| last.ident.to_string()));
            Ok(())
        });
    }
    names
}

/// What a type derives of the three derives. `None` is a reference. Without a derive, it is a model.
fn role(attributes: &[Attribute]) -> Option<Role> {
    let names = derived(attributes);
    let has = |name: &str| names.iter().any(|one| one == name);
    match (has("Reference"), has("Embedded")) {
        (true, _) => None,
        (_, true) => Some(Role::Embedded),
        _ => Some(Role::Model),
    }
}

/// The expansion of a type. Without a derive, it is a model.
fn derive(input: &DeriveInput) -> TokenStream {
    role(&input.attrs).map_or_else(|| crate::derive_reference(input), |role| crate::derive(input, role))
}

fn printed(model: TokenStream) -> Result<String, Error> {
    let input: DeriveInput = syn::parse2(model)?;
    let expansion: File = syn::parse2(derive(&input))?;
    Ok(prettyplease::unparse(&expansion))
}

macro_rules! snapshots {
    ($($(#[doc = $doc:literal])* $name:ident { $($model:tt)* })*) => { $(
        $(#[doc = $doc])*
        #[test]
        fn $name() -> Result<(), Error> {
            let expansion = printed(quote::quote!($($model)*))?;
            let mut settings = insta::Settings::clone_current();
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(stringify!($name), expansion));
            Ok(())
        }
    )*
        /// Each model under its name.
        fn models() -> Vec<(&'static str, TokenStream)> {
            vec![$((stringify!($name), quote::quote!($($model)*))),*]
        }
    };
}

/// `REFERENCE.md` is part of this crate's documentation. `INSTA_UPDATE=always` writes it again.
#[test]
fn the_documentation_shows_the_expansions() -> Result<(), Box<dyn std::error::Error>> {
    const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/expansion/REFERENCE.md");
    let mut reference = String::from("# What models expand to\n");
    for (name, model) in models().into_iter().filter(|(name, _)| !["mistakes", "not_a_struct"].contains(name)) {
        let source = prettyplease::unparse(&syn::parse2(model.clone())?);
        let (title, expansion) = (name.replace('_', " "), printed(model)?);
        let section = format!("\n## {title}\n\n```text\n{source}```\n\nbecomes\n\n```text\n{expansion}```\n");
        reference.push_str(&section);
    }
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(PATH, &reference)?;
    }
    assert!(std::fs::read_to_string(PATH)? == reference, "stale: run with `INSTA_UPDATE=always`, then read the diff");
    Ok(())
}

/// The most lines that a model with up to three relations, a reference to two models, or an enum of two models may expand to, and how many more each further relation may add.
const LINES: usize = 120;
const LINES_OF_A_RELATION: usize = 20;

/// Long expansions and futures are what makes a derive slow to compile: the compiler has to prove each future `Send`.
#[test]
fn an_expansion_is_short_and_has_no_async() -> Result<(), Error> {
    for (name, model) in models() {
        let expansion = printed(model)?;
        let relations = expansion.matches("::Relation for ").count();
        let (lines, limit) = (expansion.lines().count(), LINES + LINES_OF_A_RELATION * relations.saturating_sub(3));
        assert!(lines <= limit, "`{name}` expands to {lines} lines, over {limit}");
        assert!(!expansion.split_whitespace().any(|word| word == "async"), "`{name}` expands to code with `async`");
    }
    Ok(())
}

snapshots! {
    user {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = "users")]
        #[relation(one_to_one, target = "Profile", fk = "user_id", cascade_delete)]
        #[relation(one_to_many, target = "Post", fk = "author_id", cascade_delete, back_populates = "author")]
        #[relation(many_to_many, target = "Group", through = "UserGroup")]
        pub struct User {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            pub name: String,
            pub age: Option<u32>,
        }
    }

    account {
        #[derive(Serialize, Deserialize, Model)]
        #[index(email, unique, partial = doc! { "active": true })]
        #[index(devices.model, -seen)]
        #[index(seen, expire_after = 60 * 60)]
        #[index(text(email), name = "search")]
        struct Account {
            #[serde(rename = "_id")]
            id: ObjectId,
            email: String,
            seen: DateTime,
            #[model(embedded)]
            devices: Vec<Device>,
        }
    }

    post {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[relation(one_to_many, target = "Comment", fk = "post_id", cascade_delete)]
        #[relation(one_to_many, name = "active_comments", target = "Comment", fk = "post_id", filter = doc! { "status": "active" })]
        #[relation(one_to_many, name = "recent_comments", target = "Comment", fk = "post_id", order_by = [("created_at", -1)])]
        #[relation(one_to_many, name = "top_comments", target = "Comment", fk = "post_id", order_by = [("likes", -1)], limit = 10)]
        pub struct Post {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            pub title: String,
            pub likes: i64,
            #[relation(many_to_one, target = "User", back_populates = "posts")]
            pub author_id: ObjectId,
        }
    }

    /// The fields that EarnORM writes.
    article {
        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        #[relation(one_to_many, target = Review, fk = article_id, counter = review_count, touch = active_at)]
        pub struct Article {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            #[model(created_at)]
            pub created: DateTime,
            #[model(updated_at)]
            #[serde(rename = "changed")]
            pub updated: Option<DateTime>,
            #[model(version)]
            pub rev: i64,
            pub review_count: i64,
            pub active_at: Option<DateTime>,
        }
    }

    /// Two constants for the id: `ID`, and the one named after its field.
    id_of_another_name {
        #[relation(one_to_many, target = "Line", fk = "order_no")]
        struct Order {
            #[serde(rename = "_id")]
            no: i64,
        }
    }

    /// A field constant compares what is stored.
    encoders {
        #[serde(rename_all = "camelCase")]
        pub struct Event {
            #[serde(rename = "_id", with = "uuid_1_as_binary")]
            pub id: Uuid,
            #[serde(serialize_with = "helpers::whole_seconds", default = "Utc::now")]
            pub happened_at: DateTime<Utc>,
            #[serde(skip_serializing_if = "Option::is_none")]
            pub place: Option<String>,
            #[serde(flatten)]
            pub rest: Document,
            #[serde(skip)]
            pub cached: bool,
        }
    }

    array_of_ids {
        pub struct Member {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            #[relation(many_to_many, target = crate::clubs::Club, back_populates = members)]
            pub club_ids: Vec<ObjectId>,
        }
    }

    other_side_of_an_array {
        #[relation(many_to_many, target = "Member", target_ids = "club_ids", back_populates = "clubs")]
        pub struct Club {
            #[serde(rename = "_id")]
            pub id: ObjectId,
        }
    }

    /// Both keys of the join model refer to the same model.
    through_with_keys {
        #[relation(many_to_many, name = following, target = Self, through = Follow, fk = follower_id, target_fk = followed_id)]
        pub(crate) struct Person {
            #[serde(rename = "_id")]
            id: Id<Person>,
        }
    }

    one_to_one_from_the_key {
        pub struct Profile {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            #[relation(one_to_one, target = "User", on_delete = "cascade", lazy_load = false, index = false)]
            pub user_id: ObjectId,
        }
    }

    /// A tree, with a key that a delete sets to null.
    self_reference {
        #[model(guard = "rev", hooks, check_references)]
        #[relation(one_to_many, name = "children", target = "Node", fk = "parent_id", on_delete = "set_null", orphan_removal)]
        pub struct Node {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            #[relation(many_to_one, target = "Node", back_populates = "children")]
            pub parent_id: Option<ObjectId>,
            #[serde(rename = "_rev")]
            pub rev: i64,
        }
    }

    /// A tree with methods for all documents below and above one.
    category {
        #[relation(one_to_many, name = "children", target = Category, fk = parent_id, recursive = "descendants")]
        pub struct Category {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            pub name: String,
            #[relation(many_to_one, target = Category, recursive = "ancestors")]
            pub parent_id: Option<ObjectId>,
        }
    }

    /// An embedded document with two keys.
    line {
        #[derive(Debug, Clone, Serialize, Deserialize, Embedded)]
        #[serde(rename_all = "camelCase")]
        pub struct Line {
            #[relation(many_to_one, target = Product, on_delete = "restrict")]
            pub product_id: ObjectId,
            #[relation(many_to_one, target = Supplier, on_delete = "set_null")]
            pub supplier_id: Option<ObjectId>,
            pub quantity: i32,
        }
    }

    /// A model that holds embedded documents: an array of them, and one whose fields are stored among those of the model.
    order {
        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        pub struct Order {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            #[model(embedded)]
            #[serde(rename = "ls")]
            pub lines: Vec<Line>,
            #[model(embedded)]
            #[serde(flatten)]
            pub billing: Option<Party>,
        }
    }

    /// The other side of a key in an array of embedded documents.
    product {
        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        #[relation(many_to_many, target = Order, target_ids = lines.product_id, back_populates = lines.product)]
        pub struct Product {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            pub title: String,
        }
    }

    /// The other side of a key in an embedded document of an embedded document.
    country {
        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        #[relation(one_to_many, target = Order, fk = billing.address.country_id)]
        pub struct Country {
            #[serde(rename = "_id")]
            pub id: i32,
        }
    }

    /// A model that shares its collection.
    car {
        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        #[serde(tag = "kind", rename = "car")]
        #[model(collection = "vehicles")]
        pub struct Car {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            pub doors: i32,
        }
    }

    /// The enum of two models that share a collection.
    vehicle {
        #[derive(Debug, Clone, Model)]
        pub enum Vehicle {
            Car(Car),
            Truck(Truck),
        }
    }

    /// References to documents of two models.
    subject {
        #[derive(Clone, Copy, Serialize, Deserialize, Reference)]
        #[serde(tag = "type", content = "id")]
        pub enum Subject {
            Post(ObjectId),
            #[serde(rename = "Picture")]
            Photo(Id<Photo>),
        }
    }

    /// A model that refers to documents of several models.
    comment {
        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        pub struct Comment {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            #[relation(many_to_one, on_delete = "cascade")]
            pub subject: Subject,
            #[serde(flatten)]
            #[relation(one_to_one, name = "origin")]
            pub source: Option<Open<Source>>,
        }
    }

    raw_identifiers {
        #[model(crate = crate::orm)]
        pub struct r#Match {
            #[serde(rename = "_id")]
            pub id: ObjectId,
            pub r#type: String,
            #[relation(many_to_one, target = "r#Loop")]
            pub loop_id: ObjectId,
        }
    }

    /// All mistakes are reported, and the rest is emitted.
    mistakes {
        #[relation(one_to_many, target = "Post", fk = "author_id", limt = 3)]
        #[relation(one_to_many, name = "drafts", target = "Post")]
        pub struct Author {
            id: ObjectId,
        }
    }

    not_a_struct {
        pub enum Shape {
            Circle,
        }
    }
}

#[test]
fn every_option_is_accepted_as_its_usage_is_written() -> Result<(), Error> {
    fn accepts<T: Receiver>() -> Result<(), Error> {
        for usage in T::OPTIONS.usages() {
            let items = NestedMeta::parse_meta_list(usage.parse()?)?;
            T::from_list(&items)?;
        }
        Ok(())
    }
    accepts::<ModelAttr>()?;
    accepts::<RelationAttr>()?;
    accepts::<IndexAttr>()
}

#[test]
fn names_follow_serde_and_english() {
    let cases = [
        ("lowercase", "first_name", "firstname"),
        ("UPPERCASE", "FIRST_NAME", "FIRSTNAME"),
        ("PascalCase", "FirstName", "FirstName"),
        ("camelCase", "firstName", "firstName"),
        ("snake_case", "first_name", "first_name"),
        ("SCREAMING_SNAKE_CASE", "FIRST_NAME", "FIRST_NAME"),
        ("kebab-case", "first-name", "first-name"),
        ("SCREAMING-KEBAB-CASE", "FIRST-NAME", "FIRST-NAME"),
    ];
    for (rule, field, variant) in cases {
        assert_eq!(apply_case(rule, "first_name"), field);
        assert_eq!(apply_variant_case(rule, "FirstName"), variant);
    }
    for (one, many) in
        [("UserGroup", "user_groups"), ("Person", "people"), ("WildChild", "wild_children"), ("HTTPLog", "http_logs")]
    {
        assert_eq!(plural(&snake(one)), many);
    }
}

#[test]
fn messages_name_documents_in_english() {
    for (model, one, many) in [
        ("User", "user", "users"),
        ("BlogPost", "blog post", "blog posts"),
        ("WildChild", "wild child", "wild children"),
        ("News", "news", "news"),
    ] {
        assert_eq!(in_messages(model), (one.to_owned(), many.to_owned()));
    }
}
