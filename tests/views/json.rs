//! Rows as JSON for the web.

use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm::{Deletion, Json};
use earnorm_testkit::TestDb;
use serde_json::{Value, json};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "json_folders")]
#[relation(one_to_many, name = "children", target = Folder, fk = parent_id)]
#[relation(one_to_many, name = "files", target = File, fk = folder_id)]
struct Folder {
    #[serde(rename = "_id")]
    id: Id<Folder>,
    created: DateTime,
    #[relation(many_to_one, target = Folder, recursive = ancestors)]
    parent_id: Option<Id<Folder>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "json_files")]
struct File {
    #[serde(rename = "_id")]
    id: ObjectId,
    content: String,
    #[relation(many_to_one, target = Folder)]
    folder_id: Option<Id<Folder>>,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[derive(Debug, Serialize, Deserialize, View)]
#[view(of = File)]
struct FileName {
    #[serde(rename(deserialize = "_id"))]
    id: ObjectId,
    folder_id: Option<Id<Folder>>,
}

fn written<T: Serialize>(value: T) -> Value {
    let text = serde_json::to_string(&Json(value)).unwrap();
    assert!(!text.contains('$'), "{text}");
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn rows_with_views_counts_and_nested_relations_have_plain_strings() {
    let test = TestDb::new().await.unwrap();
    let db = test.db();
    let date = DateTime::from_millis(0);
    let root = Folder { id: Id::new(), created: date, parent_id: None };
    let child = Folder { id: Id::new(), created: date, parent_id: Some(root.id) };
    let file = File { id: ObjectId::new(), content: "..".into(), folder_id: Some(child.id), deleted: None };
    Folder::insert_many(db, &[root.clone(), child.clone()]).await.unwrap();
    let file = file.insert(db).await.unwrap();

    let files = Folder::FILES.view::<FileName>();
    let rows = Folder::find(Folder::ID.eq(root.id))
        .with(Folder::CHILDREN.with(files).with(Folder::FILES.count()))
        .all(db)
        .await
        .unwrap();
    let date = "1970-01-01T00:00:00.000Z";
    let [root_id, child_id, file_id] = [root.id.to_string(), child.id.to_string(), file.id.to_hex()];
    let expected = json!([{ "_id": root_id, "created": date, "parent_id": null, "children": [{
        "_id": child_id, "created": date, "parent_id": root_id, "files_count": 1,
        "files": [{ "id": file_id, "folder_id": child_id }],
    }] }]);
    assert_eq!(written(&rows), expected);

    // what was loaded is out of the type, and serialized by a trait object
    let erased = Folder::find(Folder::ID.eq(root.id)).with(Folder::CHILDREN).all(db).await.unwrap().erase();
    assert_eq!(written(&erased)[0]["children"][0]["_id"], child_id);
    let tree = child.ancestors().tree(db).await.unwrap();
    assert!(written(&tree).to_string().contains(&root_id));

    let report = file.delete(db).await.unwrap();
    let deletion = report.deletion().unwrap();
    assert_eq!(written(&report)["deletion"]["id"], deletion.id.to_hex());
    let deleted = File::with_deleted().one(db).await.unwrap();
    assert_eq!(written(&deleted)["deleted"]["id"], deletion.id.to_hex());
    assert!(written(&deleted)["deleted"]["at"].as_str().unwrap().ends_with('Z'));
}
