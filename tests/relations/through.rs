use earnorm::Error;
use earnorm::mongodb::bson::Document;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Course", through = "Enrolment", back_populates = "students")]
struct Student {
    #[serde(rename = "_id")]
    id: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Student", through = "Enrolment", back_populates = "courses")]
#[relation(many_to_many, name = "best", target = "Student", through = "Enrolment", filter = doc! { "_id": { "$lt": 3 } }, order_by = [("_id", -1)])]
struct Course {
    #[serde(rename = "_id")]
    id: i64,
    title: String,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Enrolment {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    student_id: i64,
    course_id: Option<i64>,
    grade: Option<String>,
}

fn course(id: i64, title: &str) -> Course {
    Course { id, title: title.to_owned() }
}

/// A student without courses, and three courses.
async fn school(test: &TestDb) -> (Student, Vec<Course>) {
    let courses = vec![course(1, "c"), course(2, "b"), course(3, "a")];
    Course::insert_many(test.db(), &courses).await.unwrap();
    (Student { id: 1 }.insert(test.db()).await.unwrap(), courses)
}

async fn taken(student: &Student, test: &TestDb) -> Vec<i64> {
    let courses = student.courses().order_by(Course::ID.asc()).all(test.db()).await.unwrap();
    courses.iter().map(|course| course.id).collect()
}

#[tokio::test]
async fn reads_are_two_commands_and_add_and_remove_are_one() {
    let test = database().await;
    let ((student, courses), db) = (school(&test).await, test.db());
    assert!(assert_commands!(test, 1, { student.courses().add(db, &courses[0]).await.unwrap() }));
    assert!(!assert_commands!(test, 1, { student.courses().add(db, &courses[0]).await.unwrap() }));
    assert_eq!(Enrolment::find_all().count(db).await.unwrap(), 1);
    student.courses().add(db, &courses[1]).await.unwrap();
    let all = assert_commands!(test, 2, { student.courses().all(db).await.unwrap() });
    assert_eq!(all.len(), 2);
    assert_eq!(assert_commands!(test, 2, { student.courses().count(db).await.unwrap() }), 2);
    assert!(assert_commands!(test, 2, { student.courses().exists(db).await.unwrap() }));
    let by_title = student.courses().order_by(Course::TITLE.asc());
    let first = assert_commands!(test, 2, { by_title.first(db).await.unwrap() });
    assert_eq!(first, Some(courses[1].clone()));
    assert_eq!(courses[1].students().all(db).await.unwrap(), std::slice::from_ref(&student));
    assert!(assert_commands!(test, 1, { student.courses().remove(db, &courses[0]).await.unwrap() }));
    assert!(!student.courses().remove(db, &courses[0]).await.unwrap());
    assert_eq!(taken(&student, &test).await, [2]);
    assert_eq!(Course::find_all().count(db).await.unwrap(), 3);
}

#[tokio::test]
async fn reads_without_links_are_one_command() {
    let test = database().await;
    let ((student, _), db) = (school(&test).await, test.db());
    assert!(assert_commands!(test, 1, { student.courses().all(db).await.unwrap() }).is_empty());
    assert_eq!(assert_commands!(test, 1, { student.courses().count(db).await.unwrap() }), 0);
}

#[tokio::test]
async fn set_sends_at_most_three_commands() {
    let test = database().await;
    let ((student, courses), db) = (school(&test).await, test.db());
    student.courses().add(db, &courses[0]).await.unwrap();
    let kept = Enrolment::find_all().one(db).await.unwrap();
    assert_commands!(test, 2, { student.courses().set(db, &courses[..2]).await.unwrap() });
    assert_eq!(taken(&student, &test).await, [1, 2]);
    assert!(Enrolment::get(db, kept.id).await.unwrap().is_some(), "the existing link is kept");
    student.courses().set(db, [&courses[2]]).await.unwrap();
    assert_eq!(taken(&student, &test).await, [3]);
    assert_commands!(test, 1, { student.courses().add_many(db, &courses).await.unwrap() });
    assert_eq!(taken(&student, &test).await, [1, 2, 3]);
    assert_eq!(assert_commands!(test, 1, { student.courses().clear(db).await.unwrap() }), 3);
    assert_eq!(Enrolment::find_all().count(db).await.unwrap(), 0);
}

#[tokio::test]
async fn add_link_sets_the_fields_of_a_link() {
    let test = database().await;
    let ((student, courses), db) = (school(&test).await, test.db());
    let link = Enrolment { course_id: Some(2), grade: Some("B".into()), ..Enrolment::default() };
    let stored = assert_commands!(test, 1, { student.courses().add_link(db, link.clone()).await.unwrap() });
    assert_eq!((stored.student_id, stored.grade.as_deref()), (1, Some("B")));
    assert!(stored.id.is_some());
    let better = Enrolment { grade: Some("A".into()), ..link };
    let again = student.courses().add_link(db, better).await.unwrap();
    assert_eq!((again.id, again.grade.as_deref()), (stored.id, Some("A")));
    student.courses().add(db, &courses[1]).await.unwrap();
    assert_eq!(Enrolment::find_all().one(db).await.unwrap(), again, "`add` doesn't change an existing link");
    let linked = assert_commands!(test, 2, { student.courses().links(db).await.unwrap() });
    assert_eq!(linked.len(), 1);
    assert_eq!((linked[0].title.as_str(), &linked[0].link), ("b", &again));
    let empty = student.courses().add_link(db, Enrolment::default()).await.unwrap_err();
    assert!(matches!(empty, Error::Invalid { model: "Enrolment", .. }), "{empty}");
}

#[tokio::test]
async fn create_inserts_and_links() {
    let test = database().await;
    let ((student, _), db) = (school(&test).await, test.db());
    let made = assert_commands!(test, 2, { student.courses().create(db, course(9, "new")).await.unwrap() });
    assert_eq!(student.courses().all(db).await.unwrap(), [made]);
}

#[tokio::test]
async fn the_filter_and_order_of_a_relation_apply_to_its_targets() {
    let test = database().await;
    let ((_, courses), db) = (school(&test).await, test.db());
    for id in 1..=4 {
        let mut student = Student { id };
        student.save(db).await.unwrap();
        courses[0].students().add(db, &student).await.unwrap();
    }
    let best = courses[0].best().all(db).await.unwrap();
    assert_eq!(best, [Student { id: 2 }, Student { id: 1 }]);
    let page = courses[0].students().order_by(Student::ID.desc()).page(db, 2, 3).await.unwrap();
    assert_eq!((page.items, page.total), (vec![Student { id: 1 }], 4));
    let mut rows = courses[0].students().order_by(Student::ID.asc()).stream(db);
    assert_eq!(rows.next().await.unwrap().unwrap(), Student { id: 1 });
}

#[tokio::test]
async fn broken_links_are_ignored() {
    let test = database().await;
    let ((student, courses), db) = (school(&test).await, test.db());
    student.courses().add(db, &courses[0]).await.unwrap();
    let joins = db.collection::<Document>("enrolments");
    for broken in [
        doc! { "student_id": 1_i64 },
        doc! { "student_id": 1_i64, "course_id": null },
        doc! { "student_id": 1_i64, "course_id": 77_i64 },
        doc! { "student_id": 1_i64, "course_id": "1" },
        doc! { "course_id": 2_i64 },
    ] {
        joins.insert_one(broken).await.unwrap();
    }
    assert_eq!(taken(&student, &test).await, [1]);
    assert_eq!(student.courses().count(db).await.unwrap(), 1);
    let links = student.courses().links(db).await.unwrap_err();
    assert!(matches!(&links, Error::Decode { model: "Enrolment", field, .. } if field == "course_id"), "{links}");
    joins.delete_one(doc! { "course_id": "1" }).await.unwrap();
    assert_eq!(student.courses().links(db).await.unwrap().len(), 1);
}

#[tokio::test]
async fn concurrent_adds_and_removes_leave_no_duplicates() {
    let test = database().await;
    let ((student, courses), db) = (school(&test).await, test.db());
    Student::ensure_indexes(db).await.unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (student, courses, db) = (student.clone(), courses.clone(), db.clone());
            tokio::spawn(async move {
                for round in 0..5 {
                    // all tasks add the first two; the third is added and removed
                    student.courses().add(&db, &courses[(n + round) % 2]).await.unwrap();
                    student.courses().add(&db, &courses[2]).await.unwrap();
                    student.courses().remove(&db, &courses[2]).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(taken(&student, &test).await, [1, 2]);
    assert_eq!(Enrolment::find_all().count(db).await.unwrap(), 2);
}

#[tokio::test]
async fn links_are_added_and_set_in_a_transaction() {
    let test = database().await;
    let ((student, courses), db) = (school(&test).await, test.db());
    Student::ensure_indexes(db).await.unwrap();
    let count = earnorm::transaction(db, async |tx| {
        student.courses().add(tx, &courses[0]).await?;
        student.courses().add(tx, &courses[0]).await?;
        student.courses().set(tx, &courses[..2]).await?;
        student.courses().count(tx).await
    })
    .await
    .unwrap();
    assert_eq!(count, 2);
    assert_eq!(taken(&student, &test).await, [1, 2]);
}

/// `set` creates new links first, so a failure loses no link.
#[tokio::test]
async fn set_loses_no_link_if_its_second_command_fails() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let ((student, courses), db) = (school(&test).await, test.db());
    student.courses().add_many(db, &courses[..2]).await.unwrap();
    proxy.heal();
    proxy.refuse(2, doc! { "ok": 0, "code": 50, "codeName": "MaxTimeMSExpired", "errmsg": "out of time" });
    assert!(student.courses().set(db, &courses[1..]).await.is_err());
    proxy.heal();
    assert_eq!(taken(&student, &test).await, [1, 2, 3]);
    student.courses().set(db, &courses[1..]).await.unwrap();
    assert_eq!(taken(&student, &test).await, [2, 3]);
}
