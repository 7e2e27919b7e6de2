//! Graphs, loaded by EarnORM and by hand: `cargo xtask bench load [NAME]`.

use std::path::Path;
use std::time::Duration;

use earnorm::prelude::*;
use earnorm_benches::{Outcome, Table, Versus, by_hand, longest_poll, models};
use earnorm_examples::chinook::{Album, Artist, Customer, Invoice, InvoiceLine, Playlist, Track, load};
use earnorm_testkit::TestDb;
use mongodb::Database;

use models::{Comment, Line, Name, Order, Post, Title, User};

#[tokio::main]
async fn main() -> Outcome {
    let only = std::env::args().nth(1);
    match std::env::var("EARNORM_CHINOOK") {
        Ok(folder) => chinook(Path::new(&folder), only.clone()).await?,
        Err(_) => println!("skipped: set EARNORM_CHINOOK to the directory with the data of Chinook"),
    }
    generated(only.clone()).await?;
    polls(only).await
}

async fn chinook(folder: &Path, only: Option<String>) -> Outcome {
    let mut versus = Versus::new(only).await?;
    load(versus.db(), folder).await?;
    earnorm::ensure_indexes(versus.db()).await?;
    versus
        .compare(
            "artists, albums, tracks",
            async |db| artists(db).await,
            async |db| {
                let artists = by_hand::artists(db).await?;
                let of_albums =
                    |albums: &Vec<(Album, Vec<Track>)>| albums.iter().map(|(_, t)| 1 + t.len()).sum::<usize>();
                Ok(artists.iter().map(|(_, albums)| 1 + of_albums(albums)).sum())
            },
        )
        .await?;
    versus
        .compare(
            "playlists, tracks",
            async |db| playlists(db).await,
            async |db| Ok(by_hand::playlists(db).await?.iter().map(|(_, tracks)| 1 + tracks.len()).sum()),
        )
        .await?;
    versus
        .compare(
            "customers, invoices, lines, tracks",
            async |db| customers(db, Strategy::Batch).await,
            async |db| {
                let customers = by_hand::customers(db).await?;
                let mut count = customers.len();
                for (_, lines) in customers.iter().flat_map(|(_, invoices)| invoices) {
                    count += 1 + lines.iter().map(|(_, track)| 1 + usize::from(track.is_some())).sum::<usize>();
                }
                Ok(count)
            },
        )
        .await?;
    versus
        .compare(
            "the same, with `Strategy::Lookup` and in batches",
            async |db| customers(db, Strategy::Lookup).await,
            async |db| customers(db, Strategy::Batch).await,
        )
        .await?;
    versus
        .compare(
            "albums, three longest tracks",
            async |db| longest(db).await,
            async |db| Ok(by_hand::longest(db).await?.iter().map(|(_, tracks)| 1 + tracks.len()).sum()),
        )
        .await?;
    versus.print();
    Ok(())
}

async fn artists(db: &Database) -> Outcome<usize> {
    let artists = Artist::find_all().with(Artist::ALBUMS.with(Album::TRACKS)).all(db).await?;
    let mut count = artists.len();
    for artist in &artists {
        count +=
            artist.related(Artist::ALBUMS).iter().map(|album| 1 + album.related(Album::TRACKS).len()).sum::<usize>();
    }
    Ok(count)
}

async fn playlists(db: &Database) -> Outcome<usize> {
    let playlists = Playlist::find_all().with(Playlist::TRACKS).all(db).await?;
    Ok(playlists.iter().map(|playlist| 1 + playlist.related(Playlist::TRACKS).len()).sum())
}

async fn customers(db: &Database, strategy: Strategy) -> Outcome<usize> {
    let lines = Invoice::LINES.with(InvoiceLine::TRACK);
    let customers = Customer::find_all().with(Customer::INVOICES.with(lines)).strategy(strategy).all(db).await?;
    let mut count = customers.len();
    for invoice in customers.iter().flat_map(|customer| customer.related(Customer::INVOICES)) {
        let lines = invoice.related(Invoice::LINES).iter();
        count += 1 + lines.map(|line| 1 + usize::from(line.related(InvoiceLine::TRACK).is_some())).sum::<usize>();
    }
    Ok(count)
}

