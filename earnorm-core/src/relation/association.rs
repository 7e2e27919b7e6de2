//! The constants of relations.

use std::fmt;
use std::marker::PhantomData;

use super::key::{Key, Keys};
use super::kind::{self, JoinKeys, Joins, Kind};
use super::marker::Relation;
use super::sides::{PointsBack, check_sides};
use crate::Model;
use crate::embedded::Record;
use crate::schema::{KeyHolder, ModelMetadata, RelationKind, RelationMetadata, Target, ThroughMetadata};

/// The constant of a relation from `S` to `T`, like `User::POSTS`. Its type names both models, the relation and its
/// kind. Its value holds the keys of the relation, which the compiler has checked.
///
/// Use it in a query to load the relation with the query's documents ([`with`](crate::Query::with)), to load or count
/// it for documents that you already hold, and in the conditions of a [`Filter`](crate::Filter). For the relation of
/// one document, call the document's method instead: `user.posts()` returns a [`Handle`](crate::Handle).
///
/// ```no_run
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(one_to_many, target = "Post", fk = "author_id")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Post {
/// #     #[serde(rename = "_id")] id: ObjectId,
/// #     likes: i64,
/// #     #[relation(many_to_one, target = "User")] author_id: ObjectId,
/// # }
/// # async fn run(db: mongodb::Database) -> earnorm::Result<()> {
/// let users = User::find(User::POSTS.any()).all(&db).await?;
/// let best: Vec<Vec<Post>> = User::POSTS.order_by(Post::LIKES.desc()).limit(3).load(&db, &users).await?;
/// let numbers = User::POSTS.count_by(&db, &users).await?;
/// for post in Post::find_all().with(Post::AUTHOR).all(&db).await? {
///     println!("{} by {:?}", post.id, post.related(Post::AUTHOR).map(|author| author.id));
/// }
/// # Ok(()) }
/// ```
pub struct Association<S: 'static, T: 'static, R, K: Kind<S, T>> {
    pub(crate) keys: K::Keys,
    relation: Types<S, T, R>,
}

/// Type parameters of which a value holds no instance.
type Types<S, T, R> = PhantomData<fn() -> (S, T, R)>;

/// A relation from one `S` to any number of `T`, by a key in `T`: the type of a constant like `User::POSTS`.
pub type OneToMany<S, T, R> = Association<S, T, R, kind::OneToMany>;

/// A relation from an `S` to at most one `T`, by a key in `T`: the type of a constant like `User::PROFILE`.
pub type OneToOne<S, T, R> = Association<S, T, R, kind::OneToOne>;

/// A relation from an `S` to the one `T` whose id it holds: the type of a constant like `Post::AUTHOR`. In a
/// one-to-one relation, the side that holds the key has this type too.
pub type ManyToOne<S, T, R> = Association<S, T, R, kind::ManyToOne>;

/// A relation from an `S` to the one document that its key refers to, which can be of several models: the type of a
/// constant like `Comment::SUBJECT`. `K` is the type of the field.
pub type ManyToAny<S, K, R> = Association<S, K, R, kind::ManyToAny>;

/// A many-to-many from `S` to `T` by documents of the join model `J`: the type of a constant like `User::GROUPS`.
pub type ManyToMany<S, T, R, J> = Association<S, T, R, kind::ManyToMany<J>>;

/// A many-to-many from `S` to `T` by an array of ids in `S`: the type of a constant like `Member::CLUBS`.
pub type ManyToManyByIds<S, T, R> = Association<S, T, R, kind::ManyToManyByIds>;

/// A many-to-many from `S` to `T` by an array of ids in `T`: the type of a constant like `Club::MEMBERS`.
pub type ManyToManyInIds<S, T, R> = Association<S, T, R, kind::ManyToManyInIds>;

/// A many-to-many from `S` to `T` by a key in an array of embedded documents of `T`: the type of a constant like
/// `Product::ORDERS`.
pub type ManyToManyInElements<S, T, R> = Association<S, T, R, kind::ManyToManyInElements>;

impl<S: 'static, T: 'static, R, K: Kind<S, T>> Clone for Association<S, T, R, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: 'static, T: 'static, R, K: Kind<S, T>> Copy for Association<S, T, R, K> {}

impl<S: 'static, T: 'static, R: Relation, K: Kind<S, T>> fmt::Debug for Association<S, T, R, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Association").field(&R::META.name).finish()
    }
}

impl<S: 'static, T: 'static, R, K: Kind<S, T>> Association<S, T, R, K> {
    pub(crate) const fn of_keys(keys: K::Keys) -> Self {
        Self { keys, relation: PhantomData }
    }
}

