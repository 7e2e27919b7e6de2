//! The kinds of relations: what each constant holds.

use super::key::{Key, Keys};
use super::marker::Relation;
use super::sides::PointsBack;
use crate::Model;
use crate::schema::{ModelMetadata, RelationMetadata, ThroughMetadata};

/// The constant of a relation: its models and its marker as types, its checked keys as values.
///
/// `S`, `T` and the join model are not bound to be models, for the reason given at [`ForeignKey`](super::key::ForeignKey).
macro_rules! descriptor {
    (
        $(#[$doc:meta])*
        $name:ident<S, T, R $(, $join:ident)?> {
            $($field:ident: $of:ty),+;
            foreign_key: $foreign_key:ident, target: $target:ident.$target_is:ident,
            table: $kind:ident $holder:ident
        }
    ) => {
        $(#[$doc])*
        ///
        /// The constants of all kinds of relations are used alike: to load the relation with a query or for documents at
        /// hand, to count, and as a condition of a [`Filter`](crate::Filter). For one document there is a
        /// handle: `user.posts()`.
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
        pub struct $name<S: 'static, T: 'static, R $(, $join: 'static)?> {
            $(pub(crate) $field: $of,)+
            relation: std::marker::PhantomData<fn() -> (T, R)>,
        }

        impl<S: 'static, T: 'static, R $(, $join: 'static)?> Clone for $name<S, T, R $(, $join)?> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<S: 'static, T: 'static, R $(, $join: 'static)?> Copy for $name<S, T, R $(, $join)?> {}

        impl<S: 'static, T: 'static, R: $crate::Relation $(, $join: 'static)?> std::fmt::Debug for $name<S, T, R $(, $join)?> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&R::META.name).finish()
            }
        }

        impl<S: 'static, T: 'static, R $(, $join: 'static)?> $name<S, T, R $(, $join)?> {
            #[doc(hidden)]
            pub const fn new($($field: $of),+) -> Self {
                Self { $($field,)+ relation: std::marker::PhantomData }
            }

            /// For a relation with a mistake in its key, which is reported: what uses it has nothing to add.
            #[doc(hidden)]
            pub const fn unknown() -> Self {
                Self { $($field: <$of>::UNKNOWN,)+ relation: std::marker::PhantomData }
            }

            /// The stored name of the key.
            #[doc(hidden)]
            pub const fn foreign_key(&self) -> &'static str {
                self.$foreign_key.name
            }

            #[doc(hidden)]
            pub const fn target(&self) -> fn() -> &'static $crate::schema::ModelMetadata {
                self.$target.$target_is
            }

            /// What the relation says, as far as its keys know; the rest is added by its calls.
            #[doc(hidden)]
            pub const fn table(&self, name: &'static str) -> $crate::schema::RelationMetadata {
                $crate::schema::RelationMetadata::new(
                    name,
                    $crate::schema::RelationKind::$kind,
                    self.target(),
                    self.foreign_key(),
                    $crate::schema::KeyHolder::$holder,
                    self.$foreign_key.stored,
                )
            }
        }

        impl<S: $crate::Model, T: $crate::Model, R: $crate::Relation<Source = S> $(, $join: $crate::Model)?> $name<S, T, R $(, $join)?> {
            /// Fails to compile where `other` is not the other side of this relation; both are given as users write them.
            #[doc(hidden)]
            #[track_caller]
            pub const fn check_other_side<B: $crate::PointsBack<S, T>>(&self, _: &B, mine: &str, other: &str) {
                let (mine, other) = ((R::META, mine), (B::META, other));
                $crate::relation::sides::check_sides(mine, other, &[$($join::METADATA)?], B::JOIN);
            }
        }
    };
}

/// Whether the key that a relation goes by can be empty.
macro_rules! nullable {
    ($name:ident, $holder:ident) => {
        impl<S: 'static, T: 'static, R> $name<S, T, R> {
            #[doc(hidden)]
            pub const fn is_nullable(&self) -> bool
            where
                $holder: $crate::Model,
            {
                matches!($holder::METADATA.field(self.key.name), Some(field) if field.nullable)
            }
        }
    };
}

descriptor! {
    /// A relation from one `S` to any number of `T`, by a key in `T`: the type of a constant as `User::POSTS`.
    OneToMany<S, T, R> { key: Key<S, T>; foreign_key: key, target: key.child, table: OneToMany Target }
}
nullable!(OneToMany, T);

descriptor! {
    /// A relation from an `S` to at most one `T`, by a key in `T`: the type of a constant as `User::PROFILE`.
    OneToOne<S, T, R> { key: Key<S, T>; foreign_key: key, target: key.child, table: OneToOne Target }
}
nullable!(OneToOne, T);

descriptor! {
    /// A relation from an `S` to the one `T` whose id it holds: the type of a constant as `Post::AUTHOR`. The key's side
    /// of a one-to-one is the same.
    ManyToOne<S, T, R> { key: Key<T, S>; foreign_key: key, target: key.parent, table: ManyToOne Source }
}
nullable!(ManyToOne, S);

descriptor! {
    /// A many-to-many from `S` to `T` by an array of ids in `S`: the type of a constant as `Member::CLUBS`.
    ManyToManyByIds<S, T, R> { keys: Keys<T, S>; foreign_key: keys, target: keys.parent, table: ManyToMany Source }
}

descriptor! {
    /// A many-to-many from `S` to `T` by an array of ids in `T`: the type of a constant as `Club::MEMBERS`.
    ManyToManyInIds<S, T, R> { keys: Keys<S, T>; foreign_key: keys, target: keys.child, table: ManyToMany Target }
}

descriptor! {
    /// A many-to-many from `S` to `T` by documents of the join model `J`: the type of a constant as `User::GROUPS`.
    ManyToMany<S, T, R, J> {
        source_key: Key<S, J>, target_key: Key<T, J>;
        foreign_key: source_key, target: target_key.parent, table: ManyToMany Through
    }
}

impl<S: 'static, T: 'static, R, J: 'static> ManyToMany<S, T, R, J> {
    #[doc(hidden)]
    pub const fn join(&self) -> ThroughMetadata
    where
        J: Model,
    {
        ThroughMetadata {
            model: self.source_key.child,
            target_key: self.target_key.name,
            stored: self.target_key.stored,
        }
    }
}

macro_rules! points_back {
    ($($kind:ident $(<$join:ident>)?)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S: Model, T: Model, R: Relation<Source = T> $(, $join: Model)?> PointsBack<S, T>
            for $kind<T, S, R $(, $join)?>
        {
            const META: &'static RelationMetadata = R::META;
            const JOIN: &'static [&'static ModelMetadata] = &[$($join::METADATA)?];
        }
    )* };
}
points_back!(OneToOne OneToMany ManyToOne ManyToMany<J> ManyToManyByIds ManyToManyInIds);
