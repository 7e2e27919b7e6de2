//! The marker type of a relation by its name: [`relation!`](crate::relation!).

use crate::schema::{ModelMetadata, Next, Zero, fail, str_eq};

/// The marker type of a relation by its place in the list of a model's relations, for [`relation!`](crate::relation!).
#[doc(hidden)]
pub trait At<P> {
    type Marker;
}

impl<R, Rest> At<Zero> for (R, Rest) {
    type Marker = R;
}

impl<P, R, Rest: At<P>> At<Next<P>> for (R, Rest) {
    type Marker = Rest::Marker;
}

/// The number of the relation with this name.
#[doc(hidden)]
#[track_caller]
pub const fn number_of(model: &ModelMetadata, name: &str) -> usize {
    let relations = model.relations;
    let mut n = 0;
    while n < relations.len() {
        if str_eq(relations[n].name, name) {
            return n;
        }
        n += 1;
    }
    n = 0;
    while n < relations.len() {
        if same_but_for_case(relations[n].name, name) {
            fail(&["`", model.name, "` has no relation `", name, "`; write `", relations[n].name, "`"]);
        }
        n += 1;
    }
    if relations.is_empty() {
        fail(&["`", model.name, "` has no relation `", name, "`; it declares none"]);
    }
    let mut words = [""; 6 + 3 * MOST];
    (words[0], words[1], words[2], words[3]) = ("`", model.name, "` has no relation `", name);
    words[4] = if relations.len() == 1 { "`; its relation is " } else { "`; its relations are " };
    n = 0;
    while n < relations.len() && n < MOST {
        words[5 + 3 * n] = if n == 0 { "`" } else { ", `" };
        words[6 + 3 * n] = relations[n].name;
        words[7 + 3 * n] = "`";
        n += 1;
    }
    fail(&words);
    0
}

const fn same_but_for_case(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i].eq_ignore_ascii_case(&b[i]) {
        i += 1;
    }
    i == a.len() && i == b.len()
}

/// How many relations the message for a misspelt name lists.
const MOST: usize = 12;

/// The type of a relation, for a bound on [`Includes`](crate::Includes): `relation!(User, posts)`.
#[macro_export]
macro_rules! relation {
    ($model:ty, $relation:ident) => {
        <<$model as $crate::__private::Record>::Relations as $crate::__private::At<
            <$crate::__private::Is<
                {
                    $crate::__private::number_of(
                        <$model as $crate::__private::Record>::TABLE,
                        ::core::stringify!($relation),
                    )
                },
                true,
            > as $crate::__private::Numbered>::Place,
        >>::Marker
    };
}

/// The type of a document with its loaded relations, for the signature of a function or the field of a struct.
///
/// It names the model, and then what the query loads, in the order of its `.with(..)`: each relation with the type of its
/// value, `count(..)` for a count and `tree(..)` for a recursive relation. `Card as User` stands for documents of `User` that
/// are read as the view `Card`.
///
/// | relation | value |
/// |---|---|
/// | to many | `Vec<Post>` |
/// | one-to-one | `Option<Profile>` |
/// | to the document that a key refers to | [`Shared<User>`](crate::Shared) |
/// | many-to-many with `.links()` | `Vec<Linked<Group, UserGroup>>` |
/// | to many with `.first()` | `Option<Post>` |
/// | `tree(children)` | [`Tree<Category>`](crate::Tree) |
///
/// In place of a model, a value can have another `loaded!` or a view.
///
/// ```
/// use earnorm::loaded;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = Post, fk = author_id)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = Comment, fk = post_id)]
/// # struct Post { #[serde(rename = "_id")] id: ObjectId, title: String, author_id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Comment { #[serde(rename = "_id")] id: ObjectId, post_id: ObjectId }
/// type UserPage = loaded!(User, posts: Vec<loaded!(Post, comments: Vec<Comment>)>, count(posts));
///
/// async fn pages(db: &mongodb::Database) -> earnorm::Result<Vec<UserPage>> {
///     User::find_all().with(User::POSTS.with(Post::COMMENTS)).with(User::POSTS.count()).all(db).await
/// }
///
/// fn title(page: &UserPage) -> String {
///     format!("{} ({} posts)", page.name, page.count(User::POSTS))
/// }
/// ```
#[macro_export]
macro_rules! loaded {
    ($view:ty as $model:ty $(, $($loaded:tt)*)?) => {
        $crate::__loaded!([$view] [$model] [()] $($($loaded)*)?)
    };
    ($model:ty $(, $($loaded:tt)*)?) => {
        $crate::__loaded!([$model] [$model] [()] $($($loaded)*)?)
    };
}

/// Adds one loaded value after the other to the type.
#[doc(hidden)]
#[macro_export]
macro_rules! __loaded {
    ([$view:ty] [$model:ty] [$related:ty]) => {
        $crate::Loaded<$view, $related>
    };
    ([$view:ty] [$model:ty] [$related:ty] count($relation:ident) $(, $($rest:tt)*)?) => {
        $crate::__loaded!(
            [$view] [$model]
            [($related, $crate::bounds::Slot<$crate::bounds::CountOf<$crate::relation!($model, $relation)>, u64>)]
            $($($rest)*)?
        )
    };
    ([$view:ty] [$model:ty] [$related:ty] tree($relation:ident): $value:ty $(, $($rest:tt)*)?) => {
        $crate::__loaded!(
            [$view] [$model]
            [($related, $crate::bounds::Slot<$crate::bounds::TreeOf<$crate::relation!($model, $relation)>, $value>)]
            $($($rest)*)?
        )
    };
    ([$view:ty] [$model:ty] [$related:ty] $relation:ident: $value:ty $(, $($rest:tt)*)?) => {
        $crate::__loaded!(
            [$view] [$model]
            [($related, $crate::bounds::Slot<$crate::relation!($model, $relation), $value>)]
            $($($rest)*)?
        )
    };
}
