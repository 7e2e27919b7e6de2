//! Models with keys in every possible place.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "sc_teachers")]
#[relation(one_to_one, target = "Desk", fk = "teacher_id", name = "desk")]
pub(super) struct Teacher {
    #[serde(rename = "_id")]
    pub(super) id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "sc_desks")]
pub(super) struct Desk {
    #[serde(rename = "_id")]
    pub(super) id: i32,
    pub(super) teacher_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "sc_courses")]
#[relation(many_to_many, target = "Teacher", through = "Lesson", name = "teachers")]
pub(super) struct Course {
    #[serde(rename = "_id")]
    pub(super) id: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[relation(many_to_one, target = "Teacher")]
    pub(super) head_id: Option<i32>,
    #[relation(many_to_one, target = "Teacher")]
    pub(super) owner_id: i32,
    #[relation(many_to_many, target = "Course", name = "required")]
    pub(super) required_ids: Vec<i32>,
}

/// Another struct for the same documents. Its keys are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "sc_courses")]
pub(super) struct CourseHead {
    #[serde(rename = "_id")]
    pub(super) id: i32,
    #[relation(many_to_one, target = "Teacher")]
    pub(super) head_id: Option<i32>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "sc_lessons")]
pub(super) struct Lesson {
    #[serde(rename = "_id")]
    pub(super) id: i32,
    #[relation(many_to_one, target = "Course")]
    pub(super) course_id: i32,
    pub(super) teacher_id: i32,
}

/// Refers to documents that a repair may delete.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "sc_notes")]
pub(super) struct Note {
    #[serde(rename = "_id")]
    pub(super) id: i32,
    #[relation(many_to_one, target = "Lesson")]
    pub(super) lesson_id: i32,
}

/// Two teachers, and documents that refer to them. Each key is broken in some documents and valid in others.
pub(super) async fn store_broken_school(db: &Database) {
    let raw = |name: &str| db.collection::<Document>(name);
    raw("sc_teachers").insert_many([doc! { "_id": 1 }, doc! { "_id": 2 }]).await.unwrap();
    raw("sc_desks")
        .insert_many([
            doc! { "_id": 1, "teacher_id": 1 },
            doc! { "_id": 2, "teacher_id": 1_i64 },
            doc! { "_id": 3, "teacher_id": 2 },
            doc! { "_id": 4, "teacher_id": Bson::Null },
            doc! { "_id": 5, "teacher_id": Bson::Null },
            doc! { "_id": 6, "teacher_id": 7 },
        ])
        .await
        .unwrap();
    raw("sc_courses")
        .insert_many([
            doc! { "_id": 1, "head_id": 1, "owner_id": 2, "required_ids": [] },
            doc! { "_id": 2, "head_id": 8, "owner_id": 2, "required_ids": [1, 9, 2, 10] },
            doc! { "_id": 3, "owner_id": 8, "required_ids": [Bson::Null, 1] },
        ])
        .await
        .unwrap();
    raw("sc_lessons")
        .insert_many([
            doc! { "_id": 1, "course_id": 1, "teacher_id": 1 },
            doc! { "_id": 2, "course_id": 9, "teacher_id": 1 },
            doc! { "_id": 3, "course_id": 1, "teacher_id": 9 },
            doc! { "_id": 4, "course_id": 2 },
        ])
        .await
        .unwrap();
    raw("sc_notes").insert_many([doc! { "_id": 1, "lesson_id": 1 }, doc! { "_id": 2, "lesson_id": 2 }]).await.unwrap();
}
