//! Hooks of each kind, with writes by the kind and by the enum.

use std::sync::Mutex;

use earnorm::prelude::*;
use earnorm::{HookContext, Result};
use earnorm_tests::{database, documents};

static CALLS: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn calls() -> Vec<String> {
    std::mem::take(&mut *CALLS.lock().unwrap())
}

fn call(name: &str) {
    CALLS.lock().unwrap().push(name.to_owned());
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "species", rename = "cat")]
#[model(collection = "animals", hooks)]
#[relation(one_to_many, target = Toy, fk = animal_id, cascade_delete)]
struct Cat {
    #[serde(rename = "_id")]
    id: i32,
    name: String,
}

impl Hooks for Cat {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        self.name = self.name.to_uppercase();
        call(&format!("before_save cat {}", self.id));
        Ok(())
    }
    async fn after_save(&self, _: &HookContext<'_>) -> Result<()> {
        if self.name == "REFUSED" {
            return Err(earnorm::Error::other("no"));
        }
        call(&format!("after_save cat {}", self.id));
        Ok(())
    }
    async fn before_delete(&self, _: &HookContext<'_>) -> Result<()> {
        call(&format!("before_delete cat {}", self.id));
        Ok(())
    }
    async fn after_delete(&self, _: &HookContext<'_>) -> Result<()> {
        call(&format!("after_delete cat {}", self.id));
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "species", rename = "dog")]
#[model(collection = "animals", hooks)]
struct Dog {
    #[serde(rename = "_id")]
    id: i32,
}

impl Hooks for Dog {
    async fn before_save(&mut self, _: &HookContext<'_>) -> Result<()> {
        call(&format!("before_save dog {}", self.id));
        Ok(())
    }
    async fn before_delete(&self, _: &HookContext<'_>) -> Result<()> {
        call(&format!("before_delete dog {}", self.id));
        Ok(())
    }
}

/// Without hooks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[serde(tag = "species", rename = "fish")]
#[model(collection = "animals")]
struct Fish {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Model)]
enum Animal {
    Cat(Cat),
    Dog(Dog),
    Fish(Fish),
}

/// A struct without a tag over the same collection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "animals")]
struct AnyAnimal {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Toy {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = Animal)]
    animal_id: i32,
}

fn cat(id: i32, name: &str) -> Cat {
    Cat { id, name: name.to_owned() }
}

/// One test, because the calls of hooks are counted for the whole program.
#[tokio::test]
async fn hooks_run_for_the_kind_of_each_document() {
    let test = database().await;
    let db = test.db();
    let stored = Animal::Cat(cat(1, "tom")).insert(db).await.unwrap();
    assert_eq!(stored, Animal::Cat(cat(1, "TOM")));
    assert_eq!(calls(), ["before_save cat 1", "after_save cat 1"]);
    let all = [Animal::Dog(Dog { id: 2 }), Animal::Fish(Fish { id: 3 }), Animal::Cat(cat(4, "a"))];
    Animal::insert_many(db, &all).await.unwrap();
    assert_eq!(calls(), ["before_save dog 2", "before_save cat 4", "after_save cat 4"]);
    Animal::Fish(Fish { id: 3 }).save(db).await.unwrap();
    Animal::Dog(Dog { id: 2 }).save(db).await.unwrap();
    assert_eq!(calls(), ["before_save dog 2"]);
    // an error of a hook restores the document, and nothing is stored
    let mut refused = Animal::Cat(cat(5, "refused"));
    let error = refused.save(db).await.unwrap_err();
    assert!(error.to_string().contains("Cat"), "{error}");
    assert_eq!(refused, Animal::Cat(cat(5, "refused")));
    assert_eq!(documents(db, "animals").await.len(), 4);
    calls();

    // a delete of one kind runs no hooks of another
    Toy { id: 1, animal_id: 4 }.insert(db).await.unwrap();
    let report = Cat::find(Cat::ID.gt(1)).delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 cat, 1 toy deleted");
    assert_eq!(calls(), ["before_delete cat 4", "after_delete cat 4"]);
    // a relation of the key's side leads to any kind
    let toy = Toy { id: 2, animal_id: 2 }.insert(db).await.unwrap();
    assert_eq!(toy.animal().delete(db).await.unwrap().to_string(), "1 dog deleted");
    assert_eq!(calls(), ["before_delete dog 2"]);
    Animal::insert_many(db, &[Animal::Dog(Dog { id: 2 })]).await.unwrap();
    calls();
    let report = Animal::find_all().delete(db).await.unwrap();
    assert_eq!(report.deleted_of::<Animal>(), 3);
    let mut called = calls();
    called.sort();
    assert_eq!(called, ["after_delete cat 1", "before_delete cat 1", "before_delete dog 2"]);

    // so does a delete by a struct without a tag
    Animal::insert_many(db, &[Animal::Cat(cat(1, "a")), Animal::Dog(Dog { id: 2 }), Animal::Fish(Fish { id: 3 })])
        .await
        .unwrap();
    Toy { id: 3, animal_id: 1 }.insert(db).await.unwrap();
    calls();
    let report = AnyAnimal::find_all().delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 cat, 1 dog, 1 fish, 1 toy deleted");
    let mut called = calls();
    called.sort();
    assert_eq!(called, ["after_delete cat 1", "before_delete cat 1", "before_delete dog 2"]);
}
