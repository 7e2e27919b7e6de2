//! A school: many-to-many in its three forms, a one-to-one that changes hands, and a tree.
//!
//! `cargo run -p earnorm-examples --example school` runs it against a local server. Beside each line stands what it took:
//! commands sent, and documents that came back.

use std::error::Error;

use earnorm::prelude::*;
use earnorm_examples::Account;
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

/// That a student takes a course, and how well.
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
    let mut account = Account::open(test.log());

    let mut indexes = Department::ensure_indexes(db).await?.made;
    indexes.extend(Course::ensure_indexes(db).await?.made);
    indexes.extend(Student::ensure_indexes(db).await?.made);
    account.line(format!("{} indexes are made, which the relations call for", indexes.len()));

    let maths = departments(db, &mut account).await?;
    let courses = ["Algebra", "Geometry", "Logic"].map(|title| course(title, &maths));
    let students = ["Ada", "Emmy", "Kurt"].map(student);
    enrolments(db, &mut account, &courses, &students).await?;
    teachers(db, &mut account, &courses).await?;
    lockers(db, &mut account, &students).await?;

    account.close();
    Ok(())
}

/// Builds a tree, and gives a part of it.
async fn departments(db: &Database, account: &mut Account<'_>) -> earnorm::Result<Department> {
    account.title("A tree: one to many, from a model to itself");
    let school = department("School").insert(db).await?;
    let sciences = school.parts().create(db, department("Sciences")).await?;
    let arts = school.parts().create(db, department("Arts")).await?;
    let maths = sciences.parts().create(db, department("Mathematics")).await?;
    let music = sciences.parts().create(db, department("Music")).await?;
    account.line("five departments, each created as part of another");
    let tree = tree(db, &school).await?;
    account.line("the tree, walked down, a command for each department's parts:");
    for line in &tree {
        account.note(line);
    }

    let mut path = vec![maths.name.clone()];
    let mut at = maths.clone();
    while let Some(parent) = at.parent().get(db).await? {
        path.push(parent.name.clone());
        at = parent;
    }
    account.line(format!("and up: {} (an empty key takes no command)", path.join(" < ")));
    arts.parts().add(db, music).await?;
    account.line(format!("Music moves; the Sciences have {} part now", sciences.parts().count(db).await?));
    school.parts().set(db, [sciences]).await?;
    let lone = Department::find(Department::PARENT_ID.is_null() & Department::ID.ne(school.id));
    account.line("the School is to have the Sciences only: `set` empties the key of the Arts");
    account.line(format!("part of nothing, beside the School: {}", lone.one(db).await?.name));
    Ok(maths)
}

/// The names of a department and of all below it, each indented by its depth.
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
    account: &mut Account<'_>,
    courses: &[Course; 3],
    students: &[Student; 3],
) -> earnorm::Result<()> {
    account.title("Many to many, through a join model");
    let [algebra, geometry, logic] = courses;
    let [ada, emmy, kurt] = students;
    Course::insert_many(db, courses).await?;
    Student::insert_many(db, students).await?;
    account.line("three courses and three students are inserted");
    let first = ada.courses().add(db, algebra).await?;
    let again = ada.courses().add(db, algebra).await?;
    account.line(format!("Ada enrols in Algebra, twice: {first}, then {again}"));
    emmy.courses().add_many(db, courses).await?;
    account.line("Emmy enrols in all three at once");
    logic.students().add(db, kurt).await?;
    account.line("Logic takes in Kurt: the same links, from the other side");
    for (student, course, grade) in [(ada, algebra, 1), (emmy, algebra, 1), (emmy, logic, 2)] {
        let link = Enrolment { course_id: course.id, grade: Some(grade), ..Enrolment::default() };
        student.courses().add_link(db, link).await?;
    }
    account.line("three grades: a link that is there gets these fields");
    let links = emmy.courses().order_by(Course::TITLE.asc()).links(db).await?;
    account.line("Emmy's courses with their links, which have the grades:");
    for linked in links {
        let grade = linked.link.grade.map_or_else(|| "none yet".into(), |grade| grade.to_string());
        account.note(format!("{}: {grade}", linked.title));
    }
    let best = Enrolment::find(Enrolment::GRADE.eq(1)).count(db).await?;
    account.line(format!("enrolments with the best grade: {best} (a join model is a model)"));
    ada.courses().set(db, [geometry, logic]).await?;
    account.line("Ada is to take Geometry and Logic, and nothing else");
    let taken = ada.courses().order_by(Course::TITLE.desc()).all(db).await?;
    account.line(format!("which she does: {}", names(&taken, |course| &course.title)));
    let there = logic.students().order_by(Student::NAME.asc()).all(db).await?;
    account.line(format!("students of Logic: {}", names(&there, |student| &student.name)));
    logic.students().remove(db, kurt).await?;
    account.line(format!("Kurt leaves it; students left: {}", logic.students().count(db).await?));
    same_link_at_once(db, kurt, geometry).await?;
    account.line(format!("eight tasks enrol him in Geometry at once; links: {}", kurt.courses().count(db).await?));
    let refused = kurt.delete(db).await;
    account.line(format!("to delete Kurt: {}", told(&refused)));
    Ok(())
}

