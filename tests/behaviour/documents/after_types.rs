//! Paging by key through fields that have values of several types.

use std::sync::atomic::{AtomicI32, Ordering};

use earnorm::Error;
use earnorm::mongodb::Database;
use earnorm::mongodb::bson::{self, Bson, Document, spec::BinarySubtype};
use earnorm::prelude::*;
use earnorm_tests::{AnyValue, PropertyTest, binary, case_insensitive, database, decimal, regex};
use proptest::prelude::*;
use proptest::strategy::Strategy;

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[model(collection = "loose")]
struct Loose {
    #[serde(rename = "_id")]
    id: AnyValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    a: Option<Bson>,
    #[serde(default)]
    b: Option<Inner>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Inner {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    c: Option<Bson>,
}

/// Two or more values of each type that isn't deprecated.
fn scalars() -> Vec<Bson> {
    vec![
        Bson::MinKey,
        Bson::MaxKey,
        f64::NAN.into(),
        decimal("NaN"),
        f64::NEG_INFINITY.into(),
        decimal("-Infinity"),
        (-1).into(),
        0.0.into(),
        decimal("-0"),
        1.into(),
        1_i64.into(),
        1.0.into(),
        decimal("1.00"),
        1.5.into(),
        decimal("2.5"),
        ((1_i64 << 53) + 1).into(),
        2_f64.powi(53).into(),
        f64::INFINITY.into(),
        "".into(),
        "a".into(),
        "A".into(),
        doc! {}.into(),
        doc! { "a": 1 }.into(),
        doc! { "a": 1.0, "b": 2 }.into(),
        doc! { "x": { "$gt": "" } }.into(),
        binary(BinarySubtype::Generic, &[1]),
        binary(BinarySubtype::Generic, &[1, 2]),
        binary(BinarySubtype::Uuid, &[7; 16]),
        Bson::ObjectId(ObjectId::from_bytes([1; 12])),
        Bson::ObjectId(ObjectId::from_bytes([200; 12])),
        true.into(),
        false.into(),
        Bson::DateTime(bson::DateTime::from_millis(-5)),
        Bson::DateTime(bson::DateTime::from_millis(5)),
        Bson::Timestamp(bson::Timestamp { time: 1, increment: 2 }),
        Bson::Timestamp(bson::Timestamp { time: u32::MAX, increment: 1 }),
        regex("a"),
        regex("b"),
    ]
}

fn arrays() -> Vec<Bson> {
    let array = |values: &[Bson]| Bson::Array(values.to_vec());
    vec![
        array(&[]),
        array(&[5.into(), 1.into()]),
        array(&[0.into(), "b".into()]),
        array(&[Bson::Null, "a".into()]),
        array(&["a".into()]),
        array(&[f64::NAN.into(), true.into()]),
    ]
}

/// A stored document. A field is missing, null or a value.
#[derive(Debug, Clone)]
struct Row {
    id: Option<Bson>,
    a: Option<Bson>,
    c: Option<Bson>,
}

fn row() -> impl Strategy<Value = Row> {
    let value = || {
        prop_oneof![
            1 => Just(None),
            1 => Just(Some(Bson::Null)),
            10 => prop::sample::select(scalars()).prop_map(Some),
            1 => prop::sample::select(arrays()).prop_map(Some),
        ]
    };
    let id = prop::option::of(prop::sample::select(scalars()));
    (id, value(), value()).prop_map(|(id, a, c)| Row { id, a, c })
}

#[derive(Debug, Clone)]
struct Case {
    rows: Vec<Row>,
    sort: Vec<(&'static str, bool)>,
    size: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let keys = prop::sample::subsequence(vec!["a", "b.c", "_id"], 0..=3).prop_shuffle();
    let sort = keys.prop_flat_map(|keys| {
        prop::collection::vec(any::<bool>(), keys.len())
            .prop_map(move |up| keys.iter().copied().zip(up).collect::<Vec<_>>())
    });
    (prop::collection::vec(row(), 1..25), sort, 1..6_u64).prop_map(|(rows, sort, size)| Case { rows, sort, size })
}

/// Stores the rows as they are. Rows with a repeated id are left out.
async fn store(db: &Database, rows: &[Row]) {
    let loose = db.collection::<Document>("loose");
    loose.delete_many(doc! {}).await.unwrap();
    for (at, row) in (0..).zip(rows) {
        let mut document = doc! { "_id": row.id.clone().unwrap_or_else(|| Bson::Int32(100 + at)) };
        document.extend(row.a.clone().map(|a| ("a".to_owned(), a)));
        let inner: Document = row.c.clone().map(|c| ("c".to_owned(), c)).into_iter().collect();
        document.insert("b", if at % 7 == 3 { Bson::Null } else { inner.into() });
        // the server refuses a second document with the same id
        drop(loose.insert_one(document).await);
    }
}

/// Reads all pages. Returns false if a call refuses to page.
async fn check(db: &Database, case: &Case) -> bool {
    store(db, &case.rows).await;
    let sort: Document =
        case.sort.iter().map(|(name, up)| ((*name).to_owned(), Bson::Int32(if *up { 1 } else { -1 }))).collect();
    let query = || Loose::find_all().order_by(sort.clone());
    let mut whole = sort.clone();
    whole.entry("_id".to_owned()).or_insert(1.into());
    let whole = Loose::find_all().order_by(whole).all(db).await.unwrap();
    let ids = |rows: &[Loose]| rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>();
    let mut all: Vec<AnyValue> = Vec::new();
    let mut page = query().limit(case.size).all(db).await.unwrap();
    while let Some(last) = page.last() {
        all.extend(ids(&page));
        assert_eq!(all, ids(&whole[..all.len()]), "{case:?}");
        page = match query().after(last).limit(case.size).all(db).await {
            Ok(page) => page,
            Err(Error::Invalid { .. }) => return false,
            Err(error) => panic!("{error}: {case:?}"),
        };
    }
    assert_eq!(all.len(), whole.len(), "{case:?}");
    true
}

#[test]
fn pages_of_values_of_all_types_are_complete() {
    let (whole, refused) = (AtomicI32::new(0), AtomicI32::new(0));
    PropertyTest::new(100).run(&case(), async |db, case| {
        let paged = check(db, &case).await;
        if paged { &whole } else { &refused }.fetch_add(1, Ordering::Relaxed);
    });
    assert!(whole.into_inner() > refused.into_inner(), "most cases can be paged");
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mark {
    Plain,
    Bold,
    Other { size: f64 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Sign {
    #[serde(rename = "_id")]
    id: i32,
    mark: Mark,
    #[serde(flatten)]
    rest: Document,
}

#[tokio::test]
async fn pages_by_an_enum_stored_as_text_or_as_a_document() {
    let test = database().await;
    let db = test.db();
    let marks = [Mark::Plain, Mark::Bold, Mark::Other { size: 1.0 }, Mark::Other { size: 2.0 }];
    let signs: Vec<_> = (0..12)
        .map(|id| Sign {
            id,
            mark: marks[usize::try_from(id * 7 % 4).unwrap()].clone(),
            rest: if id % 3 == 0 {
                doc! { "note": id / 2 }
            } else {
                doc! {}
            },
        })
        .collect();
    Sign::insert_many(db, &signs).await.unwrap();
    for sort in [doc! { "mark": 1 }, doc! { "mark": -1 }, doc! { "note": 1, "mark": -1 }, doc! { "note": -1 }] {
        let query = || Sign::find_all().order_by(sort.clone());
        let mut whole = sort.clone();
        whole.insert("_id", 1);
        let whole = Sign::find_all().order_by(whole).all(db).await.unwrap();
        for size in [1, 5] {
            let (mut all, mut page) = (Vec::new(), query().limit(size).all(db).await.unwrap());
            while let Some(last) = page.last().cloned() {
                all.append(&mut page);
                page = query().after(&last).limit(size).all(db).await.unwrap();
            }
            assert_eq!(all, whole, "{sort}");
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Named {
    #[serde(rename = "_id")]
    id: String,
    level: i32,
    tags: Vec<Document>,
    #[serde(default, skip_serializing)]
    hidden: i32,
}

fn named(id: &str) -> Named {
    Named { id: id.into(), level: 1, tags: vec![doc! { "a": 1 }], hidden: 0 }
}

#[tokio::test]
async fn orders_that_cannot_be_paged_by_key_are_errors() {
    let test = database().await;
    let db = test.db();
    Named::insert_many(db, &[named("a"), named("A"), named("b")]).await.unwrap();
    let a = Named::get(db, "a".to_owned()).await.unwrap().unwrap();
    let refused = [
        (Named::find_all().collation(case_insensitive()), "`_id`"),
        (Named::find_all().order_by(doc! { "hidden": 1 }), "`hidden`"),
        (Named::find_all().order_by(doc! { "gone": 1 }), "`gone`"),
        (Named::find_all().order_by(doc! { "tags.a": 1 }), "`tags.a`"),
        (Named::find_all().order_by(doc! { "tags": 1 }), "`tags`"),
    ];
    for (query, word) in refused {
        let error = query.after(&a).all(db).await.unwrap_err();
        assert!(matches!(error, Error::Invalid { model: "Named", .. }), "{error}");
        assert!(error.to_string().contains(word), "{error}");
    }
}
