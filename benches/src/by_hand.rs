//! What a careful user of the driver writes: the fewest commands, replies decoded into structs, results in a map.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use earnorm_examples::chinook::{Album, Artist, Customer, Invoice, InvoiceLine, Playlist, PlaylistTrack, Track};
use futures_util::TryStreamExt;
use mongodb::Database;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use serde::de::DeserializeOwned;

use crate::Outcome;
use crate::models::{Comment, Name, Order, Post, Product, Subject, Tagged, Title, Topic, User};

/// How many keys go into one command.
const KEYS: usize = 1_000;

async fn find<T: DeserializeOwned + Send + Sync>(db: &Database, collection: &str, filter: Document) -> Outcome<Vec<T>> {
    // the driver's default would be a second command for all but 101 documents
    let found = db.collection::<T>(collection).find(filter).batch_size(1 << 30).await?;
    Ok(found.try_collect().await?)
}

/// The documents with one of these keys.
async fn find_in<T: DeserializeOwned + Send + Sync, K: Copy + Into<Bson>>(
    db: &Database,
    collection: &str,
    field: &str,
    keys: &[K],
) -> Outcome<Vec<T>> {
    let mut all = Vec::new();
    for keys in keys.chunks(KEYS) {
        let keys: Vec<Bson> = keys.iter().map(|key| (*key).into()).collect();
        all.append(&mut find(db, collection, doc! { field: { "$in": keys } }).await?);
    }
    Ok(all)
}

fn group<T, K: Eq + Hash>(items: Vec<T>, key: impl Fn(&T) -> K) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for item in items {
        groups.entry(key(&item)).or_default().push(item);
    }
    groups
}

/// Each with its own of the groups.
fn share_out<T, U, K: Eq + Hash>(
    parents: Vec<T>,
    mut groups: HashMap<K, Vec<U>>,
    key: impl Fn(&T) -> K,
) -> Vec<(T, Vec<U>)> {
    let pair = |parent| {
        let children = groups.remove(&key(&parent)).unwrap_or_default();
        (parent, children)
    };
    parents.into_iter().map(pair).collect()
}

/// Artists, their albums, and the tracks of those.
///
/// # Errors
///
/// The driver's.
pub async fn artists(db: &Database) -> Outcome<Vec<(Artist, Vec<(Album, Vec<Track>)>)>> {
    let artists: Vec<Artist> = find(db, "artist", doc! {}).await?;
    let ids: Vec<i32> = artists.iter().map(|artist| artist.id).collect();
    let albums: Vec<Album> = find_in(db, "album", "artist_id", &ids).await?;
    let ids: Vec<i32> = albums.iter().map(|album| album.id).collect();
    let tracks: Vec<Track> = find_in(db, "track", "album_id", &ids).await?;
    let albums = share_out(albums, group(tracks, |track| track.album_id), |album| album.id);
    Ok(share_out(artists, group(albums, |(album, _)| album.artist_id), |artist| artist.id))
}

