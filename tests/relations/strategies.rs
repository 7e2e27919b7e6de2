//! What both strategies have in common, and where they differ.

use earnorm::Error;
use earnorm::mongodb::bson::{Bson, Document};
use earnorm::mongodb::options::CollationStrength;
use earnorm::prelude::*;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::{STRATEGIES, database, english};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Page, fk = shelf_id)]
#[relation(one_to_many, name = "coded", target = Code, fk = shelf)]
#[relation(many_to_many, name = "marked", target = Page, through = Mark)]
struct Shelf {
    #[serde(rename = "_id")]
    id: i64,
    name: String,
    #[relation(many_to_many, name = "picked", target = Page)]
    page_ids: Vec<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Page {
    #[serde(rename = "_id")]
    id: i64,
    text: String,
    #[relation(many_to_one, target = Shelf)]
    shelf_id: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
struct Mark {
    #[serde(rename = "_id")]
    id: i64,
    shelf_id: i64,
    page_id: i64,
}

/// A model whose key is stored as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Code {
    #[serde(rename = "_id")]
    id: i64,
    #[serde(with = "as_text")]
    #[relation(many_to_one, name = "place", target = Shelf)]
    shelf: i64,
}

mod as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(n: &i64, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&format!("no {n}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        let text = String::deserialize(from)?;
        text.trim_start_matches("no ").parse().map_err(Error::custom)
    }
}

/// Two shelves with three pages each. Each shelf marks and picks two pages, one of them twice.
async fn shelves(test: &TestDb) -> Vec<Shelf> {
    let db = test.db();
    let shelves: Vec<Shelf> =
        (0..2).map(|id| Shelf { id, name: format!("s{id}"), page_ids: vec![4, 4, id, 99] }).collect();
    Shelf::insert_many(db, &shelves).await.unwrap();
    let pages: Vec<Page> = (0..6).map(|id| Page { id, text: format!("p{id}"), shelf_id: id % 2 }).collect();
    Page::insert_many(db, &pages).await.unwrap();
    let marks: Vec<Mark> = (0..6)
        .map(|id| Mark { id, shelf_id: id % 2, page_id: [4, 4, id, 1, 99, 98][usize::try_from(id).unwrap()] })
        .collect();
    Mark::insert_many(db, &marks).await.unwrap();
    let codes: Vec<Code> = (0..4).map(|id| Code { id, shelf: id % 2 }).collect();
    Code::insert_many(db, &codes).await.unwrap();
    shelves
}

#[tokio::test]
async fn a_lookup_is_one_command_for_every_graph() {
    let test = database().await;
    let db = test.db();
    shelves(&test).await;
    let graph = || {
        Shelf::find_all()
            .with(Shelf::PAGES.with(Page::SHELF.with(Shelf::PAGES.count())).limit(2))
            .with(Shelf::MARKED.with(Page::SHELF).order_by(Page::ID.asc()).links())
            .with(Shelf::PICKED)
            .with(Shelf::PICKED.count())
            .with(Some(Shelf::MARKED.count()))
            .order_by(Shelf::ID.desc())
    };
    let batches = assert_commands!(test, 11, { graph().all(db).await.unwrap() });
    let lookup = assert_commands!(test, 1, { graph().strategy(Strategy::Lookup).all(db).await.unwrap() });
    assert_eq!(lookup, batches);
    let one = graph().filter(Shelf::ID.eq(1)).strategy(Strategy::Lookup);
    assert_eq!(assert_commands!(test, 1, { one.one(db).await.unwrap() }), batches[0]);
    assert!(matches!(graph().strategy(Strategy::Lookup).one(db).await, Err(Error::NotUnique { model: "Shelf" })));
    let none = graph().filter(Shelf::ID.eq(9)).strategy(Strategy::Lookup).one(db).await;
    assert!(matches!(none, Err(Error::NotFound { model: "Shelf" })));
    let page = assert_commands!(test, 2, { graph().strategy(Strategy::Lookup).page(db, 2, 1).await.unwrap() });
    assert_eq!(page.items, batches[1..]);
    let inside = earnorm::transaction(db, async |tx| graph().strategy(Strategy::Lookup).all(tx).await);
    assert_eq!(assert_commands!(test, 2, { inside.await.unwrap() }), batches);
    assert_commands!(test, 0, { assert_eq!(graph().limit(0).strategy(Strategy::Lookup).all(db).await.unwrap(), []) });
}

#[tokio::test]
async fn a_stream_with_lookups_is_read_in_batches() {
    let test = database().await;
    let db = test.db();
    let many: Vec<Shelf> = (0..2_500).map(|id| Shelf { id, name: String::new(), page_ids: vec![] }).collect();
    Shelf::insert_many(db, &many).await.unwrap();
    let pages: Vec<Page> = (0..2_500).map(|id| Page { id, text: String::new(), shelf_id: id }).collect();
    Page::insert_many(db, &pages).await.unwrap();
    Shelf::ensure_indexes(db).await.unwrap();
    let seen = assert_commands!(test, 3, {
        let mut rows = Shelf::find_all().with(Shelf::PAGES).strategy(Strategy::Lookup).stream(db);
        let mut seen = 0;
        while let Some(row) = rows.next().await {
            seen += row.unwrap().related(Shelf::PAGES).len();
        }
        seen
    });
    assert_eq!(seen, 2_500);
}

#[tokio::test]
async fn keys_that_the_server_cannot_compare_are_loaded_by_batch() {
    let test = database().await;
    let db = test.db();
    shelves(&test).await;
    let query = || Shelf::find_all().with(Shelf::CODED.with(Code::PLACE)).with(Shelf::PAGES).order_by(Shelf::ID.asc());
    let batches = query().all(db).await.unwrap();
    assert_eq!(batches[1].related(Shelf::CODED).len(), 2);
    assert_eq!(batches[1].related(Shelf::CODED)[0].related(Code::PLACE).unwrap().id, 1);
    // the pipeline with the pages, then the codes, then their places
    let lookup = assert_commands!(test, 3, { query().strategy(Strategy::Lookup).all(db).await.unwrap() });
    assert_eq!(lookup, batches);

    // a collation applies to the query, not to its includes
    let query = || {
        let pages = Shelf::PAGES.filter(Page::TEXT.eq("P2"));
        Shelf::find(Shelf::NAME.eq("S0")).with(pages).collation(english(CollationStrength::Primary))
    };
    for strategy in STRATEGIES {
        let found = assert_commands!(test, 2, { query().strategy(strategy).one(db).await.unwrap() });
        assert_eq!((found.id, found.related(Shelf::PAGES).len()), (0, 0));
    }
}

#[tokio::test]
async fn the_error_of_a_result_over_16_mib_names_the_other_strategy() {
    let test = database().await;
    let db = test.db();
    Shelf { id: 1, name: "long".into(), page_ids: vec![] }.insert(db).await.unwrap();
    let pages: Vec<Page> = (0..18).map(|id| Page { id, text: "x".repeat(1 << 20), shelf_id: 1 }).collect();
    Page::insert_many(db, &pages).await.unwrap();
    let query = || Shelf::find_all().with(Shelf::PAGES).with(Shelf::MARKED);
    let refused = "a `Shelf` with its `pages`, `marked` is too large for one command (a server joins at most 16 MiB to one \
                   document, and 100 MiB by a recursive relation); load it with `Strategy::Batch`";
    let error = query().strategy(Strategy::Lookup).all(db).await.unwrap_err();
    assert!(matches!(&error, Error::TooLarge { model: "Shelf", .. }), "{error:?}");
    assert_eq!(error.to_string(), refused);
    let error = query().strategy(Strategy::Lookup).stream(db).await.unwrap_err();
    assert_eq!(error.to_string(), refused);
    assert_eq!(query().one(db).await.unwrap().related(Shelf::PAGES).len(), 18);
    let few = query().strategy(Strategy::Lookup).filter(Shelf::ID.eq(2)).all(db).await.unwrap();
    assert!(few.is_empty());
}

#[tokio::test]
async fn missing_collections_mixed_key_types_and_invalid_documents() {
    let test = database().await;
    let db = test.db();
    let shelf = Shelf { id: 1, name: String::new(), page_ids: vec![1, 2, 3, 4, 5] }.insert(db).await.unwrap();
    for strategy in STRATEGIES {
        // the other collections don't exist yet
        let empty = Shelf::find_all().with(Shelf::PAGES).with(Shelf::MARKED).with(Shelf::PICKED).strategy(strategy);
        let empty = empty.one(db).await.unwrap();
        assert_eq!(
            (empty.related(Shelf::PAGES).len(), empty.related(Shelf::MARKED).len(), empty.related(Shelf::PICKED).len()),
            (0, 0, 0)
        );
    }
    let raw = db.collection::<Document>("pages");
    let keys = [Bson::Int32(1), Bson::Int64(1), Bson::Double(1.0), "1".into(), Bson::Null];
    let documents = keys.iter().zip(1_i64..).map(|(key, id)| doc! { "_id": id, "text": "", "shelf_id": key });
    raw.insert_many(documents).await.unwrap();
    raw.insert_one(doc! { "_id": 6_i64, "text": "", }).await.unwrap();
    for strategy in STRATEGIES {
        let found =
            Shelf::find_all().with(Shelf::PAGES.filter(Page::ID.lte(2))).with(Shelf::PAGES.count()).strategy(strategy);
        let found = found.one(db).await.unwrap();
        assert_eq!((found.related(Shelf::PAGES).len(), found.count(Shelf::PAGES)), (2, 3), "{strategy:?}");
        let picked = Shelf::find_all().with(Shelf::PICKED.filter(Page::ID.eq(4))).strategy(strategy).one(db).await;
        let Err(Error::Decode { model: "Page", field, id, .. }) = picked else {
            panic!("{picked:?}");
        };
        assert_eq!((field.as_str(), *id), ("shelf_id", Bson::Int64(4)), "{strategy:?}");
    }
    let counts =
        Shelf::PAGES.filter(Page::ID.gte(2)).limit(1).count_by(db, std::slice::from_ref(&shelf)).await.unwrap();
    assert_eq!(counts[&1], 1);
}

#[tokio::test]
async fn limits_of_0_repeated_parents_and_cycles() {
    let test = database().await;
    let db = test.db();
    let shelves = shelves(&test).await;
    for strategy in STRATEGIES {
        let nothing =
            Shelf::find_all().with(Shelf::PAGES.limit(0)).with(Shelf::MARKED.limit(0).links()).strategy(strategy);
        let nothing =
            assert_commands!(test, 1, { nothing.with(Shelf::PICKED.limit(0).count()).all(db).await.unwrap() });
        assert!(
            nothing
                .iter()
                .all(|shelf| shelf.related(Shelf::PAGES).is_empty() && shelf.related(Shelf::MARKED).is_empty())
        );
        assert!(nothing.iter().all(|shelf| shelf.count(Shelf::PICKED) == 0));

        let cycle = Shelf::PAGES.with(Page::SHELF.with(Shelf::PAGES.with(Page::SHELF)));
        let cycle = Shelf::find_all().with(cycle).order_by(Shelf::ID.asc()).strategy(strategy).all(db).await.unwrap();
        let page = &cycle[1].related(Shelf::PAGES)[0].related(Page::SHELF).unwrap().related(Shelf::PAGES)[2];
        assert_eq!(page.related(Page::SHELF).unwrap().name, "s1");
    }
    let twice = [shelves[0].clone(), shelves[1].clone(), shelves[0].clone()];
    let first = Shelf::MARKED.order_by(Page::ID.desc()).limit(1);
    let found = assert_commands!(test, 2, { first.load(db, &twice).await.unwrap() });
    let ids: Vec<Vec<i64>> = found.iter().map(|pages| pages.iter().map(|page| page.id).collect()).collect();
    assert_eq!(ids, [[4], [4], [4]]);
    let map = assert_commands!(test, 2, { first.batch_load(db, &twice).await.unwrap() });
    assert_eq!((map.len(), map[&1][0].id), (2, 4));
}

#[tokio::test]
async fn only_documents_of_the_result_are_read_once_each() {
    let test = database().await;
    let db = test.db();
    let shelves: Vec<Shelf> = (0..20)
        .map(|id| Shelf { id, name: String::new(), page_ids: (0..50).map(|n| (n * 20 + id) % 500).collect() })
        .collect();
    let pages: Vec<Page> = (0..500).map(|id| Page { id, text: String::new(), shelf_id: id % 20 }).collect();
    let marks: Vec<Mark> =
        (0..1_000).map(|id| Mark { id, shelf_id: id % 20, page_id: id / 20 * 3 + id % 20 }).collect();
    Shelf::insert_many(db, &shelves).await.unwrap();
    Page::insert_many(db, &pages).await.unwrap();
    Mark::insert_many(db, &marks).await.unwrap();
    let sent = |log: earnorm_testkit::Sent| log.iter().map(|c| (c.name.clone(), c.documents())).collect::<Vec<_>>();
    let named = |names: &[(&str, usize)]| names.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<Vec<_>>();

    let (all, log) = test.log().record(async { Shelf::MARKED.load(db, &shelves).await.unwrap() }).await;
    assert_eq!(all.iter().map(Vec::len).sum::<usize>(), 1_000);
    assert_eq!(sent(log), named(&[("find", 1_000), ("find", 167)]));
    let top = Shelf::MARKED.order_by(Page::ID.desc()).limit(2);
    let (top, log) = test.log().record(async { top.load(db, &shelves).await.unwrap() }).await;
    let shown: std::collections::HashSet<i64> = top.iter().flatten().map(|page| page.id).collect();
    assert_eq!(sent(log), named(&[("aggregate", 40), ("find", shown.len())]));
    let top = Shelf::PICKED.order_by(Page::ID.desc()).skip(1).limit(2);
    let (top, log) = test.log().record(async { top.load(db, &shelves).await.unwrap() }).await;
    assert_eq!(sent(log), named(&[("aggregate", 40)]));
    let lazy = shelves[7].picked().order_by(Page::ID.desc()).skip(1).limit(2).all(db).await.unwrap();
    assert_eq!(top[7], lazy);
}

#[tokio::test]
async fn includes_take_conditions_on_related_documents() {
    let test = database().await;
    let db = test.db();
    let shelves = shelves(&test).await;
    // by a key that the server compares, and by one whose documents are read first
    let first = || Shelf::NAME.eq("s1");
    for strategy in STRATEGIES {
        let query = Shelf::find_all()
            .with(Shelf::PAGES.filter(Page::SHELF.filter(first()).any()).limit(2))
            .with(Shelf::PICKED.filter(Page::SHELF.filter(first()).any()))
            .with(Shelf::MARKED.filter(Page::SHELF.filter(first()).none()).limit(5).with(Page::SHELF))
            .with(Shelf::CODED.filter(Code::PLACE.filter(first()).any()).limit(1))
            .with(Shelf::PAGES.filter(Page::SHELF.filter(first()).any()).count())
            .filter(Shelf::CODED.any())
            .order_by(Shelf::ID.asc())
            .strategy(strategy);
        let found = query.all(db).await.unwrap();
        let of = |shelf: &Shelf| (shelf.id == 1, shelves.len());
        assert_eq!(found.iter().map(|shelf| of(shelf)).collect::<Vec<_>>(), [(false, 2), (true, 2)]);
        assert_eq!(
            found.iter().map(|shelf| shelf.related(Shelf::PAGES).len()).collect::<Vec<_>>(),
            [0, 2],
            "{strategy:?}"
        );
        assert_eq!(found.iter().map(|shelf| shelf.count(Shelf::PAGES)).collect::<Vec<_>>(), [0, 3], "{strategy:?}");
        let ids = |pages: &[Page]| pages.iter().map(|page| page.id).collect::<Vec<_>>();
        assert_eq!(found.iter().map(|shelf| ids(shelf.related(Shelf::PICKED))).collect::<Vec<_>>(), [vec![], vec![1]]);
        assert_eq!(
            found.iter().map(|shelf| shelf.related(Shelf::CODED).len()).collect::<Vec<_>>(),
            [0, 1],
            "{strategy:?}"
        );
        let marked: Vec<Vec<i64>> =
            found.iter().map(|shelf| shelf.related(Shelf::MARKED).iter().map(|page| page.id).collect()).collect();
        assert_eq!(marked, [vec![2, 4], vec![4]], "{strategy:?}");
    }
}
