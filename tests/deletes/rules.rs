use earnorm::prelude::*;
use earnorm::{DeleteReport, Error};
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::blog::{Comment, Group, Post, Profile, User, UserGroup};
use earnorm_tests::{count, database};

/// Ada has 3 posts with 2 comments each, a profile and 2 groups. Grace has a post and a group.
async fn blog(test: &TestDb) -> (User, User) {
    let db = test.db();
    let (ada, grace) = (User::new("Ada", 36), User::new("Grace", None));
    User::insert_many(db, &[ada.clone(), grace.clone()]).await.unwrap();
    let mut posts: Vec<Post> = (0..3).map(|n| ada.post(&format!("a{n}"), n)).collect();
    posts.push(grace.post("g", 1));
    Post::insert_many(db, &posts).await.unwrap();
    for post in &posts {
        for n in 0..2 {
            let comment = Comment {
                id: ObjectId::new(),
                text: n.to_string(),
                status: "active".into(),
                likes: n,
                created_at: n,
                post_id: post.id,
            };
            comment.insert(db).await.unwrap();
        }
    }
    Profile { id: ObjectId::new(), bio: "first".into(), user_id: ada.id }.insert(db).await.unwrap();
    let groups: Vec<Group> = (0..2).map(|n| Group { id: ObjectId::new(), name: n.to_string() }).collect();
    Group::insert_many(db, &groups).await.unwrap();
    for (user, group) in [(&ada, 0), (&ada, 1), (&grace, 0)] {
        let link = UserGroup { id: ObjectId::new(), user_id: user.id, group_id: groups[group].id };
        link.insert(db).await.unwrap();
    }
    (ada, grace)
}

#[tokio::test]
async fn a_delete_follows_the_rules() {
    let test = database().await;
    let db = test.db();
    let (ada, _) = blog(&test).await;
    // finds the user and the ids of her posts; deletes profile, comments and links by key, then posts and user; commits
    let report = assert_commands!(test, 8, ada.delete(db).await.unwrap());
    assert_eq!(report.deleted(), 1 + 3 + 6 + 1);
    assert_eq!(report.deleted_of::<Post>(), 3);
    assert_eq!(report.deleted_of::<Comment>(), 6);
    assert_eq!((report.links(), report.unlinked()), (2, 0));
    assert!(report.in_transaction());
    assert_eq!(count::<User>(db).await, 1);
    assert_eq!(count::<Post>(db).await, 1);
    assert_eq!(count::<Comment>(db).await, 2);
    assert_eq!(count::<Profile>(db).await, 0);
    assert_eq!(count::<UserGroup>(db).await, 1);
    assert_eq!(count::<Group>(db).await, 2, "groups are not deleted with the links to them");
}

#[tokio::test]
async fn deleting_a_missing_document_is_not_an_error() {
    let test = database().await;
    let db = test.db();
    let (ada, _) = blog(&test).await;
    ada.delete(db).await.unwrap();
    let report = ada.delete(db).await.unwrap();
    assert_eq!((report.deleted(), report.links()), (0, 0));
    assert_eq!(report.to_string(), "nothing deleted");
}

#[tokio::test]
async fn deleting_by_a_query_sends_as_many_commands_as_deleting_one_document() {
    let test = database().await;
    let db = test.db();
    blog(&test).await;
    let report = assert_commands!(test, 8, User::find_all().delete(db).await.unwrap());
    assert_eq!(report.to_string(), "2 users, 4 posts, 1 profile, 8 comments deleted; 3 links removed");
    for left in
        [count::<User>(db).await, count::<Post>(db).await, count::<Comment>(db).await, count::<UserGroup>(db).await]
    {
        assert_eq!(left, 0);
    }
}

