//! Counters of many-to-many relations in every form.

use earnorm::mongodb::bson::DateTime;
use earnorm::prelude::*;
use earnorm_tests::database;

use crate::models::{Club, Course, Enrollment, Line, Member, Order, Product, Student, course, member, order, student};
use crate::{assert_right, numbers};

#[tokio::test]
async fn links_of_a_join_model() {
    let test = database().await;
    let db = test.db();
    let students = [student(1), student(2)];
    let courses = [course(1), course(2), course(3)];
    Student::insert_many(db, &students).await.unwrap();
    Course::insert_many(db, &courses).await.unwrap();
    let check = async |after: &str, of_students: [i64; 2], of_courses: [i64; 3]| {
        assert_eq!(numbers::<Student>(db, "course_count").await, of_students, "after {after}");
        assert_eq!(numbers::<Course>(db, "student_count").await, of_courses, "after {after}");
        assert_right(db, after).await;
    };
    let [ada, bob] = &students;
    assert!(ada.courses().add(db, &courses[0]).await.unwrap());
    check("add", [1, 0], [1, 0, 0]).await;
    assert!(!ada.courses().add(db, &courses[0]).await.unwrap());
    check("add of a link that is there", [1, 0], [1, 0, 0]).await;
    bob.courses().add_many(db, &courses).await.unwrap();
    ada.courses().add_many(db, &courses[..2]).await.unwrap();
    check("add_many", [2, 3], [2, 2, 1]).await;
    ada.courses().add_link(db, Enrollment { course_id: 2, grade: 1, ..Default::default() }).await.unwrap();
    check("add_link in place of another", [2, 3], [2, 2, 1]).await;
    ada.courses().add_link(db, Enrollment { course_id: 3, grade: 1, ..Default::default() }).await.unwrap();
    check("add_link", [3, 3], [2, 2, 2]).await;
    ada.courses().remove(db, &courses[0]).await.unwrap();
    check("remove", [2, 3], [1, 2, 2]).await;
    ada.courses().set(db, &courses[..1]).await.unwrap();
    check("set", [1, 3], [2, 1, 1]).await;
    Enrollment { id: ObjectId::new(), student_id: 1, course_id: 3, grade: 2 }.insert(db).await.unwrap();
    check("insert of a link", [2, 3], [2, 1, 2]).await;
    Enrollment::find(Enrollment::STUDENT_ID.eq(1)).update(db, Enrollment::GRADE.set(5)).await.unwrap();
    Enrollment::find(Enrollment::COURSE_ID.eq(1)).update(db, Enrollment::COURSE_ID.set(2)).await.unwrap();
    check("an update of links", [2, 3], [0, 3, 2]).await;
    ada.courses().clear(db).await.unwrap();
    check("clear", [0, 3], [0, 2, 1]).await;
    bob.delete(db).await.unwrap();
    assert_eq!(numbers::<Course>(db, "student_count").await, [0, 0, 0]);
    assert_right(db, "a delete of one end").await;
    assert!(Course::get(db, 1).await.unwrap().unwrap().changed.is_some());
}

#[tokio::test]
async fn ids_in_arrays() {
    let test = database().await;
    let db = test.db();
    let clubs: Vec<Club> = (1..=3).map(|id| Club { id, member_count: 0 }).collect();
    Club::insert_many(db, &clubs).await.unwrap();
    let check = async |after: &str, of_members: &[i64], of_clubs: &[i64]| {
        assert_eq!(numbers::<Member>(db, "club_count").await, of_members, "after {after}");
        assert_eq!(numbers::<Club>(db, "member_count").await, of_clubs, "after {after}");
        assert_right(db, after).await;
    };
    let mut ada = member(1, &[1, 2, 1]).insert(db).await.unwrap();
    Member::insert_many(db, &[member(2, &[]), member(3, &[1])]).await.unwrap();
    check("inserts; an id that is there twice counts once", &[2, 0, 1], &[2, 1, 0]).await;
    ada.clubs().add(db, &clubs[2]).await.unwrap();
    ada.clubs().add(db, &clubs[2]).await.unwrap();
    check("add", &[3, 0, 1], &[2, 1, 1]).await;
    ada.clubs().remove(db, &clubs[0]).await.unwrap();
    check("remove", &[2, 0, 1], &[1, 1, 1]).await;
    clubs[0].members().add_many(db, [&member(1, &[]), &member(2, &[])]).await.unwrap();
    check("add_many from the other side", &[3, 1, 1], &[3, 1, 1]).await;
    clubs[0].members().remove(db, &member(3, &[])).await.unwrap();
    check("remove from the other side", &[3, 1, 0], &[2, 1, 1]).await;
    ada.clubs().set(db, &clubs[..1]).await.unwrap();
    check("set", &[1, 1, 0], &[2, 0, 0]).await;
    Member::find_all().update(db, Member::CLUB_IDS.push(3)).await.unwrap();
    check("push", &[2, 2, 1], &[2, 0, 3]).await;
    Member::find(Member::ID.eq(3)).update(db, doc! { "$set": { "club_ids.0": 2 } }).await.unwrap();
    check("an update of an element by a document", &[2, 2, 1], &[2, 1, 2]).await;
    ada = Member::get(db, 1).await.unwrap().unwrap();
    ada.club_ids = vec![2, 3];
    ada.save(db).await.unwrap();
    check("save", &[2, 2, 1], &[1, 2, 2]).await;
    let before = Member::get(db, 2).await.unwrap().unwrap().updated;
    clubs[2].delete(db).await.unwrap();
    check("a delete that removes ids from arrays", &[1, 1, 1], &[1, 2]).await;
    assert!(Member::get(db, 2).await.unwrap().unwrap().updated >= before && before > DateTime::MIN);
    ada.clubs().clear(db).await.unwrap();
    member(3, &[]).delete(db).await.unwrap();
    check("clear and delete", &[0, 1], &[1, 0]).await;
}

#[tokio::test]
async fn keys_in_embedded_documents() {
    let test = database().await;
    let db = test.db();
    Product::insert_many(db, &[1, 2, 3].map(|id| Product { id, order_count: 0 })).await.unwrap();
    let check = async |after: &str, expected: &[i64]| {
        assert_eq!(numbers::<Product>(db, "order_count").await, expected, "after {after}");
        assert_right(db, after).await;
    };
    Order::insert_many(db, &[order(1, &[1, 1, 2]), order(2, &[2])]).await.unwrap();
    check("inserts; a document counts once", &[1, 2, 0]).await;
    Order::find(Order::ID.eq(2)).update(db, Order::LINES.push(Line { product_id: 3 })).await.unwrap();
    check("push", &[1, 2, 1]).await;
    Order::find_all().update(db, doc! { "$set": { "lines.$[].product_id": 3 } }).await.unwrap();
    check("an update of the keys in all elements", &[0, 0, 2]).await;
    order(1, &[2, 3]).save(db).await.unwrap();
    check("save", &[0, 1, 2]).await;
    Product { id: 3, order_count: 0 }.delete(db).await.unwrap();
    check("a delete that pulls elements", &[0, 1]).await;
    assert_eq!(Order::get(db, 1).await.unwrap().unwrap(), order(1, &[2]));
}
