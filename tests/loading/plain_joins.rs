//! With `Strategy::Lookup`, an include without modifiers is a `$lookup` without a pipeline.

use earnorm::mongodb::bson::{Bson, Document};
use earnorm::prelude::*;
use earnorm_tests::{STRATEGIES, database, insert_documents};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Room, fk = house_id)]
#[relation(one_to_one, name = "garden", target = Garden, fk = house_id)]
#[relation(many_to_many, name = "tenants", target = Tenant, through = Lease)]
struct House {
    #[serde(rename = "_id")]
    id: Option<i32>,
    #[relation(many_to_one, name = "owner", target = Tenant)]
    owner_id: Option<i32>,
    #[relation(many_to_many, name = "guests", target = Tenant)]
    #[serde(default)]
    guest_ids: Vec<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Room {
    #[serde(rename = "_id")]
    id: Option<i32>,
    house_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Garden {
    #[serde(rename = "_id")]
    id: i32,
    house_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Tenant {
    #[serde(rename = "_id")]
    id: Option<i32>,
    #[serde(default)]
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Lease {
    #[serde(rename = "_id")]
    id: i32,
    house_id: Option<i32>,
    tenant_id: Option<i32>,
}

/// A model with ids that are text, which a collation can affect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Street {
    #[serde(rename = "_id")]
    id: String,
    #[relation(many_to_one, name = "next", target = Street)]
    next_id: Option<String>,
}

#[derive(Debug, PartialEq, Deserialize, View)]
#[view(of = House)]
struct Sign {
    #[serde(rename = "_id")]
    id: Option<i32>,
}

/// The `$lookup` stages of a pipeline, at all depths.
fn lookups(pipeline: &[Bson]) -> Vec<&Document> {
    let mut found = Vec::new();
    for stage in pipeline.iter().filter_map(Bson::as_document) {
        if let Ok(lookup) = stage.get_document("$lookup") {
            found.push(lookup);
            if let Ok(inner) = lookup.get_array("pipeline") {
                found.extend(lookups(inner));
            }
        }
    }
    found
}

#[tokio::test]
async fn includes_without_modifiers_are_joined_without_a_pipeline() {
    let test = database().await;
    let db = test.db();
    let number_of_pipelines = async |mark| {
        let sent = test.log().since(mark);
        assert_eq!(sent.names(), ["aggregate"]);
        let pipeline = sent[0].body.get_array("pipeline").unwrap().clone();
        let lookups = lookups(&pipeline);
        (lookups.len(), lookups.iter().filter(|lookup| lookup.contains_key("pipeline")).count())
    };
    let plain = House::find_all()
        .with(House::ROOMS)
        .with(House::OWNER)
        .with(House::GARDEN)
        .with(House::GUESTS)
        .strategy(Strategy::Lookup);
    let mark = test.log().mark();
    plain.all(db).await.unwrap();
    assert_eq!(number_of_pipelines(mark).await, (4, 0));

    // the links have a pipeline, and the tenants in it have none
    let mark = test.log().mark();
    House::find_all().with(House::TENANTS).strategy(Strategy::Lookup).all(db).await.unwrap();
    assert_eq!(number_of_pipelines(mark).await, (2, 1));

    let mark = test.log().mark();
    House::find_all().with(House::ROOMS.limit(1)).strategy(Strategy::Lookup).all(db).await.unwrap();
    assert_eq!(number_of_pipelines(mark).await, (1, 1));

    // not every server compares text by the collation of the collection then
    let mark = test.log().mark();
    Street::find_all().with(Street::NEXT).strategy(Strategy::Lookup).all(db).await.unwrap();
    assert_eq!(number_of_pipelines(mark).await, (1, 1));
}

#[tokio::test]
async fn of_several_documents_of_a_relation_to_one_the_first_counts() {
    let test = database().await;
    let db = test.db();
    insert_documents(db, "houses", [doc! { "_id": 1 }, doc! { "_id": 2 }]).await;
    insert_documents(db, "gardens", [7, 3, 5].map(|id| doc! { "_id": id, "house_id": 1 })).await;
    for strategy in STRATEGIES {
        let houses = House::find_all().with(House::GARDEN).order_by(House::ID.asc()).strategy(strategy);
        let houses = houses.all(db).await.unwrap();
        let gardens: Vec<_> = houses.iter().map(|house| house.related(House::GARDEN).map(|garden| garden.id)).collect();
        assert_eq!(gardens, [Some(3), None], "{strategy:?}");
    }
}

#[tokio::test]
async fn a_null_key_and_an_array_refer_to_nothing() {
    let test = database().await;
    let db = test.db();
    // a null is a valid `_id` for the server; the name of this tenant can't be decoded
    insert_documents(db, "tenants", [doc! { "_id": null, "name": 5 }, doc! { "_id": 1 }, doc! { "_id": 2 }]).await;
    let houses = [
        doc! { "_id": 1, "owner_id": 1, "guest_ids": [2, 1] },
        doc! { "_id": 2, "owner_id": null },
        doc! { "_id": 3 },
        doc! { "_id": 4, "owner_id": 9 },
    ];
    insert_documents(db, "houses", houses).await;
    insert_documents(db, "rooms", [doc! { "_id": 1, "house_id": null }, doc! { "_id": 2, "house_id": 1 }]).await;
    insert_documents(db, "rooms", [doc! { "_id": null, "house_id": 1 }, doc! { "_id": 3 }]).await;
    let leases =
        [doc! { "_id": 1, "house_id": 1, "tenant_id": null }, doc! { "_id": 2, "house_id": 1, "tenant_id": 2 }];
    insert_documents(db, "leases", leases).await;
    let ids = |tenants: &[Tenant]| tenants.iter().map(|tenant| tenant.id).collect::<Vec<_>>();
    for strategy in STRATEGIES {
        let query = House::find(House::ID.ne(1)).with(House::OWNER).with(House::ROOMS).order_by(House::ID.asc());
        for house in query.strategy(strategy).all(db).await.unwrap() {
            assert_eq!((house.related(House::OWNER), house.related(House::ROOMS).len()), (None, 0), "{strategy:?}");
        }
        let query = House::find(House::ID.eq(1)).with(House::OWNER).with(House::ROOMS).with(House::TENANTS);
        let house = query.strategy(strategy).one(db).await.unwrap();
        assert_eq!(house.related(House::OWNER).and_then(|owner| owner.id), Some(1), "{strategy:?}");
        let mut rooms: Vec<_> = house.related(House::ROOMS).iter().map(|room| room.id).collect();
        rooms.sort_unstable();
        assert_eq!(rooms, [None, Some(2)], "{strategy:?}: a room may have a null for an id");
        assert_eq!(ids(house.related(House::TENANTS)), [Some(2)], "{strategy:?}");
    }
    insert_documents(db, "houses", [doc! { "_id": 5, "owner_id": [1, 2] }]).await;
    for strategy in STRATEGIES {
        let signs = House::find(House::ID.gte(4)).view::<Sign>().with(House::OWNER).order_by(House::ID.asc());
        let signs = signs.strategy(strategy).all(db).await.unwrap();
        assert_eq!(signs.iter().map(|sign| sign.id).collect::<Vec<_>>(), [Some(4), Some(5)], "{strategy:?}");
        assert!(signs.iter().all(|sign| sign.related(House::OWNER).is_none()), "{strategy:?}");
        let counted = House::find(House::ID.lte(2)).with(House::OWNER.count()).order_by(House::ID.asc());
        let counted = counted.strategy(strategy).all(db).await.unwrap();
        let counts: Vec<_> = counted.iter().map(|house| house.count(House::OWNER)).collect();
        assert_eq!(counts, [1, 0], "{strategy:?}");
    }
}
