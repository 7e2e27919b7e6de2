use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;

use super::{Note, notes, ranks};

#[tokio::test]
async fn find_takes_a_document_or_a_typed_filter() {
    let test = database().await;
    let db = test.db();
    notes(&test, 5).await;
    let by_document = assert_commands!(test, 1, Note::find(doc! { "rank": { "$gte": 3 } }).all(db).await.unwrap());
    let by_filter = Note::find(Note::RANK.gte(3)).all(db).await.unwrap();
    assert_eq!(ranks(&by_document), [3, 4]);
    assert_eq!(by_document, by_filter);
    let both = Note::find(doc! { "rank": { "$gte": 2 } })
        .filter(Note::RANK.lt(4))
        .filter(doc! { "text": "note 3" })
        .all(db)
        .await
        .unwrap();
    assert_eq!(ranks(&both), [3]);
}

#[tokio::test]
async fn all_first_one_count_and_exists_are_one_command_each() {
    let test = database().await;
    let db = test.db();
    notes(&test, 5).await;
    let query = || Note::find_all().order_by(Note::RANK.desc());
    let all = assert_commands!(test, 1, query().all(db).await.unwrap());
    assert_eq!(ranks(&all), [4, 3, 2, 1, 0]);
    let first = assert_commands!(test, 1, query().first(db).await.unwrap());
    assert_eq!(first.unwrap().rank, 4);
    let one = Note::find(Note::RANK.eq(2));
    let one = assert_commands!(test, 1, one.one(db).await.unwrap());
    assert_eq!(one.rank, 2);
    assert_eq!(assert_commands!(test, 1, query().count(db).await.unwrap()), 5);
    assert!(assert_commands!(test, 1, query().exists(db).await.unwrap()));

    let none = || Note::find(Note::RANK.gt(100));
    assert_eq!(assert_commands!(test, 1, none().first(db).await.unwrap()), None);
    assert_eq!(assert_commands!(test, 1, none().count(db).await.unwrap()), 0);
    assert!(!assert_commands!(test, 1, none().exists(db).await.unwrap()));
}

#[tokio::test]
async fn one_returns_an_error_unless_there_is_exactly_one() {
    let test = database().await;
    let db = test.db();
    notes(&test, 3).await;
    let error = Note::find(Note::RANK.gt(100)).one(db).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { model: "Note" }), "{error:?}");
    let (several, sent) = test.log().record(Note::find_all().one(db)).await;
    let error = several.unwrap_err();
    assert!(matches!(error, Error::NotUnique { model: "Note" }), "{error:?}");
    assert_eq!(sent.documents(), 2, "the third document is not needed");
    // with a limit of 1 the result is unique
    let first = Note::find_all().order_by(Note::RANK.desc()).limit(1).one(db).await.unwrap();
    assert_eq!(first.rank, 2);
}

#[tokio::test]
async fn first_reads_one_document() {
    let test = database().await;
    notes(&test, 20).await;
    let (_, sent) = test.log().record(Note::find_all().first(test.db())).await;
    assert_eq!(sent.documents(), 1);
}

#[tokio::test]
async fn count_and_exists_read_no_documents() {
    let test = database().await;
    let db = test.db();
    let long = "x".repeat(10_000);
    let fat: Vec<_> = (0..20).map(|rank| Note::new(&long, rank)).collect();
    Note::insert_many(db, &fat).await.unwrap();
    let query = || Note::find(Note::RANK.gte(5)).order_by(Note::TEXT.asc());
    let (count, sent) = test.log().record(query().count(db)).await;
    assert_eq!(count.unwrap(), 15);
    assert!(sent.len() == 1 && sent.reply_bytes() < 1_000, "{sent}");
    let (exists, sent) = test.log().record(query().exists(db)).await;
    assert!(exists.unwrap());
    assert!(sent.len() == 1 && sent.reply_bytes() < 1_000, "{sent}");
    let limit = &sent[0].body.get_array("pipeline").unwrap()[1];
    assert_eq!(limit.as_document().unwrap().get("$limit").and_then(mongodb::bson::Bson::as_i64), Some(1));
}

#[tokio::test]
async fn count_and_exists_respect_skip_and_limit() {
    let test = database().await;
    let db = test.db();
    notes(&test, 10).await;
    assert_eq!(Note::find_all().limit(4).count(db).await.unwrap(), 4);
    assert_eq!(Note::find_all().skip(7).count(db).await.unwrap(), 3);
    assert_eq!(Note::find_all().skip(7).limit(2).count(db).await.unwrap(), 2);
    assert!(Note::find_all().skip(9).exists(db).await.unwrap());
    assert!(!Note::find_all().skip(10).exists(db).await.unwrap());
}