async fn longest(db: &Database) -> Outcome<usize> {
    let tracks = Album::TRACKS.order_by(Track::MILLISECONDS.desc()).limit(3);
    let albums = Album::find_all().with(tracks).all(db).await?;
    Ok(albums.iter().map(|album| 1 + album.related(Album::TRACKS).len()).sum())
}

async fn generated(only: Option<String>) -> Outcome {
    let mut versus = Versus::new(only).await?;
    let count = |users: &[(User, Vec<Post>)]| users.iter().map(|(_, posts)| 1 + posts.len()).sum();

    let name = "users, posts: 1,000 x 20";
    if versus.wants(name) {
        models::fill(versus.db(), 1_000, 20).await?;
        versus.compare(name, async |db| users(db).await, async |db| Ok(count(&by_hand::users(db).await?))).await?;
    }

    for (size, users, posts_each) in [("50 x 1,000", 50, 1_000), ("1,000 x 10", 1_000, 10)] {
        let name = format!("users, best three posts: {size}");
        let top_n = format!("the same, by hand with `$topN`: {size}");
        if versus.wants(&name) || versus.wants(&top_n) {
            models::fill(versus.db(), users, posts_each).await?;
            versus.compare(&name, async |db| best(db).await, async |db| Ok(count(&by_hand::best(db).await?))).await?;
            let by_server = async |db: &Database| Ok(count(&by_hand::best_by_server(db).await?));
            versus.compare(&top_n, async |db| best(db).await, by_server).await?;
        }
    }
    more(&mut versus).await?;

    let name = "users, posts: 300,000 x 1";
    if versus.wants(name) {
        models::fill(versus.db(), 300_000, 1).await?;
        versus.compare(name, async |db| users(db).await, async |db| Ok(count(&by_hand::users(db).await?))).await?;
    }

    let (name, at_once) = ("users, posts: 100,000 x 5", "the same, by hand with one `$in`: 100,000 x 5");
    if versus.wants(name) || versus.wants(at_once) {
        models::fill(versus.db(), 100_000, 5).await?;
        versus.compare(name, async |db| users(db).await, async |db| Ok(count(&by_hand::users(db).await?))).await?;
        let by_hand = async |db: &Database| Ok(count(&by_hand::users_at_once(db).await?));
        versus.compare(at_once, async |db| users(db).await, by_hand).await?;
    }
    let name = "orders, products of their lines: 500 x 40";
    if versus.wants(name) {
        models::fill_orders(versus.db(), 500, 40, 2_000).await?;
        let by_hand = async |db: &Database| {
            let orders = by_hand::orders(db).await?;
            Ok(orders.iter().map(|(_, products)| 1 + products.iter().flatten().count()).sum())
        };
        versus.compare(name, async |db| orders(db).await, by_hand).await?;
    }
    versus.print();
    Ok(())
}

/// Graphs with further models: 500 users with 10 posts each, and 10 comments on each of these.
async fn more(versus: &mut Versus) -> Outcome {
    let names = [
        "users, posts, comments: 500 x 10 x 10",
        "posts, topics through a join model: 5,000 x 3",
        "comments, what they are about: 50,000",
        "names of users, titles of posts: 500 x 10",
        "sums of likes: 500 x 10",
    ];
    if !names.iter().any(|name| versus.wants(name)) {
        return Ok(());
    }
    models::fill(versus.db(), 500, 10).await?;
    models::fill_comments(versus.db(), 10).await?;
    let by_hand = async |db: &Database| {
        let of_posts =
            |posts: &[(Post, Vec<Comment>)]| posts.iter().map(|(_, comments)| 1 + comments.len()).sum::<usize>();
        Ok(by_hand::comments(db).await?.iter().map(|(_, posts)| 1 + of_posts(posts)).sum())
    };
    versus.compare(names[0], async |db| comments(db).await, by_hand).await?;
    let by_hand = async |db: &Database| Ok(by_hand::topics(db).await?.iter().map(|(_, topics)| 1 + topics.len()).sum());
    versus.compare(names[1], async |db| topics(db).await, by_hand).await?;
    versus.compare(names[2], async |db| subjects(db).await, async |db| by_hand::subjects(db).await).await?;
    let by_hand = async |db: &Database| Ok(by_hand::titles(db).await?.iter().map(|(_, posts)| 1 + posts.len()).sum());
    versus.compare(names[3], async |db| titles(db).await, by_hand).await?;
    let by_hand = async |db: &Database| Ok(by_hand::likes(db).await?.values().filter(|sum| **sum > 0).count());
    versus.compare(names[4], async |db| likes(db).await, by_hand).await
}

