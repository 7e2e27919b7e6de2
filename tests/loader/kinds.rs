//! Every kind of relation.

use std::sync::Arc;

use earnorm::Loader;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::database;
use futures_util::future::{join, try_join_all};

use crate::models::{
    Author, Award, Book, Page, Portrait, Remark, Subject, SubjectDocument, Winner, author, book, library,
};

#[tokio::test]
async fn to_one() {
    let test = database().await;
    let (mut authors, _) = library(test.db(), 4).await;
    for id in [0, 2] {
        Portrait { id: 100 + id, author_id: id }.insert(test.db()).await.unwrap();
    }
    let loader = Loader::new(test.db());
    let portraits = assert_commands!(test, 1, try_join_all(authors.iter().map(|a| loader.get(a.portrait()))).await);
    let ids: Vec<_> = portraits.unwrap().iter().map(|found| found.as_ref().map(|p| p.id)).collect();
    assert_eq!(ids, [Some(100), None, Some(102), None]);
    let portrait = Portrait { id: 100, author_id: 3 };
    assert_eq!(assert_commands!(test, 1, loader.get(portrait.author()).await.unwrap().unwrap()).id, 3);

    // a null key sends nothing
    authors[1].teacher_id = Some(3);
    let teachers = assert_commands!(test, 1, try_join_all(authors.iter().map(|a| loader.get(a.teacher()))).await);
    let ids: Vec<_> = teachers.unwrap().iter().map(|found| found.as_ref().map(|a| a.id)).collect();
    assert_eq!(ids, [None, Some(3), None, None]);
    assert!(assert_commands!(test, 0, loader.get(authors[0].teacher()).await.unwrap()).is_none());
    // a filter of the handle
    let none = loader.get(authors[1].teacher().filter(Author::NAME.eq("somebody")));
    assert!(assert_commands!(test, 1, none.await.unwrap()).is_none());
}

#[tokio::test]
async fn by_an_array_of_ids() {
    let test = database().await;
    let (authors, mut books) = library(test.db(), 4).await;
    books.truncate(3);
    // a missing id, a repeated one, and an order of its own
    for (book, ids) in books.iter_mut().zip([vec![3, 77, 1, 3], vec![1, 2], vec![]]) {
        book.helper_ids = ids;
        book.save(test.db()).await.unwrap();
    }
    let loader = Loader::new(test.db());
    let found = assert_commands!(test, 1, try_join_all(books.iter().map(|b| loader.all(b.helpers()))).await.unwrap());
    let ids = |list: &Arc<[Author]>| list.iter().map(|a| a.id).collect::<Vec<_>>();
    assert_eq!(found.iter().map(ids).collect::<Vec<_>>(), [vec![3, 1], vec![1, 2], vec![]]);
    let first = try_join_all(books.iter().map(|b| loader.all(b.helpers().limit(1)))).await.unwrap();
    assert_eq!(first.iter().map(ids).collect::<Vec<_>>(), [vec![3], vec![1], vec![]]);
    let counts = assert_commands!(test, 1, try_join_all(books.iter().map(|b| loader.count(b.helpers()))).await);
    assert_eq!(counts.unwrap(), [2, 2, 0]);

    let helped = assert_commands!(test, 1, try_join_all(authors.iter().map(|a| loader.all(a.helped()))).await.unwrap());
    let ids = |list: &Arc<[Book]>| list.iter().map(|b| b.id).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(helped.iter().map(ids).collect::<Vec<_>>(), [[].into(), [0, 1].into(), [1].into(), [0].into()]);
    let counts = assert_commands!(test, 1, try_join_all(authors.iter().map(|a| loader.count(a.helped()))).await);
    assert_eq!(counts.unwrap(), [0, 2, 1, 1]);
}

#[tokio::test]
async fn through_a_join_model() {
    let test = database().await;
    let (authors, _) = library(test.db(), 3).await;
    let awards: Vec<Award> = (0..3).map(|id| Award { id }).collect();
    Award::insert_many(test.db(), &awards).await.unwrap();
    let links = [(0, 0), (0, 2), (1, 2)];
    let links = links.map(|(author_id, award_id)| Winner { id: ObjectId::new(), author_id, award_id });
    Winner::insert_many(test.db(), &links).await.unwrap();
    let loader = Loader::new(test.db());
    let ordered = |a| loader.all(Author::awards(a).order_by(Award::ID.desc()));
    let found = assert_commands!(test, 2, try_join_all(authors.iter().map(ordered)).await.unwrap());
    let ids: Vec<Vec<i32>> = found.iter().map(|list| list.iter().map(|award| award.id).collect()).collect();
    assert_eq!(ids, [vec![2, 0], vec![2], vec![]]);
    let counts = assert_commands!(test, 2, try_join_all(authors.iter().map(|a| loader.count(a.awards()))).await);
    assert_eq!(counts.unwrap(), [2, 1, 0]);
    let first = |a| loader.all(Author::awards(a).order_by(Award::ID.asc()).limit(1));
    let first = try_join_all(authors.iter().map(first)).await.unwrap();
    let ids: Vec<Vec<i32>> = first.iter().map(|list| list.iter().map(|award| award.id).collect()).collect();
    assert_eq!(ids, [vec![0], vec![2], vec![]]);
    let authors = assert_commands!(test, 2, try_join_all(awards.iter().map(|a| loader.all(a.authors()))).await);
    assert_eq!(authors.unwrap().iter().map(|list| list.len()).collect::<Vec<_>>(), [1, 0, 2]);
}

