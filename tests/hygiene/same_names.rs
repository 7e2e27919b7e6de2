//! Two related models with the same name in two modules.

mod shop {
    use earnorm::prelude::*;

    #[derive(Serialize, Deserialize, Model)]
    #[model(collection = "shop.users")]
    #[relation(one_to_one, name = "login", target = "super::login::User", fk = "user_id", back_populates = "user")]
    pub(super) struct User {
        #[serde(rename = "_id")]
        id: ObjectId,
    }
}

mod login {
    use earnorm::prelude::*;

    #[derive(Serialize, Deserialize, Model)]
    #[model(collection = "login.users")]
    pub(super) struct User {
        #[serde(rename = "_id")]
        id: ObjectId,
        #[relation(one_to_one, target = "super::shop::User", back_populates = "login")]
        user_id: ObjectId,
    }
}

#[test]
fn models_have_their_relations() {
    assert_eq!(crate::relations::<shop::User>(), [("login", "login.users", "user_id")]);
    assert_eq!(crate::relations::<login::User>(), [("user", "shop.users", "user_id")]);
}

#[test]
fn the_registry_has_both_models() {
    let schema = earnorm::schema();
    let users = schema.models().iter().filter(|model| model.name == "User" && model.module.contains("same_names"));
    let modules: Vec<_> = users.map(|model| model.module).collect();
    assert_eq!(modules, ["hygiene::same_names::login", "hygiene::same_names::shop"]);
}