#[tokio::test]
async fn limited_queries_and_handles_delete_only_their_results() {
    let test = database().await;
    let db = test.db();
    let (ada, grace) = blog(&test).await;
    let report = ada.posts().order_by(Post::LIKES.desc()).limit(1).delete_all(db).await.unwrap();
    assert_eq!((report.deleted_of::<Post>(), report.deleted_of::<Comment>()), (1, 2));
    assert_eq!(ada.posts().count(db).await.unwrap(), 2);
    assert_eq!(grace.posts().delete_all(db).await.unwrap().deleted(), 3);
    assert_eq!(count::<Comment>(db).await, 4);
    assert_eq!(ada.profile().delete(db).await.unwrap().deleted(), 1);
}

#[tokio::test]
async fn a_delete_is_undone_with_the_transaction_of_the_caller() {
    let test = database().await;
    let db = test.db();
    let (ada, _) = blog(&test).await;
    let outcome: earnorm::Result<DeleteReport> = earnorm::transaction(db, async |tx| {
        let report = ada.delete(tx).await?;
        assert_eq!(report.deleted(), 11);
        assert_eq!(User::find_all().count(tx).await?, 1);
        Err(Error::other("changed my mind"))
    })
    .await;
    assert_eq!(outcome.unwrap_err().to_string(), "changed my mind");
    assert_eq!((count::<User>(db).await, count::<Comment>(db).await), (2, 8));
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Invoice", fk = "customer_id")]
struct Customer {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Agent", on_delete = "set_null")]
    agent_id: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[relation(many_to_one, target = "Agent", on_delete = "set_null")]
    deputy_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Agent {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Invoice {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Customer", on_delete = "restrict")]
    customer_id: i32,
}

fn customer(id: i32, agent_id: Option<i32>, deputy_id: Option<i32>) -> Customer {
    Customer { id, agent_id, deputy_id }
}

#[tokio::test]
async fn set_null_stores_an_empty_key_as_serde_does() {
    let test = database().await;
    let db = test.db();
    Agent { id: 1 }.insert(db).await.unwrap();
    Customer::insert_many(db, &[customer(1, Some(1), None), customer(2, Some(2), Some(1))]).await.unwrap();
    let report = Agent { id: 1 }.delete(db).await.unwrap();
    assert_eq!(report.to_string(), "1 agent deleted; 2 customers unlinked");
    let raw = db.collection::<earnorm::mongodb::bson::Document>("customers");
    assert_eq!(raw.find_one(doc! { "_id": 1 }).await.unwrap().unwrap(), doc! { "_id": 1, "agent_id": null });
    assert_eq!(raw.find_one(doc! { "_id": 2 }).await.unwrap().unwrap(), doc! { "_id": 2, "agent_id": 2 });
}

#[tokio::test]
async fn restrict_prevents_all_writes() {
    let test = database().await;
    let db = test.db();
    Customer::insert_many(db, &[customer(1, None, None), customer(2, None, None)]).await.unwrap();
    let invoices: Vec<Invoice> = (1..=12).map(|id| Invoice { id, customer_id: 1 }).collect();
    Invoice::insert_many(db, &invoices).await.unwrap();
    let error = customer(1, None, None).delete(db).await.unwrap_err();
    let message = error.to_string();
    let Error::Restricted { model, relation, blockers } = error else { panic!("{error:?}") };
    assert_eq!((model, relation), ("Invoice", "customer"));
    assert_eq!((blockers.model, blockers.field, blockers.len()), ("Invoice", "customer_id", 12));
    assert_eq!(blockers.ids().len(), 10);
    assert!(message.starts_with("`Invoice::customer` restricts this delete: 12 invoices refer to"), "{message}");
    assert!(message.ends_with("and 2 more"), "{message}");
    assert!(Customer::find_all().delete(db).await.is_err(), "one blocked document blocks the whole delete");
    assert_eq!(count::<Customer>(db).await, 2);
    assert_eq!(customer(2, None, None).delete(db).await.unwrap().deleted(), 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Folder", fk = "disk_id", cascade_delete)]
#[relation(one_to_many, target = "File", fk = "disk_id", cascade_delete)]
struct Disk {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Folder {
    #[serde(rename = "_id")]
    id: i32,
    disk_id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct File {
    #[serde(rename = "_id")]
    id: i32,
    disk_id: i32,
    #[relation(many_to_one, target = "Folder", on_delete = "restrict")]
    folder_id: i32,
}

#[tokio::test]
async fn documents_that_are_deleted_too_do_not_block() {
    let test = database().await;
    let db = test.db();
    Disk::insert_many(db, &[Disk { id: 1 }, Disk { id: 2 }]).await.unwrap();
    Folder { id: 1, disk_id: 1 }.insert(db).await.unwrap();
    File { id: 1, disk_id: 1, folder_id: 1 }.insert(db).await.unwrap();
    assert!(matches!(Folder { id: 1, disk_id: 1 }.delete(db).await, Err(Error::Restricted { model: "File", .. })));
    let guest = File { id: 2, disk_id: 2, folder_id: 1 }.insert(db).await.unwrap();
    let error = Disk { id: 1 }.delete(db).await.unwrap_err();
    assert!(matches!(&error, Error::Restricted { blockers, .. } if blockers.len() == 1), "{error}");
    assert_eq!((count::<Disk>(db).await, count::<Folder>(db).await, count::<File>(db).await), (2, 1, 2));
    guest.delete(db).await.unwrap();
    assert_eq!(Disk { id: 1 }.delete(db).await.unwrap().deleted(), 3);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Torn", fk = "sheet_id", cascade_delete)]
struct Sheet {
    #[serde(rename = "_id")]
    id: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Torn {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Sheet", on_delete = "restrict")]
    sheet_id: i32,
}

#[tokio::test]
async fn conflicting_rules_are_an_error_when_used() {
    let test = database().await;
    let db = test.db();
    Sheet { id: 1 }.insert(db).await.unwrap();
    Torn { id: 1, sheet_id: 1 }.insert(db).await.unwrap();
    let error = assert_commands!(test, 0, Sheet { id: 1 }.plan_delete(db).await.unwrap_err());
    assert!(matches!(error, Error::RuleConflict { model: "Torn", field: "sheet_id", .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains("`Sheet::torns` says `cascade`, and `Torn::sheet` says `restrict`"), "{message}");
    assert!(matches!(Sheet { id: 1 }.delete(db).await, Err(Error::RuleConflict { .. })));
    assert_eq!(count::<Sheet>(db).await, 1);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Member {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_many, target = "Club")]
    club_ids: Vec<i32>,
    #[relation(many_to_many, target = "Club", name = "former", on_delete = "no_action")]
    former_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = "Member", target_ids = "club_ids")]
struct Club {
    #[serde(rename = "_id")]
    id: i32,
}

#[tokio::test]
async fn ids_are_pulled_from_arrays_unless_the_rule_is_no_action() {
    let test = database().await;
    let db = test.db();
    Club::insert_many(db, &[Club { id: 1 }, Club { id: 2 }, Club { id: 3 }]).await.unwrap();
    Member { id: 1, club_ids: vec![3, 1, 2], former_ids: vec![1] }.insert(db).await.unwrap();
    Member { id: 2, club_ids: vec![2], former_ids: vec![] }.insert(db).await.unwrap();
    let clubs = Club::find(Club::ID.is_in([1, 2]));
    let plan = clubs.clone().plan_delete(db).await.unwrap();
    let report = clubs.delete(db).await.unwrap();
    assert_eq!(plan.to_string(), "2 clubs deleted; 3 links removed");
    assert_eq!(report.to_string(), plan.to_string());
    let members = Member::find_all().order_by(Member::ID.asc()).all(db).await.unwrap();
    assert_eq!((&members[0].club_ids, &members[0].former_ids), (&vec![3], &vec![1]));
    assert!(members[1].club_ids.is_empty());
    assert_eq!(members[0].delete(db).await.unwrap().deleted(), 1);
}

/// A model that refers to a model in another crate, which doesn't know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Fan {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "earnorm_examples::chinook::Artist", on_delete = "cascade")]
    artist_id: i32,
}

#[tokio::test]
async fn a_rule_of_another_crate_applies() {
    use earnorm_examples::chinook::Artist;

    let test = database().await;
    let db = test.db();
    let artist = Artist { id: 1, name: "Iron Maiden".into() }.insert(db).await.unwrap();
    Fan::insert_many(db, &[Fan { id: 1, artist_id: 1 }, Fan { id: 2, artist_id: 2 }]).await.unwrap();
    assert_eq!(artist.delete(db).await.unwrap().deleted_of::<Fan>(), 1);
    assert_eq!(count::<Fan>(db).await, 1);
}

/// Another struct for customers. Rules for customers apply to it too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "customers")]
struct CustomerName {
    #[serde(rename = "_id")]
    id: i32,
}

#[tokio::test]
async fn rules_apply_to_every_struct_of_a_collection() {
    let test = database().await;
    let db = test.db();
    customer(1, None, None).insert(db).await.unwrap();
    Invoice { id: 1, customer_id: 1 }.insert(db).await.unwrap();
    let outcome = CustomerName { id: 1 }.delete(db).await;
    assert!(matches!(outcome, Err(Error::Restricted { model: "Invoice", .. })), "{outcome:?}");
}

/// Two models with the same name and collection in two modules, each with its own rules.
mod same_names {
    use earnorm::prelude::*;

    pub(super) mod strict {
        use super::*;

        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        #[relation(one_to_many, target = "Goods", fk = "shop_id", on_delete = "restrict")]
        pub(crate) struct Shop {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
        }

        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        pub(crate) struct Goods {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            pub(crate) shop_id: i32,
        }
    }

    pub(super) mod lax {
        use super::*;

        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        #[relation(one_to_many, target = "Goods", fk = "shop_id", cascade_delete)]
        pub(crate) struct Shop {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
        }

        #[derive(Debug, Clone, Serialize, Deserialize, Model)]
        pub(crate) struct Goods {
            #[serde(rename = "_id")]
            pub(crate) id: i32,
            pub(crate) shop_id: i32,
        }
    }
}

#[tokio::test]
async fn models_of_the_same_name_have_their_own_rules() {
    use same_names::{lax, strict};

    let test = database().await;
    let db = test.db();
    strict::Shop { id: 1 }.insert(db).await.unwrap();
    strict::Goods { id: 1, shop_id: 1 }.insert(db).await.unwrap();
    assert!(matches!(strict::Shop { id: 1 }.delete(db).await, Err(Error::Restricted { .. })));
    assert_eq!(lax::Shop { id: 1 }.delete(db).await.unwrap().deleted(), 2);
}

/// Ids and keys with encoders. Their stored forms are compared.
mod encoded {
    use earnorm::prelude::*;
    use serde::Serializer;

    fn as_hex<S: Serializer>(id: &ObjectId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&id.to_hex())
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "Page", fk = "volume_id", cascade_delete)]
    pub(super) struct Volume {
        #[serde(rename = "_id")]
        pub(super) id: ObjectId,
    }

    #[derive(Debug, Clone, Serialize, Deserialize, Model)]
    pub(super) struct Page {
        #[serde(rename = "_id")]
        pub(super) id: i32,
        #[serde(serialize_with = "as_hex")]
        pub(super) volume_id: ObjectId,
    }
}

#[tokio::test]
async fn a_key_with_another_encoder_than_the_id_is_found() {
    use encoded::{Page, Volume};

    let test = database().await;
    let db = test.db();
    let volume = Volume { id: ObjectId::new() }.insert(db).await.unwrap();
    Page { id: 1, volume_id: volume.id }.insert(db).await.unwrap();
    let raw = db.collection::<earnorm::mongodb::bson::Document>("pages").find_one(doc! {}).await.unwrap().unwrap();
    assert_eq!(raw.get_str("volume_id").unwrap(), volume.id.to_hex());
    assert_eq!(volume.delete(db).await.unwrap().deleted_of::<Page>(), 1);
}
