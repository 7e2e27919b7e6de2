//! How each kind of relation connects two documents that are inserted together.

use super::forest::Forest;
use crate::handle::DefaultLink;
use crate::plan::Reach;
use crate::relation::{ManyToMany, ManyToManyByIds, ManyToManyInIds, ManyToOne, OneToMany, OneToOne};
use crate::{Error, Model, Relation, Result};

/// A relation whose documents can be inserted together: `User::POSTS`.
#[diagnostic::on_unimplemented(
    message = "a graph can't be inserted along `{Self}`",
    label = "not a relation that a graph can be inserted along",
    note = "`.with(..)` of a graph takes the constant of a relation without modifiers, and what belongs to it, as in `graph(user).with(User::POSTS, [post])`",
    note = "for a reference to several models, name the variant: `graph(comment).with(Comment::SUBJECT.of(Subject::POST), post)`",
    note = "for a key in an array of embedded documents, insert the other documents first, and set the keys"
)]
pub trait Attaches: Reach<Source: Model> {
    /// Sets the keys that connect the two documents, which have ids. A link goes to the forest.
    #[doc(hidden)]
    fn attach(&self, source: &mut Self::Source, target: &mut Self::Target, forest: &mut Forest) -> Result<()>;
}

/// The error for a key in an embedded document that is `None`.
fn no_place<M: Model>(key: &str) -> Error {
    let reason = format!("its embedded document for `{key}` is `None`; set that before");
    Error::Invalid { model: M::METADATA.name, reason, value: true }
}

macro_rules! by_key_in_target {
    ($($kind:ident)*) => { $(
        #[diagnostic::do_not_recommend]
        impl<S: Model, T: Model, R: Relation<Source = S>> Attaches for $kind<S, T, R> {
            fn attach(&self, source: &mut S, target: &mut T, _: &mut Forest) -> Result<()> {
                let is_set = self.keys.field.set(target, S::ID.get(source));
                if is_set { Ok(()) } else { Err(no_place::<T>(self.keys.name)) }
            }
        }
    )* };
}
by_key_in_target! { OneToMany OneToOne }

#[diagnostic::do_not_recommend]
impl<S: Model, T: Model, R: Relation<Source = S>> Attaches for ManyToOne<S, T, R> {
    fn attach(&self, source: &mut S, target: &mut T, _: &mut Forest) -> Result<()> {
        let is_set = self.keys.field.set(source, T::ID.get(target));
        if is_set { Ok(()) } else { Err(no_place::<S>(self.keys.name)) }
    }
}

#[diagnostic::do_not_recommend]
impl<S: Model, T: Model, R: Relation<Source = S>> Attaches for ManyToManyByIds<S, T, R> {
    fn attach(&self, source: &mut S, target: &mut T, _: &mut Forest) -> Result<()> {
        self.keys.field.append(source, T::ID.get(target));
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<S: Model, T: Model, R: Relation<Source = S>> Attaches for ManyToManyInIds<S, T, R> {
    fn attach(&self, source: &mut S, target: &mut T, _: &mut Forest) -> Result<()> {
        self.keys.field.append(target, S::ID.get(source));
        Ok(())
    }
}

impl<S: Model, T: Model, R: Relation<Source = S>, J: Model + DefaultLink> Attaches for ManyToMany<S, T, R, J> {
    fn attach(&self, source: &mut S, target: &mut T, forest: &mut Forest) -> Result<()> {
        let mut link = J::default_link();
        let from = self.keys.source.field.set(&mut link, S::ID.get(source));
        let to = self.keys.target.field.set(&mut link, T::ID.get(target));
        if !from || !to {
            return Err(no_place::<J>(if from { self.keys.target.name } else { self.keys.source.name }));
        }
        forest.give_id(&mut link)?;
        forest.plant(link)?;
        Ok(())
    }
}
