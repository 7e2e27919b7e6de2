//! Graphs, loaded by EarnORM and by hand: `cargo xtask bench load [NAME]`.

use std::path::Path;

use earnorm::prelude::*;
use earnorm_benches::{Outcome, Versus, by_hand, models};
use earnorm_examples::chinook::{Album, Artist, Customer, Invoice, InvoiceLine, Playlist, Track, load};
use mongodb::Database;

use models::{Line, Order, Post, User};

#[tokio::main]
async fn main() -> Outcome {
    let only = std::env::args().nth(1);
    match std::env::var("EARNORM_CHINOOK") {
        Ok(folder) => chinook(Path::new(&folder), only.clone()).await?,
        Err(_) => println!("skipped: set EARNORM_CHINOOK to the directory with the data of Chinook"),
    }
    generated(only).await
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
            async |db| customers(db).await,
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

async fn customers(db: &Database) -> Outcome<usize> {
    let lines = Invoice::LINES.with(InvoiceLine::TRACK);
    let customers = Customer::find_all().with(Customer::INVOICES.with(lines)).all(db).await?;
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

    let (name, top_n) = ("users, best three posts: 50 x 1,000", "the same, by hand with `$topN`: 50 x 1,000");
    if versus.wants(name) || versus.wants(top_n) {
        models::fill(versus.db(), 50, 1_000).await?;
        versus.compare(name, async |db| best(db).await, async |db| Ok(count(&by_hand::best(db).await?))).await?;
        let by_server = async |db: &Database| Ok(count(&by_hand::best_by_server(db).await?));
        versus.compare(top_n, async |db| best(db).await, by_server).await?;
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
