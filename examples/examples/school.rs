//! A school: many-to-many relations in their three forms, a one-to-one relation from both sides, and a tree.
//!
//! `cargo run -p earnorm-examples --example school` runs it against a local server. The output shows, beside each step,
//! how many commands it sent and how many documents the replies had.

use std::error::Error;

use earnorm::prelude::*;
use earnorm_examples::CostTable;
use earnorm_testkit::TestDb;
use mongodb::Database;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "parts", target = Department, fk = parent_id, back_populates = "parent")]
#[relation(one_to_many, target = Course, fk = department_id, back_populates = "department")]
struct Department {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    #[relation(many_to_one, target = Department, back_populates = "parts")]
    parent_id: Option<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Student, through = Enrolment, back_populates = "courses")]
#[relation(many_to_many, target = Teacher, target_ids = course_ids, back_populates = "courses")]
struct Course {
    #[serde(rename = "_id")]
    id: ObjectId,
    title: String,
    #[relation(many_to_one, target = Department, back_populates = "courses")]
    department_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Course, through = Enrolment, back_populates = "students")]
#[relation(one_to_one, target = Locker, fk = student_id, back_populates = "student")]
struct Student {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
}

/// The enrolment of a student in a course, with the grade.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Enrolment {
    #[serde(rename = "_id")]
    id: Option<ObjectId>,
    #[relation(many_to_one, target = Student)]
    student_id: ObjectId,
    #[relation(many_to_one, target = Course)]
    course_id: ObjectId,
    grade: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Teacher {
    #[serde(rename = "_id")]
    id: ObjectId,
    name: String,
    #[relation(many_to_many, target = Course, back_populates = "teachers")]
    course_ids: Vec<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Locker {
    #[serde(rename = "_id")]
    number: i32,
    #[relation(one_to_one, target = Student, back_populates = "locker")]
    student_id: Option<ObjectId>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let test = TestDb::new().await?;
    let db = test.db();
    let mut table = CostTable::start(test.log());

    let mut indexes = Department::ensure_indexes(db).await?.made;
    indexes.extend(Course::ensure_indexes(db).await?.made);
    indexes.extend(Student::ensure_indexes(db).await?.made);
    table.row(format!("{} indexes are created for the relations", indexes.len()));

    let maths = departments(db, &mut table).await?;
    let courses = ["Algebra", "Geometry", "Logic"].map(|title| course(title, &maths));
    let students = ["Ada", "Emmy", "Kurt"].map(student);
    enrolments(db, &mut table, &courses, &students).await?;
    teachers(db, &mut table, &courses).await?;
    lockers(db, &mut table, &students).await?;

    table.finish();
    Ok(())
}

/// Builds a tree and returns one department of it.
async fn departments(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<Department> {
    table.section("A tree: one to many, from a model to itself");
    let school = department("School").insert(db).await?;
    let sciences = school.parts().create(db, department("Sciences")).await?;
    let arts = school.parts().create(db, department("Arts")).await?;
    let maths = sciences.parts().create(db, department("Mathematics")).await?;
    let music = sciences.parts().create(db, department("Music")).await?;
    table.row("five departments, each created as part of another");
    let tree = tree(db, &school).await?;
    table.row("the tree from the root down, with one command for each department:");
    for line in &tree {
        table.detail(line);
    }

    let mut path = vec![maths.name.clone()];
    let mut at = maths.clone();
    while let Some(parent) = at.parent().get(db).await? {
        path.push(parent.name.clone());
        at = parent;
    }
    table.row(format!("from a leaf up: {} (an empty key needs no command)", path.join(" < ")));
    arts.parts().add(db, music).await?;
    table.row(format!("Music is moved; parts of the Sciences now: {}", sciences.parts().count(db).await?));
    school.parts().set(db, [sciences]).await?;
    let lone = Department::find(Department::PARENT_ID.is_null() & Department::ID.ne(school.id));
    table.row("`set` makes the Sciences the only part of the School, and empties the key of the Arts");
    table.row(format!("another department without a parent: {}", lone.one(db).await?.name));
    Ok(maths)
}

/// The names of a department and of all departments below it, each indented by its depth.
async fn tree(db: &Database, root: &Department) -> earnorm::Result<Vec<String>> {
    let mut lines = Vec::new();
    let mut stack = vec![(0, root.clone())];
    while let Some((depth, department)) = stack.pop() {
        let parts = department.parts().order_by(Department::NAME.desc()).all(db).await?;
        stack.extend(parts.into_iter().map(|part| (depth + 1, part)));
        lines.push(format!("{}{}", "  ".repeat(depth), department.name));
    }
    Ok(lines)
}

async fn enrolments(
    db: &Database,
    table: &mut CostTable<'_>,
    courses: &[Course; 3],
    students: &[Student; 3],
) -> earnorm::Result<()> {
    table.section("Many to many, through a join model");
    let [algebra, geometry, logic] = courses;
    let [ada, emmy, kurt] = students;
    Course::insert_many(db, courses).await?;
    Student::insert_many(db, students).await?;
    table.row("three courses and three students are inserted");
    let first = ada.courses().add(db, algebra).await?;
    let again = ada.courses().add(db, algebra).await?;
    table.row(format!("Ada is enrolled in Algebra twice: {first}, then {again}"));
    emmy.courses().add_many(db, courses).await?;
    table.row("Emmy is enrolled in all three with one call");
    logic.students().add(db, kurt).await?;
    table.row("Kurt is added to Logic, from the other side of the relation");
    for (student, course, grade) in [(ada, algebra, 1), (emmy, algebra, 1), (emmy, logic, 2)] {
        let link = Enrolment { course_id: course.id, grade: Some(grade), ..Enrolment::default() };
        student.courses().add_link(db, link).await?;
    }
    table.row("three grades: `add_link` updates the fields of an existing link");
    let links = emmy.courses().order_by(Course::TITLE.asc()).links(db).await?;
    table.row("Emmy's courses with their links, which hold the grades:");
    for linked in links {
        let grade = linked.link.grade.map_or_else(|| "none yet".into(), |grade| grade.to_string());
        table.detail(format!("{}: {grade}", linked.title));
    }
    let best = Enrolment::find(Enrolment::GRADE.eq(1)).count(db).await?;
    table.row(format!("enrolments with the best grade: {best} (a query of the join model)"));
    ada.courses().set(db, [geometry, logic]).await?;
    table.row("`set` makes Geometry and Logic the only courses of Ada");
    let taken = ada.courses().order_by(Course::TITLE.desc()).all(db).await?;
    table.row(format!("Ada's courses: {}", names(&taken, |course| &course.title)));
    let enrolled = logic.students().order_by(Student::NAME.asc()).all(db).await?;
    table.row(format!("students of Logic: {}", names(&enrolled, |student| &student.name)));
    logic.students().remove(db, kurt).await?;
    table.row(format!("Kurt is removed from Logic; remaining students: {}", logic.students().count(db).await?));
    add_concurrently(db, kurt, geometry).await?;
    table.row(format!("eight concurrent tasks enrol Kurt in Geometry; his links: {}", kurt.courses().count(db).await?));
    let refused = kurt.delete(db).await;
    table.row(format!("deleting Kurt: {}", error_message(&refused)));
    Ok(())
}

/// The unique index on the two keys lets one task create the link. The others find it.
async fn add_concurrently(db: &Database, student: &Student, course: &Course) -> earnorm::Result<()> {
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (db, student, course) = (db.clone(), student.clone(), course.clone());
            tokio::spawn(async move { student.courses().add(&db, &course).await })
        })
        .collect();
    for task in tasks {
        task.await.map_err(earnorm::Error::other)??;
    }
    Ok(())
}

