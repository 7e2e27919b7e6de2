//! A related document with the document that links it.

use std::ops::Deref;

use serde::Serialize;

/// A document of a many-to-many, with the document of the join model that links it. Derefs to the related document.
///
/// ```no_run
/// use earnorm::Linked;
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # #[relation(many_to_many, target = "Group", through = "UserGroup")]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct Group { #[serde(rename = "_id")] id: ObjectId, name: String }
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct UserGroup { #[serde(rename = "_id")] id: ObjectId, user_id: ObjectId, group_id: ObjectId, role: String }
/// # async fn run(db: mongodb::Database, user: User) -> earnorm::Result<()> {
/// let linked: Vec<Linked<Group, UserGroup>> = user.groups().links(&db).await?;
/// for group in &linked {
///     println!("{} as {}", group.name, group.link.role);
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Linked<T, J> {
    /// The related document.
    pub target: T,
    /// The document of the join model.
    pub link: J,
}

impl<T, J> Deref for Linked<T, J> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.target
    }
}
