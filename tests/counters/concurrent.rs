//! Many writers at the same time, with connections that are cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use earnorm::mongodb::Database;
use earnorm::prelude::*;
use earnorm_testkit::TestDb;
use earnorm_tests::direct_database;
use futures_util::future::join_all;

use crate::assert_right;
use crate::models::{Author, Club, Member, Post, author, member, post};

/// Eight writes that add, move and remove posts and members. Some fail, because their connection is cut.
async fn write(db: Database, number: i32) -> usize {
    let mut failed = 0;
    let mut note = |ok: bool| failed += usize::from(!ok);
    let base = 100 * number;
    for round in 0..2 {
        let id = base + round;
        let author_of = |n: i32| 1 + (number + n) % 8;
        note(post(id, author_of(round)).insert(&db).await.is_ok());
        note(Post::update_by_id(&db, id, Post::AUTHOR_ID.set(Some(author_of(round + 1)))).await.is_ok());
        note(member(id, &[author_of(round)]).save(&db).await.is_ok());
        let end = match (number + round) % 3 {
            0 => Post::find(Post::ID.eq(id)).delete(&db).await.is_ok(),
            1 => post(id, author_of(round + 2)).save(&db).await.is_ok(),
            _ => Member::find(Member::ID.eq(id)).update(&db, Member::CLUB_IDS.push(1)).await.is_ok(),
        };
        note(end);
    }
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_writers_with_faults_leave_the_counters_right() {
    let (test, proxy) = TestDb::with_proxy().await.unwrap();
    let (faulty, direct) = (test.db().clone(), direct_database(&test).await);
    for id in 1..=8 {
        author(id).insert(&direct).await.unwrap();
        Club { id, member_count: 0 }.insert(&direct).await.unwrap();
    }
    // the collections exist before the first transaction
    post(1, None).insert(&direct).await.unwrap();
    member(1, &[]).insert(&direct).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let cutting = {
        let done = Arc::clone(&done);
        tokio::spawn(async move {
            let mut cuts = 0;
            while !done.load(Ordering::SeqCst) {
                proxy.heal();
                // The server keeps the locks of a transaction whose connection is cut in its middle for a minute, so this
                // happens once. The other cuts are before its first command, and after its commit.
                match cuts {
                    3 => {
                        proxy.only(["update"]);
                        proxy.cut_after(1);
                    }
                    _ if cuts % 2 == 0 => {
                        proxy.only(["insert", "findAndModify"]);
                        proxy.cut_before(2);
                    }
                    _ => {
                        proxy.only(["commitTransaction"]);
                        proxy.cut_after(2);
                    }
                }
                cuts += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            proxy.heal();
            cuts
        })
    };
    let writers = (1..=20).map(|number| tokio::spawn(write(faulty.clone(), number)));
    let failed: usize = join_all(writers).await.into_iter().map(|failed| failed.unwrap()).sum();
    done.store(true, Ordering::SeqCst);
    let cuts = cutting.await.unwrap();
    assert!(cuts > 2, "only {cuts} connections were cut");
    // of 160 writes, most succeed, some by another attempt
    assert!(failed < 120, "{failed} of 160 writes failed");
    assert_right(&direct, "twenty writers").await;
    assert_eq!(Author::POSTS.recount(&direct).await.unwrap(), 0);
    assert_eq!(Club::MEMBERS.recount(&direct).await.unwrap(), 0);
    assert_eq!(Member::CLUBS.recount(&direct).await.unwrap(), 0);
    let counted: i64 = Author::find_all().all(&direct).await.unwrap().iter().map(|author| author.post_count).sum();
    let posts = Post::find(Post::AUTHOR_ID.ne(None)).count(&direct).await.unwrap();
    assert_eq!(u64::try_from(counted).unwrap(), posts);
    assert!(posts > 0, "no write succeeded");
}