#[tokio::test]
async fn a_limit_of_0_has_no_results_and_sends_nothing() {
    let test = database().await;
    let db = test.db();
    notes(&test, 3).await;
    let query = || Note::find_all().limit(0);
    assert_commands!(test, 0, {
        assert_eq!(query().all(db).await.unwrap(), []);
        assert_eq!(query().first(db).await.unwrap(), None);
        assert!(matches!(query().one(db).await, Err(Error::NotFound { .. })));
        assert_eq!(query().count(db).await.unwrap(), 0);
        assert!(!query().exists(db).await.unwrap());
        assert!(query().stream(db).next().await.is_none());
        let page = query().page(db, 1, 10).await.unwrap();
        assert_eq!((page.items.len(), page.total), (0, 0));
        assert_eq!(query().update(db, Note::RANK.set(9)).await.unwrap(), 0);
        assert_eq!(query().delete(db).await.unwrap().deleted(), 0);
    });
    assert_eq!(Note::find(Note::RANK.lt(9)).count(db).await.unwrap(), 3);
}

#[tokio::test]
async fn skip_and_limit_without_an_order_use_the_id_order() {
    let test = database().await;
    let db = test.db();
    let sorted: Vec<_> = (0..6).map(|rank| Note::new("n", rank)).collect();
    for rank in [5, 2, 4, 0, 3, 1] {
        sorted[rank].clone().insert(db).await.unwrap();
    }
    let limited = Note::find_all().limit(3).all(db).await.unwrap();
    assert_eq!(ranks(&limited), [0, 1, 2]);
    let skipped = Note::find_all().skip(4).all(db).await.unwrap();
    assert_eq!(ranks(&skipped), [4, 5]);
    assert_eq!(Note::find_all().first(db).await.unwrap().unwrap().rank, 0);
    let (_, sent) = test.log().record(Note::find_all().all(db)).await;
    assert!(!sent[0].body.contains_key("sort"), "{sent}");
}

#[tokio::test]
async fn ties_are_in_id_order() {
    let test = database().await;
    let db = test.db();
    let sorted: Vec<_> = (0..6).map(|n| Note::new(&format!("{n}"), n % 2)).collect();
    for n in [5, 2, 4, 0, 3, 1] {
        sorted[n].clone().insert(db).await.unwrap();
    }
    let texts = |notes: Vec<Note>| notes.into_iter().map(|n| n.text).collect::<String>();
    let up = Note::find_all().order_by(Note::RANK.asc()).all(db).await.unwrap();
    assert_eq!(texts(up), "024135");
    let down = Note::find_all().order_by(Note::RANK.desc()).all(db).await.unwrap();
    assert_eq!(texts(down), "135024");
    let own = (Note::RANK.asc(), Note::ID.desc());
    let own = Note::find_all().order_by(own).all(db).await.unwrap();
    assert_eq!(texts(own), "420531");
}

#[tokio::test]
async fn skip_and_limit_select_part_of_the_order() {
    let test = database().await;
    let db = test.db();
    notes(&test, 10).await;
    let query = Note::find_all().order_by(Note::RANK.desc()).skip(2).limit(3);
    let window = assert_commands!(test, 1, query.all(db).await.unwrap());
    assert_eq!(ranks(&window), [7, 6, 5]);
    let beyond = Note::find_all().skip(10).limit(3).all(db).await.unwrap();
    assert!(beyond.is_empty());
    let all = Note::find_all().skip(0).limit(u64::MAX).all(db).await.unwrap();
    assert_eq!(all.len(), 10);
    let none = Note::find_all().skip(u64::MAX).all(db).await.unwrap();
    assert!(none.is_empty());
}

#[tokio::test]
async fn twenty_thousand_documents_come_in_at_most_two_replies() {
    let test = database().await;
    let db = test.db();
    notes(&test, 20_000).await;
    let (all, sent) = test.log().record(Note::find_all().all(db)).await;
    assert!(sent.len() <= 2, "{} commands", sent.len());
    let all = all.unwrap();
    assert_eq!(all.len(), 20_000);
    assert_eq!(all.iter().map(|note| note.rank).sum::<i64>(), 199_990_000);
    let ordered = Note::find_all().order_by(Note::RANK.desc()).limit(15_000);
    let (ordered, sent) = test.log().record(ordered.all(db)).await;
    assert!(sent.len() <= 2, "{} commands", sent.len());
    assert_eq!(ordered.unwrap().len(), 15_000);
}