async fn teachers(db: &Database, table: &mut CostTable<'_>, courses: &[Course; 3]) -> earnorm::Result<()> {
    table.section("Many to many, by an array of ids");
    let [algebra, geometry, logic] = courses;
    let (david, sonya) = (teacher("David", &[logic, algebra]), teacher("Sonya", &[]));
    Teacher::insert_many(db, &[david.clone(), sonya.clone()]).await?;
    table.row("two teachers are inserted");
    let taught = david.courses().all(db).await?;
    table.row(format!("David's courses, in the order of his array: {}", names(&taught, |course| &course.title)));
    let none = sonya.courses().count(db).await?;
    table.row(format!("Sonya's courses: {none} (an empty array needs no command)"));
    sonya.courses().add(db, geometry).await?;
    algebra.teachers().add(db, &sonya).await?;
    table.row("Sonya is added to Geometry, then to Algebra from the other side; both change her array");
    let both = algebra.teachers().order_by(Teacher::NAME.asc()).all(db).await?;
    table.row(format!("teachers of Algebra: {}", names(&both, |teacher| &teacher.name)));
    algebra.teachers().set(db, [&sonya]).await?;
    table.row("`set` makes Sonya the only teacher of Algebra, and removes its id from David's array");
    let again = Teacher::get_many(db, [david.id, sonya.id]).await?;
    table.row("both teachers are read again: a write does not refresh values you already hold");
    for teacher in again {
        let taught = teacher.courses().order_by(Course::TITLE.asc()).all(db).await?;
        table.row(format!("{} teaches {}", teacher.name, names(&taught, |course| &course.title)));
    }
    Ok(())
}

