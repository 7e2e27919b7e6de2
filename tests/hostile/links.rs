//! Links are stored as a whole, and a link that the server refuses is an error.

use std::collections::BTreeMap;

use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{database, unique_index};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Course", through = "Seat")]
struct Student {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Course {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Seat {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    student_id: i64,
    course_id: i64,
    #[serde(default)]
    place: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    discount: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(flatten)]
    rest: BTreeMap<String, i64>,
}

async fn school(db: &mongodb::Database) -> (Vec<Student>, Vec<Course>) {
    let students: Vec<_> = (1..=2).map(|id| Student { id }).collect();
    let courses: Vec<_> = (1..=3).map(|id| Course { id }).collect();
    Student::insert_many(db, &students).await.unwrap();
    Course::insert_many(db, &courses).await.unwrap();
    (students, courses)
}

#[tokio::test]
async fn add_link_replaces_the_existing_link() {
    let test = database().await;
    let db = test.db();
    let (students, _) = school(db).await;
    let notes = vec!["late".to_owned()];
    let rest = [("x".to_owned(), 1)].into();
    let full = Seat { course_id: 1, discount: Some(10), notes, rest, ..Seat::default() };
    let first = students[0].courses().add_link(db, full).await.unwrap();
    assert_eq!((first.discount, first.notes.len(), first.rest.len()), (Some(10), 1, 1));
    let bare = Seat { course_id: 1, place: 4, ..Seat::default() };
    let second = assert_commands!(test, 1, { students[0].courses().add_link(db, bare).await.unwrap() });
    let expected = Seat { id: first.id, student_id: 1, course_id: 1, place: 4, ..Seat::default() };
    assert_eq!(second, expected);
    assert_eq!(Seat::find_all().one(db).await.unwrap(), expected);
}

#[tokio::test]
async fn names_with_dots_and_dollars_are_stored_in_links() {
    let test = database().await;
    let db = test.db();
    let (students, courses) = school(db).await;
    let rest: BTreeMap<String, i64> = [("a.b".to_owned(), 1), ("$set".to_owned(), 2), ("z".to_owned(), 3)].into();
    let seat = |course_id| Seat { student_id: 1, course_id, rest: rest.clone(), ..Seat::default() };
    let inserted = seat(1).insert(db).await.unwrap();
    let added = students[0].courses().add_link(db, seat(2)).await.unwrap();
    let again = students[0].courses().add_link(db, seat(1)).await.unwrap();
    assert_eq!((&inserted.rest, &added.rest, &again.rest), (&rest, &rest, &rest));
    let stored = db.collection::<Document>("seats").find_one(doc! { "course_id": 2_i64 }).await.unwrap().unwrap();
    assert_eq!(stored.get("a.b"), Some(&1_i64.into()));
    assert!(!stored.contains_key("a"));
    students[0].courses().add(db, &courses[1]).await.unwrap();
    assert_eq!(Seat::find(Seat::COURSE_ID.eq(2)).one(db).await.unwrap().rest, rest);
}

/// A unique index on the place within a course.
async fn create_place_index(db: &mongodb::Database) {
    earnorm::ensure_indexes(db).await.unwrap();
    let index = unique_index(doc! { "course_id": 1, "place": 1 }, "place");
    db.collection::<Document>("seats").create_index(index).await.unwrap();
}

#[tokio::test]
async fn a_link_refused_by_another_unique_index_is_an_error() {
    let test = database().await;
    let db = test.db();
    let (students, courses) = school(db).await;
    create_place_index(db).await;
    assert!(students[0].courses().add(db, &courses[0]).await.unwrap());
    let refused =
        |error: Error| assert!(matches!(&error, Error::Duplicate { index, .. } if index == "place"), "{error:?}");
    refused(students[1].courses().add(db, &courses[0]).await.unwrap_err());
    refused(students[1].courses().add_many(db, [&courses[1], &courses[0]]).await.unwrap_err());
    refused(students[1].courses().set(db, [&courses[0], &courses[2]]).await.unwrap_err());
    refused(students[1].courses().add_link(db, Seat { course_id: 1, ..Seat::default() }).await.unwrap_err());
    // an existing link is not an error
    assert!(!students[0].courses().add(db, &courses[0]).await.unwrap());
    students[0].courses().add_many(db, [&courses[0], &courses[0]]).await.unwrap();
    assert_eq!(Seat::find(Seat::COURSE_ID.eq(1)).count(db).await.unwrap(), 1);
}

#[tokio::test]
async fn concurrent_links_are_stored_once() {
    let test = database().await;
    let db = test.db().clone();
    let (students, courses) = school(&db).await;
    earnorm::ensure_indexes(&db).await.unwrap();
    for _ in 0..20 {
        let mut tasks = Vec::new();
        for n in 0..12 {
            let (db, student, courses) = (db.clone(), students[0].clone(), courses.clone());
            tasks.push(tokio::spawn(async move {
                match n % 3 {
                    0 => drop(student.courses().add(&db, &courses[0]).await.unwrap()),
                    1 => student.courses().add_many(&db, &courses).await.unwrap(),
                    _ => drop(student.courses().add_link(&db, Seat { course_id: 2, ..Seat::default() }).await.unwrap()),
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(Seat::find_all().count(&db).await.unwrap(), 3);
        Seat::find_all().delete(&db).await.unwrap();
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Note", fk = "student_id")]
struct Pupil {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Note {
    // before the id, so that one of its names is the first
    #[serde(flatten)]
    rest: BTreeMap<String, i64>,
    #[serde(rename = "_id")]
    id: i64,
    student_id: Option<i64>,
}

#[tokio::test]
async fn added_documents_are_stored_as_a_whole_whatever_their_first_name() {
    let test = database().await;
    let db = test.db();
    let pupil = Pupil { id: 1 }.insert(db).await.unwrap();
    let rest: BTreeMap<String, i64> = [("$set".to_owned(), 1), ("a.b".to_owned(), 2)].into();
    let note = Note { rest: rest.clone(), id: 1, student_id: None };
    // a server may refuse a name that begins with a dollar sign, but never uses it as an operator
    let stored = match pupil.notes().add_many(db, [note]).await {
        Ok(_) => Note::get(db, 1).await.unwrap().unwrap().rest,
        Err(_) => rest.clone(),
    };
    assert_eq!(stored, rest);
}
