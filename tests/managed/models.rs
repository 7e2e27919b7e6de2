//! The models of the table, each twice: with managed fields, and without.

use earnorm::mongodb::bson::{DateTime, Document, from_document};
use earnorm::prelude::*;

/// The time in documents that were written before the test.
pub(crate) fn long_ago() -> DateTime {
    DateTime::from_millis(1_000_000)
}

/// The document of a model with these fields. Its managed fields are as [`long_ago`].
pub(crate) fn new<M: Model>(fields: Document) -> M {
    from_document(fields).unwrap()
}

/// The models in a module, with these fields in each of them.
macro_rules! models {
    ([$($managed:tt)*] $notes:tt $drafts:tt $leaves:tt $authors:tt $books:tt $portraits:tt $clubs:tt $memberships:tt
     $awards:tt $orders:tt $products:tt $suppliers:tt $folders:tt $vehicles:tt $comments:tt $houses:tt $tenants:tt
     $badges:tt) => {
        #[allow(unused_imports, reason = "the fields of only one of the modules need them")]
        use earnorm::mongodb::bson::DateTime;
        use earnorm::prelude::*;
        use earnorm::{HookContext, Hooks, Result};

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $notes)]
        #[index(text, unique)]
        pub(crate) struct Note {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            pub(crate) text: String,
            pub(crate) mark: Option<i32>,
            $($managed)*
        }

        /// With hooks, which need a copy of each document.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $drafts, hooks)]
        pub(crate) struct Draft {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            pub(crate) text: String,
            $($managed)*
        }

        impl Hooks for Draft {
            async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
                self.text = self.text.to_uppercase();
                Ok(())
            }
        }

        /// With an id that is made by the insert.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $leaves)]
        pub(crate) struct Leaf {
            #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
            pub(crate) id: Option<ObjectId>,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $authors)]
        #[relation(one_to_many, target = Book, fk = author_id, on_delete = "set_null")]
        #[relation(one_to_one, target = Portrait, fk = author_id, on_delete = "set_null")]
        #[relation(many_to_many, target = Club, through = Membership)]
        #[relation(many_to_many, name = "badges", target = Badge, target_ids = author_ids)]
        pub(crate) struct Author {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[relation(many_to_many, target = Award)]
            pub(crate) award_ids: Vec<i32>,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $books)]
        pub(crate) struct Book {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[relation(many_to_one, target = Author)]
            pub(crate) author_id: Option<i32>,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $portraits)]
        pub(crate) struct Portrait {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[relation(one_to_one, target = Author)]
            pub(crate) author_id: Option<i32>,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $clubs)]
        pub(crate) struct Club {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $memberships)]
        pub(crate) struct Membership {
            #[serde(rename = "_id")]
            pub(crate) id: String,
            #[relation(many_to_one, target = Author)]
            pub(crate) author_id: i32,
            #[relation(many_to_one, target = Club)]
            pub(crate) club_id: i32,
            $($managed)*
        }

        impl Default for Membership {
            fn default() -> Self {
                let id = ObjectId::new().to_hex();
                crate::models::new(doc! { "_id": id, "author_id": 0, "club_id": 0 })
            }
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $awards)]
        pub(crate) struct Award {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $badges)]
        pub(crate) struct Badge {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[serde(default)]
            pub(crate) author_ids: Vec<i32>,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
        pub(crate) struct Line {
            #[relation(many_to_one, target = Product, on_delete = "pull")]
            pub(crate) product_id: i32,
            #[relation(many_to_one, target = Supplier, on_delete = "set_null")]
            pub(crate) supplier_id: Option<i32>,
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $orders)]
        pub(crate) struct Order {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[model(embedded)]
            pub(crate) lines: Vec<Line>,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $products)]
        #[relation(many_to_many, target = Order, target_ids = lines.product_id)]
        pub(crate) struct Product {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $suppliers)]
        pub(crate) struct Supplier {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $folders)]
        pub(crate) struct Folder {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[relation(many_to_one, target = Folder, recursive = "ancestors")]
            pub(crate) parent_id: Option<i32>,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[serde(tag = "kind", rename = "car")]
        #[model(collection = $vehicles)]
        pub(crate) struct Car {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            pub(crate) doors: i32,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[serde(tag = "kind", rename = "truck")]
        #[model(collection = $vehicles)]
        pub(crate) struct Truck {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Model)]
        pub(crate) enum Vehicle {
            Car(Car),
            Truck(Truck),
        }

        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Reference)]
        #[serde(tag = "type", content = "id")]
        pub(crate) enum Subject {
            Note(i32),
            Book(i32),
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $comments)]
        pub(crate) struct Comment {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[relation(many_to_one)]
            pub(crate) subject: Option<Subject>,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $houses, guard = "_guard")]
        pub(crate) struct House {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[serde(default)]
            pub(crate) _guard: i64,
            $($managed)*
        }

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
        #[model(collection = $tenants)]
        pub(crate) struct Tenant {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            #[relation(many_to_one, target = House)]
            pub(crate) house_id: i32,
            $($managed)*
        }
    };
}

#[allow(dead_code, reason = "no test needs all relations")]
pub(crate) mod managed {
    models! {
        [
            #[model(created_at)]
            #[serde(default = "crate::models::long_ago")]
            pub(crate) created: DateTime,
            #[model(updated_at)]
            #[serde(default = "crate::models::long_ago")]
            pub(crate) updated: DateTime,
            #[model(version)]
            #[serde(default)]
            pub(crate) rev: i64,
        ]
        "notes" "drafts" "leaves" "authors" "books" "portraits" "clubs" "memberships" "awards" "orders" "products"
        "suppliers" "folders" "vehicles" "comments" "houses" "tenants" "badges"
    }
}

#[allow(dead_code, reason = "no test needs all relations")]
pub(crate) mod plain {
    models! {
        []
        "plain_notes" "plain_drafts" "plain_leaves" "plain_authors" "plain_books" "plain_portraits" "plain_clubs"
        "plain_memberships" "plain_awards" "plain_orders" "plain_products" "plain_suppliers" "plain_folders"
        "plain_vehicles" "plain_comments" "plain_houses" "plain_tenants" "plain_badges"
    }
}
