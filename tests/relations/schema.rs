use earnorm::prelude::*;

use crate::blog::User;

#[test]
fn every_linked_model_is_in_the_schema() {
    let schema = earnorm::schema();
    for name in ["User", "Post", "Comment", "Profile", "Group", "UserGroup"] {
        assert!(schema.models().iter().any(|model| model.name == name), "{name}");
    }
    let user = schema.models().iter().find(|model| model.name == "User").unwrap();
    assert_eq!(user.collection, User::metadata().collection);
}

#[test]
fn the_diagram_has_models_fields_and_each_relation_once() {
    let diagram = earnorm::schema().to_mermaid();
    assert!(diagram.starts_with("erDiagram\n"));
    assert!(diagram.contains("    Post {\n        field id PK\n        field title\n"));
    assert_eq!(diagram.matches("User ||--o{ Post : posts\n").count(), 1);
    assert_eq!(diagram.matches("Post }o--|| User : author\n").count(), 0, "drawn by `posts`");
    assert_eq!(diagram.matches("User }o--o{ Group : groups\n").count(), 1);
    assert_eq!(diagram.matches("User ||--o| Profile : profile\n").count(), 1);
    // other tests have such models too
    let (student, course) = ("relations_through_Student", "relations_through_Course");
    assert_eq!(
        diagram.matches(&format!("{student} }}o--o{{ {course} : courses\n")).count()
            + diagram.matches(&format!("{course} }}o--o{{ {student} : students\n")).count(),
        1
    );
}
