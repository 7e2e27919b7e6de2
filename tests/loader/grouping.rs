//! Which calls are sent together, and what is kept.

use std::sync::Arc;

use earnorm::prelude::*;
use earnorm::{Error, Loader};
use earnorm_testkit::assert_commands;
use earnorm_tests::database;
use futures_util::future::{join, join_all, try_join_all};

use crate::models::{Author, Book, author, book, library};

#[tokio::test]
async fn futures_that_are_joined_send_one_command() {
    let test = database().await;
    let (authors, books) = library(test.db(), 50).await;
    let loader = Loader::new(test.db());
    let found = assert_commands!(test, 1, join_all(books.iter().map(|book| loader.get(book.author()))).await);
    for (book, found) in books.iter().zip(found) {
        assert_eq!(found.unwrap().as_deref(), Some(&authors[usize::try_from(book.author_id).unwrap()]));
    }
}

#[tokio::test]
async fn tasks_on_one_thread_send_one_command() {
    let test = database().await;
    let (_, books) = library(test.db(), 50).await;
    for _ in 0..20 {
        let loader = Loader::new(test.db());
        assert_commands!(test, 1, tasks(&loader, &books).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_on_several_threads_send_one_command() {
    let test = database().await;
    let (_, books) = library(test.db(), 50).await;
    let mut split = 0;
    for _ in 0..ROUNDS {
        let (loader, before) = (Loader::new(test.db()), test.log().mark());
        tasks(&loader, &books).await;
        split += usize::from(test.log().since(before).len() > 1);
    }
    assert!(split <= MOST_SPLIT, "{split} of {ROUNDS} rounds sent more than one command");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tasks_that_a_task_spawns_send_one_command() {
    let test = database().await;
    let (_, books) = library(test.db(), 50).await;
    let mut split = 0;
    for _ in 0..ROUNDS {
        let (loader, books, before) = (Loader::new(test.db()), books.clone(), test.log().mark());
        tokio::spawn(async move { tasks(&loader, &books).await }).await.unwrap();
        split += usize::from(test.log().since(before).len() > 1);
    }
    assert!(split <= MOST_SPLIT, "{split} of {ROUNDS} rounds sent more than one command");
}

const ROUNDS: usize = 100;

/// The operating system may suspend a thread just before its call. If many processes compete for the processors, that takes
/// longer than a loader waits.
const MOST_SPLIT: usize = 3;

/// Asks for the authors of 50 books in 50 tasks.
async fn tasks(loader: &Loader, books: &[Book]) {
    let tasks = books.iter().step_by(3).cloned().map(|book| {
        let loader = loader.clone();
        tokio::spawn(async move { (book.author_id, loader.get(book.author()).await.unwrap()) })
    });
    let tasks: Vec<_> = tasks.collect();
    assert_eq!(tasks.len(), 50);
    for task in tasks {
        let (id, found) = task.await.unwrap();
        assert_eq!(found.unwrap().id, id);
    }
}

#[tokio::test]
async fn two_filters_send_two_commands() {
    let test = database().await;
    let (authors, _) = library(test.db(), 4).await;
    let loader = Loader::new(test.db());
    let (few, many) = assert_commands!(test, 2, {
        let few = authors.iter().map(|author| loader.all(author.books().filter(Book::SOLD.lt(20))));
        let many = authors.iter().map(|author| loader.all(author.books().filter(Book::SOLD.gte(20))));
        join(try_join_all(few), try_join_all(many)).await
    });
    assert_eq!(few.unwrap().iter().map(|books| books.len()).collect::<Vec<_>>(), [3, 3, 0, 0]);
    assert_eq!(many.unwrap().iter().map(|books| books.len()).collect::<Vec<_>>(), [0, 0, 3, 3]);
}

#[tokio::test]
async fn a_number_and_its_text_are_different_filters() {
    let test = database().await;
    let (authors, _) = library(test.db(), 1).await;
    let loader = Loader::new(test.db());
    let by_number = loader.all(authors[0].books().filter(doc! { "sold": 1 }));
    let by_text = loader.all(authors[0].books().filter(doc! { "sold": "1" }));
    let (by_number, by_text) = assert_commands!(test, 2, join(by_number, by_text).await);
    assert_eq!((by_number.unwrap().len(), by_text.unwrap().len()), (1, 0));
}

#[tokio::test]
async fn two_relations_to_one_model_send_two_commands() {
    let test = database().await;
    let (mut authors, books) = library(test.db(), 3).await;
    authors[1].teacher_id = Some(0);
    let loader = Loader::new(test.db());
    let (teacher, author) =
        assert_commands!(test, 2, join(loader.get(authors[1].teacher()), loader.get(books[0].author())).await);
    assert_eq!(teacher.unwrap(), author.unwrap());
}

#[tokio::test]
async fn all_keys_of_a_turn_are_sent_by_thousands() {
    let test = database().await;
    let authors: Vec<Author> = (0..2500).map(author).collect();
    Author::insert_many(test.db(), &authors).await.unwrap();
    let books: Vec<Book> = (0..2500).map(|n| book(n, n, 0)).collect();
    let loader = Loader::new(test.db());
    let found = assert_commands!(test, 3, try_join_all(books.iter().map(|book| loader.get(book.author()))).await);
    assert!(found.unwrap().iter().zip(&authors).all(|(found, author)| found.as_deref() == Some(author)));
}

#[tokio::test]
async fn each_parent_has_its_own_window() {
    let test = database().await;
    let (authors, _) = library(test.db(), 3).await;
    let loader = Loader::new(test.db());
    let found = assert_commands!(test, 1, {
        let latest = |author| loader.all(Author::books(author).order_by(Book::SOLD.desc()).skip(1).limit(1));
        try_join_all(authors.iter().map(latest)).await.unwrap()
    });
    assert_eq!(found.iter().map(|books| books[0].id).collect::<Vec<_>>(), [1, 11, 21]);
    // the declared limit of the relation, and a smaller one
    let (best, first) = assert_commands!(test, 2, {
        let best = authors.iter().map(|author| loader.all(author.best()));
        let first = authors.iter().map(|author| loader.all(author.best().limit(1)));
        join(try_join_all(best), try_join_all(first)).await
    });
    let ids = |list: &Arc<[Book]>| list.iter().map(|book| book.id).collect::<Vec<_>>();
    assert_eq!(best.unwrap().iter().map(ids).collect::<Vec<_>>(), [[2, 1], [12, 11], [22, 21]]);
    assert_eq!(first.unwrap().iter().map(ids).collect::<Vec<_>>(), [[2], [12], [22]]);
    let none = assert_commands!(test, 0, loader.all(authors[0].books().limit(0)).await.unwrap());
    assert!(none.is_empty());
}

#[tokio::test]
async fn a_page_after_a_document_is_sent_alone() {
    let test = database().await;
    let (authors, books) = library(test.db(), 2).await;
    let loader = Loader::new(test.db());
    let after = |n: usize, last: &Book| loader.all(authors[n].books().order_by(Book::SOLD.asc()).after(last));
    let (first, second) = assert_commands!(test, 2, join(after(0, &books[0]), after(1, &books[4])).await);
    assert_eq!(first.unwrap().iter().map(|book| book.id).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(second.unwrap().iter().map(|book| book.id).collect::<Vec<_>>(), [12]);
    let again = assert_commands!(test, 0, after(0, &books[0]).await.unwrap());
    assert_eq!(again.len(), 2);
}

#[tokio::test]
async fn what_was_loaded_is_kept_until_clear() {
    let test = database().await;
    let (authors, books) = library(test.db(), 2).await;
    let loader = Loader::new(test.db());
    let first = assert_commands!(test, 1, loader.get(books[0].author()).await.unwrap().unwrap());
    let clone = loader.clone();
    let again = assert_commands!(test, 0, clone.get(books[1].author()).await.unwrap().unwrap());
    assert!(Arc::ptr_eq(&first, &again));
    // a key that is known doesn't keep the others from being sent
    let found = assert_commands!(test, 1, try_join_all(books.iter().map(|book| loader.get(book.author()))).await);
    assert!(Arc::ptr_eq(found.unwrap()[0].as_ref().unwrap(), &first));
    let list = assert_commands!(test, 1, loader.all(authors[0].books()).await.unwrap());
    assert!(Arc::ptr_eq(&list, &assert_commands!(test, 0, loader.all(authors[0].books()).await.unwrap())));
    // a count is another kind of call
    assert_eq!(assert_commands!(test, 1, loader.count(authors[0].books()).await.unwrap()), 3);

    Author::update_by_id(test.db(), 0, Author::NAME.set("new")).await.unwrap();
    assert_eq!(assert_commands!(test, 0, loader.get(books[0].author()).await.unwrap().unwrap()).name, "author 0");
    loader.clear();
    assert_eq!(assert_commands!(test, 1, clone.get(books[0].author()).await.unwrap().unwrap()).name, "new");
}

#[tokio::test]
async fn a_missing_id_is_none_for_its_caller_alone() {
    let test = database().await;
    library(test.db(), 2).await;
    let loader = Loader::new(test.db());
    let ids = [0, 77, 1];
    let found = assert_commands!(test, 1, try_join_all(ids.map(|id| loader.find::<Author>(id))).await.unwrap());
    assert_eq!(
        found.iter().map(|found| found.as_ref().map(|author| author.id)).collect::<Vec<_>>(),
        [Some(0), None, Some(1)]
    );
    // that it is missing is known too
    assert!(assert_commands!(test, 0, loader.find::<Author>(77).await.unwrap()).is_none());
    let gone = [book(1, 0, 0), book(2, 88, 0)];
    let found = assert_commands!(test, 1, try_join_all(gone.iter().map(|book| loader.get(book.author()))).await);
    assert_eq!(found.unwrap().iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
}

#[tokio::test]
async fn a_loader_runs_in_a_transaction() {
    let test = database().await;
    let (authors, _) = library(test.db(), 3).await;
    let counts = earnorm::transaction(test.db(), async |tx| {
        let loader = Loader::new(tx);
        book(99, 0, 0).insert(tx).await?;
        // what the transaction itself has written is read
        try_join_all(authors.iter().map(|author| loader.count(author.books()))).await
    });
    assert_eq!(counts.await.unwrap(), [4, 3, 3]);
    let outcome: Result<(), Error> = earnorm::transaction(test.db(), async |tx| {
        let loader = Loader::new(tx);
        let found = assert_commands!(test, 1, try_join_all([0, 1].map(|id| loader.find::<Author>(id))).await?);
        assert_eq!(found.len(), 2);
        Err(Error::other("roll back"))
    })
    .await;
    assert!(outcome.is_err());
}
