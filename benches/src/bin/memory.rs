//! How much memory loading takes: `cargo xtask bench load` runs it after the times, which an allocator that counts would
//! change.

use earnorm::prelude::*;
use earnorm_benches::{Outcome, Table, models};
use earnorm_testkit::TestDb;
use peak_alloc::PeakAlloc;

use models::{Post, User};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// At most this many times the size of what an eager load gives.
const GOAL: f64 = 1.2;
/// What a stream may take, whatever it streams.
const CEILING: usize = 16 << 20;

#[tokio::main]
async fn main() -> Outcome {
    // without a log: it would keep what was sent
    let test = TestDb::with_options(|options| options.command_event_handler = None).await?;
    let db = test.db();
    let mut table = Table::new(["", "documents", "result", "peak", "ratio", "goal"]);

    for (users, posts) in [(1_000, 20), (100_000, 5)] {
        models::fill(db, users, posts).await?;
        // so that what the driver keeps is there before
        let _ = User::find_all().with(User::POSTS).limit(10).all(db).await?;
        let before = start();
        let loaded = User::find_all().with(User::POSTS).all(db).await?;
        let (result, peak) = (MEMORY.current_usage() - before, MEMORY.peak_usage() - before);
        let documents = loaded.iter().map(|user| 1 + user.related(User::POSTS).len()).sum::<usize>();
        table.row([
            format!("users, posts: {users} x {posts}"),
            documents.to_string(),
            megabytes(result),
            megabytes(peak),
            format!("{:.2}", ratio(peak, result)),
            format!("{GOAL:.2}{}", if ratio(peak, result) > GOAL { " !" } else { "" }),
        ]);
    }

    models::fill(db, 200_000, 5).await?;
    let before = start();
    let (mut documents, mut likes) = (0, 0);
    let mut users = User::find_all().with(User::POSTS).stream(db);
    while let Some(user) = users.next().await {
        let user = user?;
        documents += 1 + user.related(User::POSTS).len();
        likes += user.related(User::POSTS).iter().map(|post: &Post| post.likes).sum::<i64>();
    }
    let peak = MEMORY.peak_usage() - before;
    table.row([
        "the same as a stream: 200000 x 5".to_owned(),
        documents.to_string(),
        String::new(),
        megabytes(peak),
        String::new(),
        format!("{}{}", megabytes(CEILING), if peak > CEILING { " !" } else { "" }),
    ]);
    println!("\n{table}\n`!`: over the goal ({likes} likes)");
    Ok(())
}

fn start() -> usize {
    MEMORY.reset_peak_usage();
    MEMORY.current_usage()
}

#[allow(clippy::cast_precision_loss, reason = "to be looked at")]
fn ratio(one: usize, other: usize) -> f64 {
    one as f64 / other.max(1) as f64
}

fn megabytes(bytes: usize) -> String {
    format!("{:.1} MB", ratio(bytes, 1_000_000))
}
