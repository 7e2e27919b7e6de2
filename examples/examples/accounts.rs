//! Accounts: sign-up by a unique email, a profile that is edited in two browsers at once, and deletes that are undone.
//!
//! `cargo run -p earnorm-examples --example accounts` runs it against a local server. The output shows, beside each step,
//! how many commands it sent and how many documents the replies had.

use std::error::Error;

use earnorm::Deletion;
use earnorm::prelude::*;
use earnorm_examples::CostTable;
use earnorm_testkit::TestDb;
use mongodb::Database;
use mongodb::bson::DateTime;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[index(email, unique)]
#[relation(one_to_many, target = Note, fk = account_id, cascade_delete)]
struct Account {
    #[serde(rename = "_id")]
    id: ObjectId,
    email: String,
    bio: String,
    #[model(created_at)]
    created: DateTime,
    #[model(updated_at)]
    updated: DateTime,
    #[model(version)]
    version: i64,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Note {
    #[serde(rename = "_id")]
    id: ObjectId,
    text: String,
    #[relation(many_to_one, target = Account)]
    account_id: ObjectId,
    #[model(soft_delete)]
    deleted: Option<Deletion>,
}

/// An account that isn't stored yet.
fn account(email: &str, bio: &str) -> Account {
    let now = DateTime::now();
    Account {
        id: ObjectId::new(),
        email: email.into(),
        bio: bio.into(),
        created: now,
        updated: now,
        version: 0,
        deleted: None,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let test = TestDb::new().await?;
    let db = test.db();
    let mut table = CostTable::start(test.log());

    let report = Account::ensure_indexes(db).await?;
    table
        .row(format!("{} indexes are created; by one of them, no two accounts have the same email", report.made.len()));
    let ada = sign_up(db, &mut table).await?;
    let ada = edit(db, &mut table, &ada).await?;
    delete_and_restore(db, &mut table, &ada).await?;

    table.finish();
    Ok(())
}

async fn sign_up(db: &Database, table: &mut CostTable<'_>) -> Result<Account, Box<dyn Error>> {
    table.section("Two sign-ups with one email at the same time");
    let sign_up = |bio: &'static str| {
        Account::by_email("ada@example.org").get_or_insert(db, move || account("ada@example.org", bio))
    };
    let (first, second) = tokio::try_join!(sign_up("from the phone"), sign_up("from the laptop"))?;
    assert_eq!(first, second);
    assert_eq!(Account::find_all().count(db).await?, 1);
    table.row(format!("`get_or_insert` stores one account, \"{}\", and returns it to both", first.bio));
    assert_eq!((first.version, first.created), (1, first.updated));

    let taken = account("ada@example.org", "another person").insert(db).await;
    let Err(earnorm::Error::Duplicate { index, .. }) = taken else {
        return Err(format!("a second account with this email: {taken:?}").into());
    };
    table.row(format!("`insert` is refused with `Error::Duplicate`, by the index `{index}`"));
    Ok(first)
}

async fn edit(db: &Database, table: &mut CostTable<'_>, account: &Account) -> Result<Account, Box<dyn Error>> {
    table.section("One account in two browsers");
    let mut phone = Account::get(db, account.id).await?.ok_or("no account")?;
    let mut laptop = Account::get(db, account.id).await?.ok_or("no account")?;
    table.row(format!("both load version {}", phone.version));
    phone.bio = "mathematician".into();
    phone.save(db).await?;
    assert_eq!(phone.version, 2);
    table.row("the phone saves: version 2");

    laptop.bio.push_str(", and from London");
    let refused = laptop.save(db).await;
    assert!(matches!(refused, Err(earnorm::Error::Stale { model: "Account", .. })), "{refused:?}");
    let stored = Account::get(db, account.id).await?.ok_or("no account")?;
    assert_eq!(stored, phone, "nothing of the phone's is lost");
    table.row("the laptop saves version 1: `Error::Stale`, and nothing is written");

    let mut laptop = stored;
    laptop.bio.push_str(", and from London");
    laptop.save(db).await?;
    assert_eq!((laptop.version, laptop.bio.as_str()), (3, "mathematician, and from London"));
    table.row(format!("it loads the account again, and saves: version 3, \"{}\"", laptop.bio));

    phone.update(db, Account::EMAIL.set("ada@example.com")).await?;
    assert_eq!((phone.version, &phone.bio), (4, &laptop.bio));
    table.row("the phone updates one field, which doesn't depend on what it had loaded: version 4");
    let refused = laptop.update_if_current(db, Account::BIO.set("late")).await;
    assert!(matches!(refused, Err(earnorm::Error::Stale { .. })), "{refused:?}");
    assert!(matches!(laptop.delete_if_current(db).await, Err(earnorm::Error::Stale { .. })));
    table.row("`update_if_current` and `delete_if_current` of version 3: `Error::Stale`");
    Ok(phone)
}

async fn delete_and_restore(db: &Database, table: &mut CostTable<'_>, ada: &Account) -> Result<(), Box<dyn Error>> {
    table.section("Deletes that are undone");
    let [draft, poem] = ["a draft", "a poem"].map(|text| Note {
        id: ObjectId::new(),
        text: text.into(),
        account_id: ada.id,
        deleted: None,
    });
    ada.notes().add_many(db, [draft.clone(), poem.clone()]).await?;
    table.row("Ada has two notes");
    let monday = draft.delete(db).await?;
    assert_eq!(ada.notes().all(db).await?, std::slice::from_ref(&poem));
    table.row(format!("Monday: {monday}; Ada has one note"));
    let tuesday = ada.delete(db).await?;
    assert_eq!(tuesday.to_string(), "1 account, 1 note deleted");
    assert_eq!((Account::get(db, ada.id).await?, Note::get(db, poem.id).await?), (None, None));
    table.row(format!("Tuesday: {tuesday}, and no query finds them"));

    let other = Account::by_email(&ada.email).get_or_insert(db, || account(&ada.email, "another Ada")).await?;
    assert_ne!(other.id, ada.id);
    table.row("the email is free again: another person signs up with it");
    let refused = earnorm::restore(db, tuesday.deletion()).await;
    assert!(matches!(refused, Err(earnorm::Error::Duplicate { .. })), "{refused:?}");
    table.row("Ada can't be restored beside them: `Error::Duplicate`, and nothing is written");
    Account::by_email(&ada.email).update(db, Account::EMAIL.set("other@example.org")).await?;
    table.row("they change their email");

    let restored = earnorm::restore(db, tuesday.deletion()).await?;
    assert_eq!(restored.to_string(), "1 account, 1 note restored");
    assert_eq!(ada.notes().all(db).await?, std::slice::from_ref(&poem));
    table.row(format!("Tuesday's delete is undone: {restored}. Monday's note stays deleted"));
    let restored = earnorm::restore(db, monday.deletion()).await?;
    assert_eq!((restored.restored(), ada.notes().count(db).await?), (1, 2));
    table.row(format!("so is Monday's: {restored}"));
    Ok(())
}
