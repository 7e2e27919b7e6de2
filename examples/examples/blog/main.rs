//! A blog: what EarnORM does with the documents and relations of its [`models`].
//!
//! `cargo xtask demo` runs this example against a local server. So does `cargo run -p earnorm-examples --example blog`.
//! The output shows, beside each step, how many commands it sent and how many documents the replies had.

mod models;

use std::error::Error;

use earnorm::prelude::*;
use earnorm_examples::CostTable;
use earnorm_testkit::TestDb;
use mongodb::Database;

use models::{Comment, Group, Post, Profile, Status, User, UserGroup};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let test = TestDb::new().await?;
    let db = test.db();
    let mut table = CostTable::start(test.log());

    let made = User::ensure_indexes(db).await?.made.len() + Post::ensure_indexes(db).await?.made.len();
    table.row(format!("{made} indexes are created for the relations"));
    let (ada, grace) = people(db, &mut table).await?;
    posts(db, &mut table, &ada, &grace).await?;
    comments(db, &mut table, &ada).await?;
    pages(db, &mut table, &grace).await?;
    graphs(db, &mut table).await?;
    changes(db, &mut table, &ada).await?;
    transactions(db, &mut table, &ada, &grace).await?;
    groups(db, &mut table, &ada).await?;
    deletes(db, &mut table, &ada).await?;
    integrity(db, &mut table, &grace).await?;

    table.finish();
    Ok(())
}

