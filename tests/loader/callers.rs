//! Callers that are dropped, that wait, or that aren't polled.

use std::future::Future;
use std::time::{Duration, Instant};

use earnorm::Loader;
use earnorm_testkit::{TestDb, assert_commands};
use earnorm_tests::database;
use futures_util::future::{join, join_all, poll_fn};
use futures_util::task::noop_waker;
use std::pin::pin;
use std::task::{Context, Poll};
use tokio::time::timeout;

use crate::models::{Author, Book, library};

const SOON: Duration = Duration::from_secs(20);

/// Polls a future once.
async fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx))).await
}

async fn shelf(authors: i32) -> (TestDb, Vec<Author>, Vec<Book>) {
    let test = database().await;
    let (authors, books) = library(test.db(), authors).await;
    (test, authors, books)
}

#[tokio::test]
async fn a_call_that_is_not_polled_sends_nothing() {
    let (test, authors, _) = shelf(1).await;
    let loader = Loader::new(test.db());
    assert_commands!(test, 0, drop(loader.all(authors[0].books())));
    assert_commands!(test, 1, loader.all(authors[0].books()).await.unwrap());
}

#[tokio::test]
async fn a_dropped_caller_does_not_cancel_the_others() {
    let (test, _, books) = shelf(3).await;
    for dropped in [0, 1] {
        let loader = Loader::new(test.db());
        let found = assert_commands!(test, 1, {
            let mut first = loader.get(books[0].author());
            let mut second = loader.get(books[3].author());
            assert!(poll_once(&mut first).await.is_pending());
            assert!(poll_once(&mut second).await.is_pending());
            let remaining = if dropped == 0 { [second, first] } else { [first, second] };
            let [remaining, gone] = remaining;
            drop(gone);
            timeout(SOON, remaining).await.unwrap().unwrap().unwrap()
        });
        assert_eq!(found.id, i32::from(dropped == 0));
    }
}

#[tokio::test]
async fn a_caller_that_is_dropped_while_the_command_runs_does_not_cancel_it() {
    let (test, _, books) = shelf(3).await;
    // after any number of polls of the first caller, which drives the command alone
    for polls in 0..80 {
        let loader = Loader::new(test.db());
        assert_commands!(test, 1, {
            let mut first = loader.get(books[0].author());
            let mut second = loader.get(books[3].author());
            let _ = poll_once(&mut first).await;
            let _ = poll_once(&mut second).await;
            let task = tokio::spawn(second);
            for _ in 0..polls {
                if poll_once(&mut first).await.is_ready() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(first);
            assert_eq!(timeout(SOON, task).await.unwrap().unwrap().unwrap().unwrap().id, 1);
        });
    }
}

#[tokio::test]
async fn a_caller_that_is_held_but_not_polled_does_not_block_the_others() {
    let (test, _, books) = shelf(3).await;
    let loader = Loader::new(test.db());
    let mut held = loader.get(books[0].author());
    assert!(poll_once(&mut held).await.is_pending());
    // of the same command, and of the same key
    let others = join(loader.get(books[3].author()), loader.get(books[1].author()));
    let (other, same) = timeout(SOON, others).await.unwrap();
    assert_eq!((other.unwrap().unwrap().id, same.unwrap().unwrap().id), (1, 0));
    assert_eq!(timeout(SOON, held).await.unwrap().unwrap().unwrap().id, 0);
}

#[tokio::test]
async fn a_command_that_all_callers_left_is_sent_again() {
    let (test, _, books) = shelf(2).await;
    let loader = Loader::new(test.db());
    {
        let mut gone = pin!(loader.get(books[0].author()));
        assert!(gone.as_mut().poll(&mut Context::from_waker(&noop_waker())).is_pending());
    }
    let found = assert_commands!(test, 1, timeout(SOON, loader.get(books[0].author())).await.unwrap());
    assert_eq!(found.unwrap().unwrap().id, 0);
}

#[tokio::test]
async fn a_cancelled_task_leaves_the_others_running() {
    let (test, _, books) = shelf(20).await;
    let loader = Loader::new(test.db());
    let tasks: Vec<_> = books.iter().map(|book| tokio::spawn(loader.get(book.author()))).collect();
    tokio::task::yield_now().await;
    for (n, task) in tasks.iter().enumerate() {
        if n % 3 != 2 {
            task.abort();
        }
    }
    for (n, task) in tasks.into_iter().enumerate().filter(|(n, _)| n % 3 == 2) {
        let found = timeout(SOON, task).await.unwrap().unwrap().unwrap().unwrap();
        assert_eq!(usize::try_from(found.id).unwrap(), n / 3);
    }
}

#[tokio::test]
async fn clear_does_not_disturb_callers_that_wait() {
    let (test, _, books) = shelf(2).await;
    let loader = Loader::new(test.db());
    let mut waiting = loader.get(books[0].author());
    assert!(poll_once(&mut waiting).await.is_pending());
    loader.clear();
    assert_eq!(timeout(SOON, waiting).await.unwrap().unwrap().unwrap().id, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn many_tasks_with_calls_of_all_kinds_get_their_answers() {
    let (test, authors, books) = shelf(30).await;
    let loader = Loader::new(test.db());
    let tasks = (0..300).map(|n| {
        let (loader, author, book) = (loader.clone(), authors[n % 30].clone(), books[n % 90].clone());
        tokio::spawn(async move {
            for round in 0..5 {
                assert_eq!(loader.get(book.author()).await.unwrap().unwrap().id, book.author_id);
                let own = loader.all(author.books()).await.unwrap();
                assert!(own.len() == 3 && own.iter().all(|book| book.author_id == author.id));
                assert_eq!(loader.count(author.books()).await.unwrap(), 3);
                if n % 7 == round {
                    loader.clear();
                }
            }
        })
    });
    for outcome in timeout(SOON, join_all(tasks.collect::<Vec<_>>())).await.unwrap() {
        outcome.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_caller_waits_little_longer_than_a_plain_call() {
    let (test, _, books) = shelf(1).await;
    books[0].author().get(test.db()).await.unwrap();
    // of many rounds the fastest, which no other process has delayed
    let (mut plain, mut loaded) = (Duration::MAX, Duration::MAX);
    for _ in 0..50 {
        let start = Instant::now();
        books[0].author().get(test.db()).await.unwrap();
        plain = plain.min(start.elapsed());
        let start = Instant::now();
        Loader::new(test.db()).get(books[0].author()).await.unwrap();
        loaded = loaded.min(start.elapsed());
    }
    println!("plain {plain:?}, by a loader {loaded:?}");
    assert!(loaded < plain + Duration::from_millis(5), "plain {plain:?}, by a loader {loaded:?}");
}
