use earnorm::prelude::*;
use earnorm_tests::blog::User;

#[test]
fn the_schema_has_every_linked_model() {
    let schema = earnorm::schema();
    for name in ["User", "Post", "Comment", "Profile", "Group", "UserGroup"] {
        assert!(schema.models().iter().any(|model| model.name == name), "{name}");
    }
    let user = schema.models().iter().find(|model| model.name == "User").unwrap();
    assert_eq!(user.collection, User::metadata().collection);
}

#[test]
fn the_diagram_has_each_model_field_and_relation_once() {
    let diagram = earnorm::schema().to_mermaid();
    assert!(diagram.starts_with("erDiagram\n"));
    assert!(diagram.contains("    Post {\n        ObjectId id PK\n        String title\n"));
    assert_eq!(diagram.matches("User ||--o{ Post : posts\n").count(), 1);
    assert_eq!(diagram.matches("Post }o--|| User : author\n").count(), 0, "drawn by `posts`");
    assert_eq!(diagram.matches("User }o--o{ Group : groups\n").count(), 1);
    assert_eq!(diagram.matches("User ||--o| Profile : profile\n").count(), 1);
    assert!(diagram.contains("        u32 age \"optional\"\n"), "{diagram}");
    // other tests have models with the same names
    let (student, course) = ("relations_through_Student", "relations_through_Course");
    assert_eq!(
        diagram.matches(&format!("{student} }}o--o{{ {course} : courses\n")).count()
            + diagram.matches(&format!("{course} }}o--o{{ {student} : students\n")).count(),
        1
    );
}

#[derive(Serialize, Deserialize, Model)]
#[model(collection = "di_houses")]
#[relation(one_to_many, name = "lodgers", target = Lodger, fk = house_id)]
#[relation(one_to_one, name = "owner", target = Lodger, fk = owns_id)]
#[relation(many_to_many, name = "guests", target = Lodger, target_ids = visits)]
struct House {
    #[serde(rename = "_id")]
    id: Id<House>,
}

type Maybe<T> = Option<T>;

#[derive(Serialize, Deserialize, Model)]
#[model(collection = "di_lodgers")]
struct Lodger {
    #[serde(rename = "_id")]
    id: i32,
    house_id: Option<Id<House>>,
    owns_id: Maybe<Id<House>>,
    visits: Vec<Id<House>>,
    #[relation(many_to_one, target = Lodger)]
    friend_id: Option<i32>,
    #[relation(many_to_one, target = Lodger)]
    boss_id: i32,
    #[relation(one_to_one, target = Lodger)]
    twin_id: Option<i32>,
    #[relation(one_to_one, target = Lodger)]
    key_id: i32,
    notes: std::collections::HashMap<String, Vec<(i32, [u8; 2])>>,
}

#[test]
fn the_diagram_marks_targets_of_optional_keys_as_optional() {
    let diagram = earnorm::schema().to_mermaid();
    let lodger = "    Lodger {
        i32 id PK
        Id(House) house_id \"optional\"
        Maybe(Id(House)) owns_id \"optional\"
        Id(House)[] visits
        i32 friend_id \"optional\"
        i32 boss_id
        i32 twin_id \"optional\"
        i32 key_id
        HashMap(String-type_i32__u8_2__[]) notes
    }
";
    assert!(diagram.contains(lodger), "{diagram}");
    for line in [
        "House |o--o{ Lodger : lodgers",
        "House |o--o| Lodger : owner",
        "House }o--o{ Lodger : guests",
        "Lodger }o--o| Lodger : friend",
        "Lodger }o--|| Lodger : boss",
        "Lodger |o--o| Lodger : twin",
        "Lodger |o--|| Lodger : key",
    ] {
        assert!(diagram.contains(&format!("    {line}\n")), "{line}\n{diagram}");
    }
}