async fn people(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<(User, User)> {
    table.section("Documents");
    let ada = User::new("Ada", Some(36)).insert(db).await?;
    table.row(format!("{} is inserted", ada.name));
    let grace = User::new("Grace", Some(47));
    User::insert_many(db, &[grace.clone(), User::new("Kurt", None)]).await?;
    table.row("Grace and Kurt are inserted together");
    let adults = User::find(User::AGE.gte(18)).order_by(User::NAME.desc()).all(db).await?;
    table.row(format!("adults, sorted from Z to A: {}", names(&adults, |user| &user.name)));
    let nobody = User::find(doc! { "name": "Alan" }).one(db).await;
    table.row(format!("exactly one Alan is required: {}", error_message(&nobody)));

    table.section("One to one");
    ada.profile().create(db, Profile::new("wrote the first program")).await?;
    table.row("Ada gets a profile; `create` sets its key and its id");
    let profile = ada.profile().get(db).await?;
    table.row(format!("Ada's profile: {}", profile.map_or_else(String::new, |it| it.bio)));
    let exists = grace.profile().exists(db).await?;
    table.row(format!("does Grace have a profile? {exists}"));
    Ok((ada, grace))
}

async fn posts(db: &Database, table: &mut CostTable<'_>, ada: &User, grace: &User) -> earnorm::Result<()> {
    table.section("One to many, many to one");
    for (title, likes) in [("Notes", 42), ("Engines", 7), ("Poems", 19)] {
        // `create` sets the key, whatever its value is here
        ada.posts().create(db, Post::new(title, likes, grace)).await?;
    }
    table.row("three posts are created for Ada");
    let all = ada.posts().all(db).await?;
    table.row(format!("Ada's posts: {}", names(&all, |post| &post.title)));
    let query = ada.posts().filter(Post::LIKES.gt(10)).order_by(Post::LIKES.desc()).limit(2);
    table.detail("the next command:");
    table.detail(query.to_query()?);
    let best = query.all(db).await?;
    table.row(format!("the most liked of them: {}", names(&best, |post| &post.title)));
    let count = ada.posts().count(db).await?;
    let exists = grace.posts().exists(db).await?;
    table.row(format!("Ada has {count}; does Grace have a post? {exists} (the document is the count)"));
    let author = all[0].author().require(db).await?;
    table.row(format!("{} was written by {}", all[0].title, author.name));
    let lost = Post::new("Lost", 0, &User::new("Nobody", None)).author().require(db).await;
    table.row(format!("an author who does not exist: {}", error_message(&lost)));
    Ok(())
}

async fn comments(db: &Database, table: &mut CostTable<'_>, ada: &User) -> earnorm::Result<()> {
    table.section("Relations with a filter, an order, a limit");
    let Some(post) = ada.posts().order_by(Post::TITLE.asc()).first(db).await? else {
        return Ok(());
    };
    table.row(format!("Ada's first post by title: {}", post.title));
    let comments: Vec<_> = (0..30).map(|n| Comment::numbered(n, &post)).collect();
    Comment::insert_many(db, &comments).await?;
    table.row("30 comments on it are inserted");
    let top = post.top_comments().all(db).await?;
    table.row(format!("top comments: {}, the best with {} likes", top.len(), top[0].likes));
    let active = post.active_comments().count(db).await?;
    table.row(format!("active comments: {active}"));
    let hidden = post.active_comments().filter(doc! { "status": "hidden" }).count(db).await?;
    table.row(format!("active comments that are hidden: {hidden} (a filter adds to the filter of the relation)"));
    let recent = post.recent_comments().first(db).await?;
    table.row(format!("the most recent: {}", recent.map_or_else(String::new, |it| it.text)));
    Ok(())
}

async fn pages(db: &Database, table: &mut CostTable<'_>, grace: &User) -> earnorm::Result<()> {
    table.section("Pages and streams");
    let posts: Vec<_> = (1..=2_500).map(|n| Post::new(&format!("Bug {n}"), n, grace)).collect();
    Post::insert_many(db, &posts).await?;
    table.row("Grace has 2,500 posts");
    let page = grace.posts().order_by(Post::LIKES.asc()).page(db, 3, 20).await?;
    let (number, pages) = (page.number, page.pages());
    table.row(format!("page {number} of {pages} begins with {}", page.items[0].title));
    let next = grace.posts().order_by(Post::LIKES.asc()).after(&page.items[19]).limit(20).all(db).await?;
    table.row(format!("the post after the last one on this page: {} (found by key, fast on any page)", next[0].title));
    let mut likes = 0;
    let mut rows = grace.posts().stream(db);
    while let Some(post) = rows.next().await {
        likes += post?.likes;
    }
    table.row(format!("a stream of all of them: {likes} likes"));
    Ok(())
}

async fn graphs(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Graphs");
    let best = User::POSTS.with(Post::COMMENTS).order_by(Post::LIKES.desc()).limit(3);
    let users = User::find_all().order_by(User::NAME.asc()).with(best).with(User::POSTS.count()).with(User::PROFILE);
    let users = users.all(db).await?;
    table.row("users with their three most liked posts, the comments of these, the number of posts, and profiles:");
    for user in &users {
        let posts = user.related(User::POSTS);
        let comments: usize = posts.iter().map(|post| post.related(Post::COMMENTS).len()).sum();
        let bio = user.related(User::PROFILE).map_or("none", |profile| &profile.bio);
        let (name, count) = (&user.name, user.count(User::POSTS));
        table.detail(format!("{name}: {} of {count} posts, {comments} comments; profile: {bio}", posts.len()));
    }
    let liked = User::POSTS.filter(Post::LIKES.gt(2_000)).any();
    let quiet = User::POSTS.filter(Post::COMMENTS.any()).none();
    let found = User::find(liked & quiet).all(db).await?;
    table.row(format!("users with a popular post and no post with comments: {}", names(&found, |it| &it.name)));
    let posts = Post::find(Post::LIKES.lt(3)).all(db).await?;
    let authors = Post::AUTHOR.load(db, &posts).await?;
    table.row(format!("posts already loaded: {}; authors loaded for them: {}", posts.len(), authors.len()));
    Ok(())
}

async fn changes(db: &Database, table: &mut CostTable<'_>, ada: &User) -> earnorm::Result<()> {
    table.section("Changes");
    let mut post = ada.posts().filter(Post::TITLE.eq("Poems")).one(db).await?;
    post.update(db, (Post::TITLE.set("Verses"), Post::LIKES.inc(1))).await?;
    table.row(format!("changed by an atomic update: {}, {} likes", post.title, post.likes));
    post.title = "Sonnets".into();
    post.save(db).await?;
    table.row(format!("saved as a whole: {}", post.title));
    let hidden = Comment::find(Comment::LIKES.lt(3)).update(db, Comment::STATUS.set(Status::Hidden)).await?;
    table.row(format!("comments with few likes that are hidden now: {hidden}"));
    let deleted = Comment::find(Comment::STATUS.eq(Status::Hidden)).delete(db).await?;
    table.row(format!("hidden comments that are deleted: {deleted}"));
    let liked = ada.posts().update_all(db, Post::LIKES.inc(1)).await?;
    table.row(format!("posts of Ada with one more like: {liked}"));
    let engines = ada.posts().filter(Post::TITLE.eq("Engines")).one(db).await?;
    let deleted = engines.active_comments().delete_all(db).await?;
    table.row(format!("deleted active comments on Engines: {deleted}"));
    Ok(())
}

async fn transactions(db: &Database, table: &mut CostTable<'_>, ada: &User, grace: &User) -> earnorm::Result<()> {
    table.section("Transactions (with the commit or the abort)");
    let count = earnorm::transaction(db, async |tx| {
        ada.posts().create(tx, Post::new("Letters", 0, ada)).await?;
        ada.posts().count(tx).await
    })
    .await?;
    table.row(format!("committed: Ada has {count} posts"));
    let aborted: earnorm::Result<()> = earnorm::transaction(db, async |tx| {
        for post in ada.posts().all(tx).await? {
            grace.posts().add(tx, post).await?;
        }
        Err(earnorm::Error::other("changed my mind"))
    })
    .await;
    table.row(format!("aborted: {}", error_message(&aborted)));
    let count = ada.posts().count(db).await?;
    table.row(format!("Ada still has {count} posts"));
    Ok(())
}

async fn groups(db: &Database, table: &mut CostTable<'_>, ada: &User) -> earnorm::Result<()> {
    table.section("Many to many");
    let [analysts, poets] = ["Analysts", "Poets"].map(Group::new);
    Group::insert_many(db, &[analysts.clone(), poets.clone()]).await?;
    table.row("two groups are inserted");
    let first = ada.groups().add(db, &poets).await?;
    let again = ada.groups().add(db, &poets).await?;
    table.row(format!("Ada is added to the Poets twice: {first}, then {again}"));
    let founder = UserGroup { group_id: analysts.id, role: "founder".into(), ..UserGroup::default() };
    ada.groups().add_link(db, founder).await?;
    table.row("Ada is added to the Analysts, with a role");
    let groups = ada.groups().order_by(Group::NAME.asc()).all(db).await?;
    table.row(format!("Ada's groups: {}", names(&groups, |group| &group.name)));
    for linked in ada.groups().filter(Group::NAME.eq("Analysts")).links(db).await? {
        table.row(format!("Ada is {} of the {}", linked.link.role, linked.name));
    }
    ada.groups().remove(db, &poets).await?;
    let left = ada.groups().count(db).await?;
    table.row(format!("Ada is removed from the Poets; her remaining groups: {left}"));
    Ok(())
}

async fn deletes(db: &Database, table: &mut CostTable<'_>, ada: &User) -> earnorm::Result<()> {
    table.section("Deletes");
    let plan = ada.plan_delete(db).await?;
    table.row(format!("the plan for deleting Ada: {plan}"));
    let report = plan.execute(db).await?;
    table.row(format!("the plan is checked and executed in one transaction: {report}"));
    table.row(format!("the same plan, executed again: {}", error_message(&plan.execute(db).await)));
    Ok(())
}

async fn integrity(db: &Database, table: &mut CostTable<'_>, grace: &User) -> earnorm::Result<()> {
    table.section("Integrity");
    let mut lost = Post::new("Lost", 0, &User::new("Nobody", None));
    table.row(format!("a checked insert: {}", error_message(&lost.clone().insert_checked(db).await)));
    lost.author_id = grace.id;
    lost.insert_checked(db).await?;
    table.row("a checked insert with an existing author");
    User::collection(db).delete_one(doc! { "_id": grace.id }).await?;
    table.row("Grace is deleted without EarnORM");
    let report = earnorm::integrity::scan(db).await?;
    table.row(format!("a scan of all keys: {} refer to a missing document", report.len()));
    let repaired = report.repair(db, Repair::Delete).await?;
    table.row(format!("repaired: {repaired}"));
    Ok(())
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &String) -> String {
    items.iter().map(|item| name(item).as_str()).collect::<Vec<_>>().join(", ")
}

/// The message of an expected error.
fn error_message<T>(outcome: &earnorm::Result<T>) -> String {
    outcome.as_ref().err().map_or_else(|| "done".to_owned(), ToString::to_string)
}