#[tokio::test]
async fn in_embedded_documents() {
    let test = database().await;
    let (authors, _) = library(test.db(), 4).await;
    let page = |drawn_by_id, number| Page { drawn_by_id, number };
    let book = Book { pages: vec![page(Some(1), 1), page(None, 2), page(Some(3), 3)], ..book(1000, 0, 0) };
    let loader = Loader::new(test.db());
    let pages = book.pages.iter().map(|page| loader.get(page.drawn_by()));
    let found = assert_commands!(test, 1, try_join_all(pages).await.unwrap());
    let ids: Vec<_> = found.iter().map(|found| found.as_ref().map(|author| author.id)).collect();
    assert_eq!(ids, [Some(1), None, Some(3)]);

    book.insert(test.db()).await.unwrap();
    let drawn = assert_commands!(test, 1, try_join_all(authors.iter().map(|a| loader.all(a.drawn()))).await.unwrap());
    assert_eq!(drawn.iter().map(|list| list.len()).collect::<Vec<_>>(), [0, 1, 0, 1]);
    let counts = assert_commands!(test, 1, try_join_all(authors.iter().map(|a| loader.count(a.drawn()))).await);
    assert_eq!(counts.unwrap(), [0, 1, 0, 1]);
}

#[tokio::test]
async fn of_several_models() {
    let test = database().await;
    let (authors, _) = library(test.db(), 4).await;
    let subjects =
        [Some(Subject::Book(1)), Some(Subject::Author(1)), None, Some(Subject::Book(77)), Some(Subject::Book(2))];
    let remarks: Vec<Remark> = (0..).zip(subjects).map(|(id, subject)| Remark { id, subject }).collect();
    Remark::insert_many(test.db(), &remarks).await.unwrap();
    let loader = Loader::new(test.db());
    // one for each model
    let found = assert_commands!(test, 2, try_join_all(remarks.iter().map(|r| loader.get(r.subject()))).await.unwrap());
    let ids: Vec<_> = found
        .iter()
        .map(|found| match found.as_deref() {
            Some(SubjectDocument::Author(author)) => ("author", author.id),
            Some(SubjectDocument::Book(book)) => ("book", book.id),
            None => ("none", 0),
        })
        .collect();
    assert_eq!(ids, [("book", 1), ("author", 1), ("none", 0), ("none", 0), ("book", 2)]);
    let again = assert_commands!(test, 0, loader.get(remarks[0].subject()).await.unwrap());
    assert!(Arc::ptr_eq(again.as_ref().unwrap(), found[0].as_ref().unwrap()));

    let lists = assert_commands!(test, 1, try_join_all(authors.iter().map(|a| loader.all(a.remarks()))).await.unwrap());
    assert_eq!(lists.iter().map(|list| list.len()).collect::<Vec<_>>(), [0, 1, 0, 0]);
}

#[tokio::test]
async fn of_a_model_to_itself() {
    let test = database().await;
    let authors: Vec<Author> = [(0, None), (1, Some(0)), (2, Some(0)), (3, Some(1))]
        .map(|(id, teacher_id)| Author { teacher_id, ..author(id) })
        .into();
    Author::insert_many(test.db(), &authors).await.unwrap();
    let loader = Loader::new(test.db());
    let (teachers, pupils) = assert_commands!(test, 2, {
        let teachers = try_join_all(authors.iter().map(|author| loader.get(author.teacher())));
        let pupils = try_join_all(authors.iter().map(|author| loader.all(author.pupils().order_by(Author::ID.asc()))));
        join(teachers, pupils).await
    });
    let teachers: Vec<_> = teachers.unwrap().iter().map(|found| found.as_ref().map(|author| author.id)).collect();
    assert_eq!(teachers, [None, Some(0), Some(0), Some(1)]);
    let pupils: Vec<Vec<i32>> =
        pupils.unwrap().iter().map(|list| list.iter().map(|author| author.id).collect()).collect();
    assert_eq!(pupils, [vec![1, 2], vec![3], vec![], vec![]]);
}

#[tokio::test]
async fn a_condition_on_related_documents_groups_too() {
    let test = database().await;
    let (authors, _) = library(test.db(), 3).await;
    Portrait { id: 1, author_id: 1 }.insert(test.db()).await.unwrap();
    let loader = Loader::new(test.db());
    let with_portrait =
        |author| loader.all(Author::books(author).filter(Book::AUTHOR.filter(Author::PORTRAIT.any()).any()));
    let found = assert_commands!(test, 1, try_join_all(authors.iter().map(with_portrait)).await.unwrap());
    assert_eq!(found.iter().map(|list| list.len()).collect::<Vec<_>>(), [0, 3, 0]);
}