async fn comments(db: &Database) -> Outcome<usize> {
    let users = User::find_all().with(User::POSTS.with(Post::COMMENTS)).all(db).await?;
    let posts = users.iter().flat_map(|user| user.related(User::POSTS));
    Ok(users.len() + posts.map(|post| 1 + post.related(Post::COMMENTS).len()).sum::<usize>())
}

async fn topics(db: &Database) -> Outcome<usize> {
    let posts = Post::find_all().with(Post::TOPICS).all(db).await?;
    Ok(posts.iter().map(|post| 1 + post.related(Post::TOPICS).len()).sum())
}

async fn subjects(db: &Database) -> Outcome<usize> {
    let comments = Comment::find_all().with(Comment::SUBJECT).all(db).await?;
    Ok(comments.iter().map(|comment| 1 + usize::from(comment.related(Comment::SUBJECT).is_some())).sum())
}

async fn titles(db: &Database) -> Outcome<usize> {
    let users = User::find_all().view::<Name>().with(User::POSTS.view::<Title>()).all(db).await?;
    Ok(users.iter().map(|user| 1 + user.related(User::POSTS).len()).sum())
}

async fn likes(db: &Database) -> Outcome<usize> {
    let users = User::find_all().all(db).await?;
    Ok(User::POSTS.sum_by(db, &users, Post::LIKES).await?.values().filter(|sum| **sum > 0).count())
}

/// How long a large reply blocks the thread of the runtime.
async fn polls(only: Option<String>) -> Outcome {
    if only.is_some_and(|only| !"longest poll".contains(&only)) {
        return Ok(());
    }
    let test = TestDb::with_options(|options| options.command_event_handler = None).await?;
    let db = test.db();
    let mut table = Table::new(["longest poll", "documents", "median", "longest"]);
    for (users, posts_each) in [(1_000, 20), (100_000, 5)] {
        models::fill(db, users, posts_each).await?;
        let users_with_posts = |strategy| User::find_all().with(User::POSTS).strategy(strategy);
        for (name, strategy) in [("in batches", Strategy::Batch), ("joined", Strategy::Lookup)] {
            let mut longest = Vec::new();
            for _ in 0..9 {
                let (found, poll) = longest_poll(users_with_posts(strategy).all(db)).await;
                found?;
                longest.push(poll);
            }
            row(
                &mut table,
                &format!("users, posts: {users} x {posts_each}, {name}"),
                users * (1 + posts_each),
                longest,
            );
        }
        let mut longest = Vec::new();
        for _ in 0..9 {
            let (found, poll) = longest_poll(Post::find_all().all(db)).await;
            found?;
            longest.push(poll);
        }
        row(&mut table, &format!("posts alone: {}", users * posts_each), users * posts_each, longest);
    }
    println!("\n{table}");
    Ok(())
}

fn row(table: &mut Table, name: &str, documents: usize, mut longest: Vec<Duration>) {
    longest.sort_unstable();
    let show = |time: Option<&Duration>| format!("{:.2} ms", time.copied().unwrap_or_default().as_secs_f64() * 1_000.0);
    let (median, most) = (show(longest.get(longest.len() / 2)), show(longest.last()));
    table.row([name.to_owned(), documents.to_string(), median, most]);
}

async fn orders(db: &Database) -> Outcome<usize> {
    let orders = Order::find_all().with(Order::LINES.with(Line::PRODUCT)).all(db).await?;
    let mut count = orders.len();
    for order in &orders {
        count += order.related(Order::LINES).iter().filter(|line| line.related(Line::PRODUCT).is_some()).count();
    }
    Ok(count)
}

async fn users(db: &Database) -> Outcome<usize> {
    let users = User::find_all().with(User::POSTS).all(db).await?;
    Ok(users.iter().map(|user| 1 + user.related(User::POSTS).len()).sum())
}

async fn best(db: &Database) -> Outcome<usize> {
    let users = User::find_all().with(User::POSTS.order_by(Post::LIKES.desc()).limit(3)).all(db).await?;
    Ok(users.iter().map(|user| 1 + user.related(User::POSTS).len()).sum())
}