/// The unique index on the pair of keys lets one of them make the link, and the others find it.
async fn same_link_at_once(db: &Database, student: &Student, course: &Course) -> earnorm::Result<()> {
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

async fn teachers(db: &Database, account: &mut Account<'_>, courses: &[Course; 3]) -> earnorm::Result<()> {
    account.title("Many to many, by an array of ids");
    let [algebra, geometry, logic] = courses;
    let (david, sonya) = (teacher("David", &[logic, algebra]), teacher("Sonya", &[]));
    Teacher::insert_many(db, &[david.clone(), sonya.clone()]).await?;
    account.line("two teachers are inserted");
    let taught = david.courses().all(db).await?;
    account.line(format!("David's courses, in the order of his array: {}", names(&taught, |course| &course.title)));
    let none = sonya.courses().count(db).await?;
    account.line(format!("Sonya's: {none} (an empty array takes no command)"));
    sonya.courses().add(db, geometry).await?;
    algebra.teachers().add(db, &sonya).await?;
    account.line("she gets Geometry; and Algebra, from the other side: her array again");
    let both = algebra.teachers().order_by(Teacher::NAME.asc()).all(db).await?;
    account.line(format!("teachers of Algebra: {}", names(&both, |teacher| &teacher.name)));
    algebra.teachers().set(db, [&sonya]).await?;
    account.line("Algebra is to have Sonya only: its id leaves David's array");
    let again = Teacher::get_many(db, [david.id, sonya.id]).await?;
    account.line("both are read again: a write changes the database, not the documents at hand");
    for teacher in again {
        let taught = teacher.courses().order_by(Course::TITLE.asc()).all(db).await?;
        account.line(format!("{} teaches {}", teacher.name, names(&taught, |course| &course.title)));
    }
    Ok(())
}

async fn lockers(db: &Database, account: &mut Account<'_>, students: &[Student; 3]) -> earnorm::Result<()> {
    account.title("One to one, from both sides");
    let [ada, emmy, _] = students;
    let [one, two] = [1, 2].map(|number| Locker { number, student_id: None });
    Locker::insert_many(db, &[one.clone(), two.clone()]).await?;
    account.line("two lockers are inserted, which are nobody's");
    ada.locker().set(db, one).await?;
    account.line("Ada takes the first");
    let two = ada.locker().set(db, two).await?;
    let free = Locker::find(Locker::STUDENT_ID.is_null()).one(db).await?;
    account.line(format!("and then the second, in its place; free is {}", free.number));
    free.student().set(db, emmy).await?;
    account.line("the first is given to Emmy, from the locker's side");
    two.student().set(db, emmy).await?;
    account.line("then the second too, which so far was Ada's: it takes the place of the first");
    let number = emmy.locker().require(db).await?.number;
    account.line(format!("Emmy has locker {number}; has Ada one? {}", ada.locker().exists(db).await?));
    let cleared = emmy.locker().clear(db).await?;
    account.line(format!("she gives it back: {cleared}; has she one? {}", emmy.locker().exists(db).await?));
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

/// The words of an error that was to come.
fn told<T>(outcome: &earnorm::Result<T>) -> String {
    outcome.as_ref().err().map_or_else(|| "done".to_owned(), ToString::to_string)
}