async fn lockers(db: &Database, table: &mut CostTable<'_>, students: &[Student; 3]) -> earnorm::Result<()> {
    table.section("One to one, from both sides");
    let [ada, emmy, _] = students;
    let [one, two] = [1, 2].map(|number| Locker { number, student_id: None });
    Locker::insert_many(db, &[one.clone(), two.clone()]).await?;
    table.row("two lockers without a student are inserted");
    ada.locker().set(db, one).await?;
    table.row("`set` gives Ada the first");
    let two = ada.locker().set(db, two).await?;
    let free = Locker::find(Locker::STUDENT_ID.is_null()).one(db).await?;
    table.row(format!("`set` replaces it by the second; the free one is {}", free.number));
    free.student().set(db, emmy).await?;
    table.row("`set` gives the first to Emmy, from the locker's side");
    two.student().set(db, emmy).await?;
    table.row("`set` gives Emmy the second, which was Ada's; it replaces the first");
    let number = emmy.locker().require(db).await?.number;
    table.row(format!("Emmy has locker {number}; does Ada have one? {}", ada.locker().exists(db).await?));
    let cleared = emmy.locker().clear(db).await?;
    table.row(format!("`clear` takes it away: {cleared}; does Emmy have one? {}", emmy.locker().exists(db).await?));
    Ok(())
}

fn department(name: &str) -> Department {
    Department { id: ObjectId::new(), name: name.into(), parent_id: None }
}

fn course(title: &str, department: &Department) -> Course {
    Course { id: ObjectId::new(), title: title.into(), department_id: department.id }
}

fn student(name: &str) -> Student {
    Student { id: ObjectId::new(), name: name.into() }
}

fn teacher(name: &str, courses: &[&Course]) -> Teacher {
    Teacher { id: ObjectId::new(), name: name.into(), course_ids: courses.iter().map(|course| course.id).collect() }
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &String) -> String {
    items.iter().map(|item| name(item).as_str()).collect::<Vec<_>>().join(", ")
}

/// The message of an expected error.
fn error_message<T>(outcome: &earnorm::Result<T>) -> String {
    outcome.as_ref().err().map_or_else(|| "done".to_owned(), ToString::to_string)
}