/// Playlists and their tracks.
///
/// # Errors
///
/// The driver's.
pub async fn playlists(db: &Database) -> Outcome<Vec<(Playlist, Vec<Track>)>> {
    let playlists: Vec<Playlist> = find(db, "playlist", doc! {}).await?;
    let ids: Vec<i32> = playlists.iter().map(|playlist| playlist.id).collect();
    let links: Vec<PlaylistTrack> = find_in(db, "playlist_track", "playlist_id", &ids).await?;
    let mut ids: Vec<i32> = links.iter().map(|link| link.track_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let tracks: Vec<Track> = find_in(db, "track", "_id", &ids).await?;
    let tracks: HashMap<i32, Track> = tracks.into_iter().map(|track| (track.id, track)).collect();
    let mut groups: HashMap<i32, Vec<Track>> = HashMap::new();
    for link in links {
        if let Some(track) = tracks.get(&link.track_id) {
            groups.entry(link.playlist_id).or_default().push(track.clone());
        }
    }
    Ok(share_out(playlists, groups, |playlist| playlist.id))
}

/// A line with its track.
type Line = (InvoiceLine, Option<Arc<Track>>);

/// Customers, their invoices, the lines of those, and the track of each.
///
/// # Errors
///
/// The driver's.
pub async fn customers(db: &Database) -> Outcome<Vec<(Customer, Vec<(Invoice, Vec<Line>)>)>> {
    let customers: Vec<Customer> = find(db, "customer", doc! {}).await?;
    let ids: Vec<i32> = customers.iter().map(|customer| customer.id).collect();
    let invoices: Vec<Invoice> = find_in(db, "invoice", "customer_id", &ids).await?;
    let ids: Vec<i32> = invoices.iter().map(|invoice| invoice.id).collect();
    let lines: Vec<InvoiceLine> = find_in(db, "invoice_line", "invoice_id", &ids).await?;
    let mut ids: Vec<i32> = lines.iter().map(|line| line.track_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let tracks: Vec<Track> = find_in(db, "track", "_id", &ids).await?;
    let tracks: HashMap<i32, Arc<Track>> = tracks.into_iter().map(|track| (track.id, Arc::new(track))).collect();
    let lines = lines.into_iter().map(|line| {
        let track = tracks.get(&line.track_id).cloned();
        (line, track)
    });
    let lines = group(lines.collect(), |(line, _)| line.invoice_id);
    let invoices = share_out(invoices, lines, |invoice| invoice.id);
    Ok(share_out(customers, group(invoices, |(invoice, _)| invoice.customer_id), |customer| customer.id))
}

/// Albums and the three longest tracks of each.
///
/// # Errors
///
/// The driver's.
pub async fn longest(db: &Database) -> Outcome<Vec<(Album, Vec<Track>)>> {
    let albums: Vec<Album> = find(db, "album", doc! {}).await?;
    let ids: Vec<i32> = albums.iter().map(|album| album.id).collect();
    let tracks: Vec<Track> = find_in(db, "track", "album_id", &ids).await?;
    let mut groups = group(tracks, |track| track.album_id);
    for tracks in groups.values_mut() {
        tracks.sort_unstable_by_key(|track| (std::cmp::Reverse(track.milliseconds), track.id));
        tracks.truncate(3);
    }
    Ok(share_out(albums, groups, |album| album.id))
}

/// Users and all their posts.
///
/// # Errors
///
/// The driver's.
pub async fn users(db: &Database) -> Outcome<Vec<(User, Vec<Post>)>> {
    let users: Vec<User> = find(db, "users", doc! {}).await?;
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let posts: Vec<Post> = find_in(db, "posts", "author_id", &ids).await?;
    Ok(share_out(users, group(posts, |post| post.author_id), |user| user.id))
}

/// Users and all their posts, by one command for all keys.
///
/// # Errors
///
/// The driver's.
pub async fn users_at_once(db: &Database) -> Outcome<Vec<(User, Vec<Post>)>> {
    let users: Vec<User> = find(db, "users", doc! {}).await?;
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let posts: Vec<Post> = find(db, "posts", doc! { "author_id": { "$in": ids } }).await?;
    Ok(share_out(users, group(posts, |post| post.author_id), |user| user.id))
}

/// Users and the three of their posts that are liked most: all are fetched, and the rest is dropped.
///
/// # Errors
///
/// The driver's.
pub async fn best(db: &Database) -> Outcome<Vec<(User, Vec<Post>)>> {
    let mut users = users(db).await?;
    for (_, posts) in &mut users {
        posts.sort_unstable_by_key(|post| (std::cmp::Reverse(post.likes), post.id));
        posts.truncate(3);
    }
    Ok(users)
}

/// The same, cut by the server: `$group` with `$topN`.
///
/// # Errors
///
/// The driver's.
pub async fn best_by_server(db: &Database) -> Outcome<Vec<(User, Vec<Post>)>> {
    #[derive(serde::Deserialize)]
    struct Group {
        posts: Vec<Post>,
    }
    let users: Vec<User> = find(db, "users", doc! {}).await?;
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let top = doc! { "n": 3, "sortBy": { "likes": -1, "_id": 1 }, "output": "$$ROOT" };
    let pipeline = [
        doc! { "$match": { "author_id": { "$in": ids } } },
        doc! { "$group": { "_id": "$author_id", "posts": { "$topN": top } } },
    ];
    let collection = db.collection::<Document>("posts");
    let groups = collection.aggregate(pipeline).batch_size(1 << 30).with_type::<Group>().await?;
    let groups: Vec<Group> = groups.try_collect().await?;
    let posts = groups.into_iter().flat_map(|group| group.posts).collect();
    Ok(share_out(users, group(posts, |post| post.author_id), |user| user.id))
}

/// Orders, and the product of each line.
///
/// # Errors
///
/// The driver's.
pub async fn orders(db: &Database) -> Outcome<Vec<(Order, Vec<Option<Arc<Product>>>)>> {
    let orders: Vec<Order> = find(db, "orders", doc! {}).await?;
    let keys: HashSet<ObjectId> = orders.iter().flat_map(|order| &order.lines).map(|line| line.product_id).collect();
    let products: Vec<Product> = find_in(db, "products", "_id", &keys.into_iter().collect::<Vec<_>>()).await?;
    let products: HashMap<ObjectId, Arc<Product>> =
        products.into_iter().map(|product| (product.id, Arc::new(product))).collect();
    let with_products = |order: Order| {
        let products = order.lines.iter().map(|line| products.get(&line.product_id).cloned()).collect();
        (order, products)
    };
    Ok(orders.into_iter().map(with_products).collect())
}

/// Users, their posts, and the comments on those.
///
/// # Errors
///
/// The driver's.
pub async fn comments(db: &Database) -> Outcome<Vec<(User, Vec<(Post, Vec<Comment>)>)>> {
    let users: Vec<User> = find(db, "users", doc! {}).await?;
    let ids: Vec<_> = users.iter().map(|user| user.id).collect();
    let posts: Vec<Post> = find_in(db, "posts", "author_id", &ids).await?;
    let ids: Vec<_> = posts.iter().map(|post| post.id).collect();
    let comments: Vec<Comment> = find_in(db, "comments", "post_id", &ids).await?;
    let posts = share_out(posts, group(comments, |comment| comment.post_id), |post| post.id);
    Ok(share_out(users, group(posts, |(post, _)| post.author_id), |user| user.id))
}

/// Posts and their topics.
///
/// # Errors
///
/// The driver's.
pub async fn topics(db: &Database) -> Outcome<Vec<(Post, Vec<Topic>)>> {
    let posts: Vec<Post> = find(db, "posts", doc! {}).await?;
    let ids: Vec<_> = posts.iter().map(|post| post.id).collect();
    let tagged: Vec<Tagged> = find_in(db, "taggeds", "post_id", &ids).await?;
    let keys: HashSet<ObjectId> = tagged.iter().map(|tagged| tagged.topic_id).collect();
    let topics: Vec<Topic> = find_in(db, "topics", "_id", &keys.into_iter().collect::<Vec<_>>()).await?;
    let topics: HashMap<ObjectId, Topic> = topics.into_iter().map(|topic| (topic.id, topic)).collect();
    let mut groups: HashMap<ObjectId, Vec<Topic>> = HashMap::new();
    for tagged in tagged {
        if let Some(topic) = topics.get(&tagged.topic_id) {
            groups.entry(tagged.post_id).or_default().push(topic.clone());
        }
    }
    Ok(share_out(posts, groups, |post| post.id))
}

/// Comments, and what they are about.
///
/// # Errors
///
/// The driver's.
pub async fn subjects(db: &Database) -> Outcome<usize> {
    let comments: Vec<Comment> = find(db, "comments", doc! {}).await?;
    let (mut posts, mut users) = (HashSet::new(), HashSet::new());
    for comment in &comments {
        match comment.subject {
            Subject::Post(id) => posts.insert(id),
            Subject::User(id) => users.insert(id),
        };
    }
    let posts: Vec<Post> = find_in(db, "posts", "_id", &posts.into_iter().collect::<Vec<_>>()).await?;
    let users: Vec<User> = find_in(db, "users", "_id", &users.into_iter().collect::<Vec<_>>()).await?;
    let posts: HashMap<ObjectId, Arc<Post>> = posts.into_iter().map(|post| (post.id, Arc::new(post))).collect();
    let users: HashMap<ObjectId, Arc<User>> = users.into_iter().map(|user| (user.id, Arc::new(user))).collect();
    let found = |comment: &Comment| match comment.subject {
        Subject::Post(id) => posts.contains_key(&id),
        Subject::User(id) => users.contains_key(&id),
    };
    Ok(comments.iter().map(|comment| 1 + usize::from(found(comment))).sum())
}

/// The names of users and the titles of their posts.
///
/// # Errors
///
/// The driver's.
pub async fn titles(db: &Database) -> Outcome<Vec<(Name, Vec<Title>)>> {
    let part = |fields: Document| FindOptions::builder().projection(fields).batch_size(1 << 30).build();
    let users = db.collection::<Name>("users").find(doc! {}).with_options(part(doc! { "name": 1 })).await?;
    let users: Vec<Name> = users.try_collect().await?;
    let mut posts = Vec::new();
    for users in users.chunks(KEYS) {
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let collection = db.collection::<Title>("posts");
        let find = collection.find(doc! { "author_id": { "$in": ids } });
        let find = find.with_options(part(doc! { "title": 1, "author_id": 1 })).await?;
        posts.append(&mut find.try_collect().await?);
    }
    Ok(share_out(users, group(posts, |post: &Title| post.author_id), |user| user.id))
}

/// The sum of the likes of each user's posts.
///
/// # Errors
///
/// The driver's.
pub async fn likes(db: &Database) -> Outcome<HashMap<ObjectId, i64>> {
    #[derive(serde::Deserialize)]
    struct Sum {
        #[serde(rename = "_id")]
        user: ObjectId,
        likes: i64,
    }
    let users: Vec<User> = find(db, "users", doc! {}).await?;
    let mut sums: HashMap<ObjectId, i64> = users.iter().map(|user| (user.id, 0)).collect();
    for users in users.chunks(KEYS) {
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let pipeline = [
            doc! { "$match": { "author_id": { "$in": ids } } },
            doc! { "$group": { "_id": "$author_id", "likes": { "$sum": "$likes" } } },
        ];
        let collection = db.collection::<Document>("posts");
        let groups = collection.aggregate(pipeline).batch_size(1 << 30);
        let groups: Vec<Sum> = groups.with_type::<Sum>().await?.try_collect().await?;
        sums.extend(groups.into_iter().map(|sum| (sum.user, sum.likes)));
    }
    Ok(sums)
}
