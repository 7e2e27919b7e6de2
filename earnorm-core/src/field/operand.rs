use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::rc::Rc;
use std::sync::Arc;

/// A value that a field of type `T` can be compared with or set to: a `T`, a `&T`, a `&str` for a `String`, and any of
/// these for an `Option`.
///
/// Integer literals need no suffix: `User::AGE.gte(18)` works for every integer type.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is not a value for a field of type `{T}`",
    label = "expected `{T}`, found `{Self}`",
    note = "write a value of the field's type, a reference to one, a `&str` for a `String`, or what an `Option` holds"
)]
pub trait Operand<T> {
    #[doc(hidden)]
    fn into_operand(self) -> T;
}

impl<T> Operand<T> for T {
    fn into_operand(self) -> T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T> Operand<Option<T>> for T {
    fn into_operand(self) -> Option<T> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Operand<T> for &T {
    fn into_operand(self) -> T {
        self.clone()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Clone> Operand<Option<T>> for &T {
    fn into_operand(self) -> Option<T> {
        Some(self.clone())
    }
}

#[diagnostic::do_not_recommend]
impl Operand<String> for &str {
    fn into_operand(self) -> String {
        self.to_owned()
    }
}

#[diagnostic::do_not_recommend]
impl Operand<Option<String>> for &str {
    fn into_operand(self) -> Option<String> {
        Some(self.to_owned())
    }
}

/// A field that is stored as text: `String`, `Box<str>`, `Rc<str>`, `Arc<str>`, `Cow<str>`, and `Option`s of them.
///
/// Implement it for your own type if it is stored as text:
///
/// ```
/// use earnorm::Text;
/// use earnorm::prelude::*;
///
/// #[derive(Serialize, Deserialize)]
/// struct Email(String);
///
/// impl Text for Email {}
///
/// #[derive(Serialize, Deserialize, Model)]
/// struct User {
///     #[serde(rename = "_id")]
///     id: ObjectId,
///     email: Email,
/// }
///
/// let query = User::find(User::EMAIL.starts_with("ada@"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text",
    label = "only a field that is stored as text has this",
    note = "`starts_with` and `contains_text` work on `String`, `Box<str>`, `Arc<str>`, `Cow<str>` and `Option`s of them; for your own type that is stored as text, write `impl earnorm::Text for .. {{}}`; `contains` finds an item of an array"
)]
pub trait Text {}

impl Text for String {}
impl Text for Box<str> {}
impl Text for Rc<str> {}
impl Text for Arc<str> {}
impl Text for Cow<'_, str> {}
#[diagnostic::do_not_recommend]
impl<T: Text> Text for Option<T> {}

/// A field that is stored as an array.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an array",
    label = "only a field that is stored as an array has this",
    note = "`contains`, `contains_all`, `len`, `push`, `add_to_set` and `pull` work on `Vec`, `VecDeque`, `BTreeSet`, `HashSet` and `Option`s of them; text has `contains_text` and `starts_with`"
)]
pub trait Array {
    /// The type of the array's items.
    type Item;
    /// Whether the field can be null.
    #[doc(hidden)]
    const NULLABLE: bool = false;
    #[doc(hidden)]
    fn of(items: Vec<Self::Item>) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T> Array for Vec<T> {
    type Item = T;
    fn of(items: Vec<T>) -> Self {
        items
    }
}

#[diagnostic::do_not_recommend]
impl<T> Array for VecDeque<T> {
    type Item = T;
    fn of(items: Vec<T>) -> Self {
        items.into()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Ord> Array for BTreeSet<T> {
    type Item = T;
    fn of(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

#[diagnostic::do_not_recommend]
impl<T: Eq + Hash, S: BuildHasher + Default> Array for HashSet<T, S> {
    type Item = T;
    fn of(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

#[diagnostic::do_not_recommend]
impl<A: Array> Array for Option<A> {
    type Item = A::Item;
    const NULLABLE: bool = true;
    fn of(items: Vec<A::Item>) -> Self {
        Some(A::of(items))
    }
}
