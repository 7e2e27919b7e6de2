//! A tree of one kind of the models that share a collection.

use earnorm::integrity::{Kind, Scan};
use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm::{Error, Tree};
use earnorm_testkit::assert_commands;
use earnorm_tests::{STRATEGIES, count, database, document, insert_documents};

use crate::models::shown;

mod models {
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "kind", rename = "folder")]
    #[model(collection = "entries")]
    #[relation(one_to_many, name = "folders", target = Folder, fk = parent_id, cascade_delete, recursive = "tree")]
    #[relation(one_to_many, target = File, fk = parent_id, cascade_delete)]
    pub(super) struct Folder {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[relation(many_to_one, target = Folder, recursive = "path")]
        pub(super) parent_id: Option<i32>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[serde(tag = "kind", rename = "file")]
    #[model(collection = "entries")]
    pub(super) struct File {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[relation(many_to_one, target = Folder)]
        pub(super) parent_id: i32,
    }

    #[derive(Debug, Clone, PartialEq, Model)]
    pub(super) enum Entry {
        Folder(Folder),
        File(File),
    }
}
use models::{Entry, File, Folder};

/// 1 has 2, which has 3. 4 and 5 are files in 1 and 3. The key of folder 6 holds the id of file 4, and file 7 that of itself.
async fn entries(db: &Database) {
    let entry = |id: i32, kind: &str, parent: Option<i32>| doc! { "_id": id, "kind": kind, "parent_id": parent };
    let folders = [(1, None), (2, Some(1)), (3, Some(2)), (6, Some(4))].map(|(id, parent)| entry(id, "folder", parent));
    let files = [(4, 1), (5, 3), (7, 7)].map(|(id, parent)| entry(id, "file", Some(parent)));
    insert_documents(db, "entries", folders.into_iter().chain(files)).await;
}

async fn folder(db: &Database, id: i32) -> Folder {
    Folder::get(db, id).await.unwrap().unwrap()
}

fn ids(tree: &Tree<Folder>) -> String {
    shown(tree, |folder| folder.id)
}

#[tokio::test]
async fn a_tree_of_one_kind_leads_through_no_other() {
    let test = database().await;
    let db = test.db();
    entries(db).await;
    for strategy in STRATEGIES {
        assert_eq!(ids(&folder(db, 1).await.tree().strategy(strategy).tree(db).await.unwrap()), "2@1 3@2<2");
        assert_eq!(ids(&folder(db, 3).await.path().strategy(strategy).tree(db).await.unwrap()), "2@1 1@2<2");
        assert_eq!(ids(&folder(db, 6).await.path().strategy(strategy).tree(db).await.unwrap()), "");
        let query =
            Folder::find(Folder::ID.eq(1)).with(Folder::FOLDERS.recursive().strategy(strategy).with(Folder::FILES));
        let row = query.one(db).await.unwrap();
        let files = row.related(Folder::FOLDERS.recursive()).iter().map(|node| node.related(Folder::FILES).len());
        assert_eq!(files.collect::<Vec<_>>(), [0, 1]);
        // the enum loads the tree of what a file is in
        let file = File::find(File::ID.eq(4)).with(File::PARENT.with(Folder::FOLDERS.recursive().strategy(strategy)));
        let file = file.one(db).await.unwrap();
        assert_eq!(ids(file.related(File::PARENT).unwrap().related(Folder::FOLDERS.recursive())), "2@1 3@2<2");
    }
}

#[tokio::test]
async fn a_move_and_a_search_for_cycles_stay_in_their_kind() {
    let test = database().await;
    let db = test.db();
    entries(db).await;
    let (one, three, six) = (folder(db, 1).await, folder(db, 3).await, folder(db, 6).await);
    assert!(matches!(one.move_to(db, Some(&three)).await, Err(Error::Cycle { .. })));
    // file 4 is not above folder 6
    assert_commands!(test, 7, { one.move_to(db, Some(&six)).await.unwrap() });
    assert_eq!(document(db, "entries", 4).await, doc! { "_id": 4, "kind": "file", "parent_id": 1 });
    let gone = Folder { id: 4, parent_id: None };
    assert!(matches!(six.move_to(db, Some(&gone)).await, Err(Error::MissingReference { .. })));
    assert!(matches!(gone.move_to(db, None).await, Err(Error::NotFound { .. })));

    insert_documents(db, "entries", [doc! { "_id": 9, "kind": "folder", "parent_id": 9 }]).await;
    let report = Scan::default().cycles().run(db).await.unwrap();
    let cycles: Vec<_> = report.entries().iter().filter(|entry| entry.kind == Kind::Cycle).collect();
    assert_eq!(
        cycles.iter().map(|entry| (entry.model, entry.holder.clone())).collect::<Vec<_>>(),
        [("Folder", 9.into())]
    );
}

#[tokio::test]
async fn a_delete_by_the_enum_deletes_the_tree() {
    let test = database().await;
    let db = test.db();
    entries(db).await;
    let entry = Entry::get(db, 1).await.unwrap().unwrap();
    let report = entry.delete(db).await.unwrap();
    assert_eq!(report.to_string(), "3 folders, 2 files deleted");
    assert_eq!(count::<Entry>(db).await, 2);
}