/// The functions that the derive calls in constants. A `const fn` can't be in a trait.
macro_rules! constants {
    ($($name:ident $(<$join:ident>)? {
        $($key:ident: $of:ty),+;
        keys: $keys:expr;
        foreign_key: $($foreign_key:ident).+, target: $($target:ident).+, table: $kind:ident $holder:ident
    })*) => { $(
        impl<S: 'static, T: 'static, R $(, $join: 'static)?> $name<S, T, R $(, $join)?> {
            #[doc(hidden)]
            pub const fn new($($key: $of),+) -> Self {
                Self::of_keys($keys)
            }

            /// A relation whose key has a mistake that is already reported. Code that uses the constant causes no
            /// further error.
            #[doc(hidden)]
            pub const fn unknown() -> Self {
                Self::new($(<$of>::UNKNOWN),+)
            }

            /// The stored name of the key.
            #[doc(hidden)]
            pub const fn foreign_key(&self) -> &'static str {
                self.$($foreign_key).+.name
            }

            #[doc(hidden)]
            pub const fn target(&self) -> fn() -> &'static ModelMetadata {
                self.$($target).+
            }

            /// The metadata of the relation that its keys determine. The derive adds the rest.
            #[doc(hidden)]
            pub const fn table(&self, name: &'static str) -> RelationMetadata {
                let (kind, holder) = (RelationKind::$kind, KeyHolder::$holder);
                let key = &self.$($foreign_key).+;
                RelationMetadata::new(name, kind, Target::One(self.target()), (key.name, key.path, key.tag, key.stored), holder)
            }
        }
    )* };
}
constants! {
    OneToMany { key: Key<S, T>; keys: key; foreign_key: keys, target: keys.child, table: OneToMany Target }
    OneToOne { key: Key<S, T>; keys: key; foreign_key: keys, target: keys.child, table: OneToOne Target }
    ManyToOne { key: Key<T, S>; keys: key; foreign_key: keys, target: keys.parent, table: ManyToOne Source }
    ManyToMany<J> {
        source: Key<S, J>, target: Key<T, J>;
        keys: JoinKeys { source, target };
        foreign_key: keys.source, target: keys.target.parent, table: ManyToMany Through
    }
    ManyToManyByIds { key: Keys<T, S>; keys: key; foreign_key: keys, target: keys.parent, table: ManyToMany Source }
    ManyToManyInIds { key: Keys<S, T>; keys: key; foreign_key: keys, target: keys.child, table: ManyToMany Target }
    ManyToManyInElements { key: Keys<S, T>; keys: key; foreign_key: keys, target: keys.child, table: ManyToMany Target }
}

/// Implements `is_nullable`: whether the key of a relation can be null.
macro_rules! nullable {
    ($($name:ident $holder:ident: $bound:ident $table:ident;)*) => { $(
        impl<S: 'static, T: 'static, R> $name<S, T, R> {
            #[doc(hidden)]
            pub const fn is_nullable(&self) -> bool
            where
                $holder: $bound,
            {
                match self.keys.nullable {
                    Some(nullable) => nullable,
                    None => matches!($holder::$table.field(self.keys.name), Some(field) if field.nullable),
                }
            }
        }
    )* };
}
nullable! {
    OneToMany T: Model METADATA;
    OneToOne T: Model METADATA;
    ManyToOne S: Record TABLE;
    ManyToManyInElements T: Model METADATA;
}

impl<S: 'static, T: 'static, R, J: 'static> ManyToMany<S, T, R, J> {
    #[doc(hidden)]
    pub const fn join(&self) -> ThroughMetadata
    where
        J: Model,
    {
        let JoinKeys { source, target } = self.keys;
        let (target_key, target_tag, stored) = (target.name, target.tag, target.stored);
        ThroughMetadata { model: source.child, target_key, target_tag, stored }
    }
}

impl<S: Record, T: Model, R: Relation<Source = S>, K: Kind<S, T> + Joins> Association<S, T, R, K> {
    /// Fails to compile if `B` is not the other side of this relation. `mine` and `other` are the names of the two
    /// constants as the user writes them.
    #[doc(hidden)]
    #[track_caller]
    pub const fn check_other_side<B: PointsBack<S, T>>(&self, _: &B, mine: &str, other: &str) {
        check_sides((R::META, mine), (B::META, other), K::MODELS, B::JOIN);
    }
}

#[diagnostic::do_not_recommend]
impl<A: Model, B: Record, R: Relation<Source = B>, K: Kind<B, A> + Joins> PointsBack<A, B> for Association<B, A, R, K> {
    const META: &'static RelationMetadata = R::META;
    const JOIN: &'static [&'static ModelMetadata] = K::MODELS;
}
