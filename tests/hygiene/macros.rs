//! Models written by a `macro_rules!` macro. Types, names and values reach the derive in invisible groups, with the
//! hygiene of the macro.

use earnorm::prelude::*;

macro_rules! parent {
    ($vis:vis $name:ident, $collection:literal, $child:path, $key:literal, $limit:expr, $id:ty) => {
        #[derive(Serialize, Deserialize, Model)]
        #[model(collection = $collection)]
        #[relation(one_to_many, name = "children", target = $child, fk = $key, limit = $limit)]
        $vis struct $name {
            #[serde(rename = "_id")]
            $vis id: $id,
            /// A field that is named by the macro.
            $vis note: String,
        }
    };
}

macro_rules! child {
    ($name:ident, $parent:ident, $key:ident: $type:ty) => {
        #[derive(Serialize, Deserialize, Model)]
        struct $name {
            #[serde(rename = "_id")]
            id: ObjectId,
            #[relation(many_to_one, target = $parent)]
            $key: $type,
        }
    };
}

parent!(Folder, "folders", self::File, "folder_id", 10, ObjectId);
child!(File, Folder, folder_id: Option<ObjectId>);

parent!(pub(super) Shelf, "shelves", Book, "shelf_id", 20, String);
child!(Book, Shelf, shelf_id: String);

#[test]
fn models_have_their_relations() {
    assert_eq!(crate::relations::<Folder>(), [("children", "files", "folder_id")]);
    assert_eq!(crate::relations::<File>(), [("folder", "folders", "folder_id")]);
    assert_eq!(crate::relations::<Shelf>(), [("children", "books", "shelf_id")]);
    let shelf = Shelf { id: "a".to_owned(), note: String::new() };
    let find = shelf.children().filter(Book::ID.ne(ObjectId::new())).to_query().unwrap();
    assert_eq!((find.filter.get_str("shelf_id"), find.limit), (Ok("a"), Some(20)));
}
