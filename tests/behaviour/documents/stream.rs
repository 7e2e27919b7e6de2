use earnorm::Error;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;
use futures_util::{StreamExt, TryStreamExt};

use super::{Note, notes, ranks};

#[tokio::test]
async fn a_stream_reads_a_thousand_documents_at_a_time() {
    let test = database().await;
    let db = test.db();
    notes(&test, 20_000).await;
    let read = async {
        let mut rows = Note::find_all().stream(db);
        let mut sum = 0;
        while let Some(note) = rows.next().await {
            sum += note.unwrap().rank;
        }
        sum
    };
    let (sum, sent) = test.log().record(read).await;
    assert_eq!(sum, 199_990_000);
    assert!((20..=21).contains(&sent.len()), "{} commands", sent.len());
    assert!(sent.iter().all(|command| command.documents() <= 1_000));
    assert_eq!(sent.documents(), 20_000);
}

#[tokio::test]
async fn a_stream_implements_the_trait_of_the_futures_crate() {
    let test = database().await;
    let db = test.db();
    notes(&test, 30).await;
    let query = || Note::find_all().order_by(Note::RANK.desc());
    let all: Vec<Note> = query().stream(db).try_collect().await.unwrap();
    assert_eq!(ranks(&all), (0..30).rev().collect::<Vec<_>>());
    let even =
        query().stream(db).try_filter(|note| std::future::ready(note.rank % 2 == 0)).map_ok(|note| note.rank).take(3);
    assert_eq!(even.try_collect::<Vec<_>>().await.unwrap(), [28, 26, 24]);
    let mut rows = query().skip(28).stream(db);
    assert_eq!(rows.try_next().await.unwrap().unwrap().rank, 1);
    assert_eq!(rows.try_next().await.unwrap().unwrap().rank, 0);
    assert_eq!(rows.try_next().await.unwrap(), None);
}

#[tokio::test]
async fn a_stream_sends_its_query_when_polled_or_awaited() {
    let test = database().await;
    let db = test.db();
    notes(&test, 3).await;
    let rows = assert_commands!(test, 0, Note::find_all().order_by(Note::RANK.asc()).stream(db));
    let mut rows = assert_commands!(test, 1, rows.await.unwrap());
    assert_commands!(test, 0, {
        for rank in 0..3 {
            assert_eq!(rows.next().await.unwrap().unwrap().rank, rank);
        }
        assert!(rows.next().await.is_none());
        assert!(rows.next().await.is_none(), "a stream that has ended returns `None` again");
    });
    let mut empty = Note::find(Note::RANK.gt(9)).stream(db).await.unwrap();
    assert!(empty.next().await.is_none());
}

#[tokio::test]
async fn awaiting_a_stream_returns_the_error_of_its_query() {
    let test = database().await;
    let awaited = Note::find(doc! { "rank": { "$noSuchOperator": 1 } }).stream(test.db()).await;
    assert!(matches!(awaited, Err(Error::Driver(_))), "{awaited:?}");
    let refused = Note::find(doc! { "rank": { "$noSuchOperator": 1 } });
    let items: Vec<_> = refused.stream(test.db()).collect().await;
    assert_eq!(items.len(), 1);
    assert!(matches!(items[0], Err(Error::Driver(_))), "{items:?}");
}

#[tokio::test]
async fn a_dropped_stream_reads_no_more_documents() {
    let test = database().await;
    let db = test.db();
    notes(&test, 3_500).await;
    let (taken, sent) = test.log().record(Note::find_all().stream(db).take(5).try_collect::<Vec<_>>()).await;
    assert_eq!(taken.unwrap().len(), 5);
    let read: Vec<_> = sent.names().into_iter().filter(|name| *name != "killCursors").collect();
    assert_eq!(read, ["find"]);
    // the connection still works
    assert_eq!(Note::find_all().count(db).await.unwrap(), 3_500);
}

#[tokio::test]
async fn a_stream_ends_after_a_document_that_cannot_be_decoded() {
    let test = database().await;
    let db = test.db();
    let all = notes(&test, 6).await;
    Note::collection(db).update_one(doc! { "rank": 3 }, doc! { "$set": { "text": 7 } }).await.unwrap();
    let mut rows = Note::find_all().order_by(Note::RANK.asc()).stream(db);
    for rank in 0..3 {
        assert_eq!(rows.next().await.unwrap().unwrap().rank, rank);
    }
    let error = rows.next().await.unwrap().unwrap_err();
    match &error {
        Error::Decode { model: "Note", field, id, .. } => {
            assert_eq!(field, "text");
            assert_eq!(id.as_object_id(), Some(all[3].id));
        }
        other => panic!("{other:?}"),
    }
    assert!(rows.next().await.is_none());
}

#[tokio::test]
async fn a_stream_respects_skip_and_limit() {
    let test = database().await;
    let db = test.db();
    notes(&test, 2_600).await;
    let query = Note::find_all().order_by(Note::RANK.asc()).skip(100).limit(2_100);
    let read = query.stream(db).try_fold((0, 0), |(n, sum), note| std::future::ready(Ok((n + 1, sum + note.rank))));
    let (read, sent) = test.log().record(read).await;
    assert_eq!(read.unwrap(), (2_100, (100..2_200).sum::<i64>()));
    assert_eq!(sent.len(), 3, "{} commands", sent.len());
}

#[tokio::test]
async fn a_stream_can_be_read_from_another_task() {
    let test = database().await;
    notes(&test, 10).await;
    let db = test.db().clone();
    let task = tokio::spawn(async move {
        let mut rows = Note::find_all().stream(&db);
        let mut n = 0;
        while let Some(row) = rows.next().await {
            row.unwrap();
            n += 1;
        }
        n
    });
    assert_eq!(task.await.unwrap(), 10);
}
