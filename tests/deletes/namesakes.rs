//! Models in different modules that have the same name.

use earnorm::prelude::*;
use earnorm_tests::database;
use serde_json::json;

mod paper {
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "paper_sheets")]
    #[relation(one_to_many, target = "super::metal::Sheet", fk = "paper_id", name = "covers", cascade_delete)]
    pub(super) struct Sheet {
        #[serde(rename = "_id")]
        pub(super) id: i32,
    }

    /// Another struct for the same documents.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "paper_sheets")]
    pub(super) struct View {
        #[serde(rename = "_id")]
        pub(super) id: i32,
    }
}

mod metal {
    use earnorm::prelude::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[model(collection = "metal_sheets")]
    #[relation(one_to_many, target = "super::Rivet", fk = "sheet_id", cascade_delete)]
    pub(super) struct Sheet {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[relation(many_to_one, target = "super::paper::Sheet")]
        pub(super) paper_id: Option<i32>,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Rivet {
    #[serde(rename = "_id")]
    id: i32,
    sheet_id: i32,
}

#[tokio::test]
async fn models_of_the_same_name_are_counted_separately() {
    let test = database().await;
    let db = test.db();
    let sheet = paper::Sheet { id: 1 }.insert(db).await.unwrap();
    let metal: Vec<_> = (1..=3).map(|id| metal::Sheet { id, paper_id: Some(1) }).collect();
    metal::Sheet::insert_many(db, &metal).await.unwrap();
    Rivet { id: 1, sheet_id: 2 }.insert(db).await.unwrap();
    let message = "1 sheet (deletes::namesakes::paper), 3 sheets (deletes::namesakes::metal), 1 rivet deleted";
    let affected = json!([
        { "model": "deletes::namesakes::paper::Sheet", "deleted": 1, "links": 0, "unlinked": 0 },
        { "model": "deletes::namesakes::metal::Sheet", "deleted": 3, "links": 0, "unlinked": 0 },
        { "model": "Rivet", "deleted": 1, "links": 0, "unlinked": 0 },
    ]);

    let plan = sheet.plan_delete(db).await.unwrap();
    assert_eq!((plan.deleted_of::<paper::Sheet>(), plan.deleted_of::<metal::Sheet>()), (1, 3));
    assert_eq!(plan.deleted_of::<paper::View>(), 1, "a second struct for the same documents");
    assert_eq!(plan.to_string(), message);
    assert_eq!(serde_json::to_value(&plan).unwrap()["affected"], affected);
    let models: Vec<_> = plan.affected().iter().map(|affected| (affected.model, affected.module())).collect();
    let (paper, metal) = ("deletes::namesakes::paper", "deletes::namesakes::metal");
    assert_eq!(models, [("Sheet", paper), ("Sheet", metal), ("Rivet", "deletes::namesakes")]);

    let report = plan.execute(db).await.unwrap();
    assert_eq!((report.deleted_of::<paper::Sheet>(), report.deleted_of::<metal::Sheet>()), (1, 3));
    assert_eq!((report.deleted(), report.to_string().as_str()), (5, message));
    assert_eq!(serde_json::to_value(&report).unwrap()["affected"], affected);
}

#[tokio::test]
async fn a_single_model_is_named_without_its_module() {
    let test = database().await;
    let db = test.db();
    let sheet = metal::Sheet { id: 1, paper_id: None }.insert(db).await.unwrap();
    assert_eq!(sheet.delete(db).await.unwrap().to_string(), "1 sheet deleted");
}

#[test]
fn the_diagram_has_one_entity_per_model() {
    let diagram = earnorm::schema().to_mermaid();
    let (paper, metal) = ("deletes_namesakes_paper_Sheet", "deletes_namesakes_metal_Sheet");
    assert!(diagram.contains(&format!("    {paper} {{\n        i32 id PK\n    }}\n")), "{diagram}");
    assert!(diagram.contains(&format!("    {metal} {{\n        i32 id PK\n        i32 paper_id \"optional\"\n")));
    assert_eq!(diagram.matches(&format!("    {paper} |o--o{{ {metal} : covers\n")).count(), 1);
    assert_eq!(diagram.matches(&format!("    {metal} ||--o{{ Rivet : rivets\n")).count(), 1);
    assert!(!diagram.contains(" Sheet "), "both models are named with their modules");
}
