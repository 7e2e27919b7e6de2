//! A blog: what can be done with the documents and relations of its [`models`].
//!
//! `cargo xtask demo` runs it against a local server; so does `cargo run -p earnorm-examples --example blog`. Beside each
//! line stands what it took: commands sent, and documents that came back.

mod models;

use std::error::Error;

use earnorm::prelude::*;
use earnorm_examples::Account;
use earnorm_testkit::TestDb;
use mongodb::Database;

use models::{Comment, Group, Post, Profile, Status, User, UserGroup};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let test = TestDb::new().await?;
    let db = test.db();
    let mut account = Account::open(test.log());

    let made = User::ensure_indexes(db).await?.made.len() + Post::ensure_indexes(db).await?.made.len();
    account.line(format!("{made} indexes are made, which the relations call for"));
    let (ada, grace) = people(db, &mut account).await?;
    posts(db, &mut account, &ada, &grace).await?;
    comments(db, &mut account, &ada).await?;
    pages(db, &mut account, &grace).await?;
    graphs(db, &mut account).await?;
    changes(db, &mut account, &ada).await?;
    transactions(db, &mut account, &ada, &grace).await?;
    groups(db, &mut account, &ada).await?;
    deletes(db, &mut account, &ada).await?;
    integrity(db, &mut account, &grace).await?;

    account.close();
    Ok(())
}

async fn people(db: &Database, account: &mut Account<'_>) -> earnorm::Result<(User, User)> {
    account.title("Documents");
    let ada = User::new("Ada", Some(36)).insert(db).await?;
    account.line(format!("{} is inserted", ada.name));
    let grace = User::new("Grace", Some(47));
    User::insert_many(db, &[grace.clone(), User::new("Kurt", None)]).await?;
    account.line("Grace and Kurt are inserted together");
    let adults = User::find(User::AGE.gte(18)).order_by(User::NAME.desc()).all(db).await?;
    account.line(format!("of age, from Z to A: {}", names(&adults, |user| &user.name)));
    let nobody = User::find(doc! { "name": "Alan" }).one(db).await;
    account.line(format!("asked for the one Alan: {}", told(&nobody)));

    account.title("One to one");
    ada.profile().create(db, Profile::new("wrote the first program")).await?;
    account.line("Ada gets a profile; its key is set, and its id made");
    let profile = ada.profile().get(db).await?;
    account.line(format!("Ada's profile: {}", profile.map_or_else(String::new, |it| it.bio)));
    let exists = grace.profile().exists(db).await?;
    account.line(format!("does Grace have one? {exists}"));
    Ok((ada, grace))
}

async fn posts(db: &Database, account: &mut Account<'_>, ada: &User, grace: &User) -> earnorm::Result<()> {
    account.title("One to many, many to one");
    for (title, likes) in [("Notes", 42), ("Engines", 7), ("Poems", 19)] {
        // the key is set by `create`, whatever it is here
        ada.posts().create(db, Post::new(title, likes, grace)).await?;
    }
    account.line("three posts are created as Ada's");
    let all = ada.posts().all(db).await?;
    account.line(format!("Ada's posts: {}", names(&all, |post| &post.title)));
    let query = ada.posts().filter(Post::LIKES.gt(10)).order_by(Post::LIKES.desc()).limit(2);
    account.note("what will be sent next:");
    account.note(query.to_query()?);
    let best = query.all(db).await?;
    account.line(format!("the best of them: {}", names(&best, |post| &post.title)));
    let count = ada.posts().count(db).await?;
    let exists = grace.posts().exists(db).await?;
    account.line(format!("Ada has {count}; has Grace any? {exists} (the document is the count)"));
    let author = all[0].author().require(db).await?;
    account.line(format!("{} was written by {}", all[0].title, author.name));
    let lost = Post::new("Lost", 0, &User::new("Nobody", None)).author().require(db).await;
    account.line(format!("an author that isn't there: {}", told(&lost)));
    Ok(())
}

async fn comments(db: &Database, account: &mut Account<'_>, ada: &User) -> earnorm::Result<()> {
    account.title("Relations with a filter, an order, a limit");
    let Some(post) = ada.posts().order_by(Post::TITLE.asc()).first(db).await? else {
        return Ok(());
    };
    account.line(format!("Ada's first post by title: {}", post.title));
    let comments: Vec<_> = (0..30).map(|n| Comment::numbered(n, &post)).collect();
    Comment::insert_many(db, &comments).await?;
    account.line("30 comments are inserted on it");
    let top = post.top_comments().all(db).await?;
    account.line(format!("top comments: {}, the best with {} likes", top.len(), top[0].likes));
    let active = post.active_comments().count(db).await?;
    account.line(format!("active comments: {active}"));
    let hidden = post.active_comments().filter(doc! { "status": "hidden" }).count(db).await?;
    account.line(format!("active ones that are hidden: {hidden} (a filter never replaces the relation's)"));
    let recent = post.recent_comments().first(db).await?;
    account.line(format!("the most recent: {}", recent.map_or_else(String::new, |it| it.text)));
    Ok(())
}

async fn pages(db: &Database, account: &mut Account<'_>, grace: &User) -> earnorm::Result<()> {
    account.title("Pages and streams");
    let posts: Vec<_> = (1..=2_500).map(|n| Post::new(&format!("Bug {n}"), n, grace)).collect();
    Post::insert_many(db, &posts).await?;
    account.line("Grace has 2,500 posts");
    let page = grace.posts().order_by(Post::LIKES.asc()).page(db, 3, 20).await?;
    let (number, pages) = (page.number, page.pages());
    account.line(format!("page {number} of {pages} begins with {}", page.items[0].title));
    let next = grace.posts().order_by(Post::LIKES.asc()).after(&page.items[19]).limit(20).all(db).await?;
    account.line(format!("behind its last comes {} (by key, however far in)", next[0].title));
    let mut likes = 0;
    let mut rows = grace.posts().stream(db);
    while let Some(post) = rows.next().await {
        likes += post?.likes;
    }
    account.line(format!("a stream of all of them: {likes} likes"));
    Ok(())
}

async fn graphs(db: &Database, account: &mut Account<'_>) -> earnorm::Result<()> {
    account.title("Graphs");
    let best = User::POSTS.with(Post::COMMENTS).order_by(Post::LIKES.desc()).limit(3);
    let users = User::find_all().order_by(User::NAME.asc()).with(best).with(User::POSTS.count()).with(User::PROFILE);
    let users = users.all(db).await?;
    account.line("users, the best three posts of each with their comments, how many posts, and profiles:");
    for user in &users {
        let posts = user.related(User::POSTS);
        let comments: usize = posts.iter().map(|post| post.related(Post::COMMENTS).len()).sum();
        let bio = user.related(User::PROFILE).map_or("none", |profile| &profile.bio);
        let (name, count) = (&user.name, user.count(User::POSTS));
        account.note(format!("{name}: {} of {count} posts, {comments} comments; profile: {bio}", posts.len()));
    }
    let liked = User::POSTS.filter(Post::LIKES.gt(2_000)).any();
    let quiet = User::POSTS.filter(Post::COMMENTS.any()).none();
    let found = User::find(liked & quiet).all(db).await?;
    account.line(format!("with a post that is liked, and none that is commented: {}", names(&found, |it| &it.name)));
    let posts = Post::find(Post::LIKES.lt(3)).all(db).await?;
    let authors = Post::AUTHOR.load(db, &posts).await?;
    account.line(format!("posts at hand: {}, and an author for each: {}", posts.len(), authors.len()));
    Ok(())
}

async fn changes(db: &Database, account: &mut Account<'_>, ada: &User) -> earnorm::Result<()> {
    account.title("Changes");
    let mut post = ada.posts().filter(Post::TITLE.eq("Poems")).one(db).await?;
    post.update(db, (Post::TITLE.set("Verses"), Post::LIKES.inc(1))).await?;
    account.line(format!("read, then changed in one atomic step: {}, {} likes", post.title, post.likes));
    post.title = "Sonnets".into();
    post.save(db).await?;
    account.line(format!("saved as it is now: {}", post.title));
    let hidden = Comment::find(Comment::LIKES.lt(3)).update(db, Comment::STATUS.set(Status::Hidden)).await?;
    account.line(format!("comments with few likes are hidden: {hidden}"));
    let deleted = Comment::find(Comment::STATUS.eq(Status::Hidden)).delete(db).await?;
    account.line(format!("and deleted: {deleted}"));
    let liked = ada.posts().update_all(db, Post::LIKES.inc(1)).await?;
    account.line(format!("each of Ada's posts is liked once more: {liked}"));
    let engines = ada.posts().filter(Post::TITLE.eq("Engines")).one(db).await?;
    let gone = engines.active_comments().delete_all(db).await?;
    account.line(format!("the active comments on Engines go: {gone}"));
    Ok(())
}

async fn transactions(db: &Database, account: &mut Account<'_>, ada: &User, grace: &User) -> earnorm::Result<()> {
    account.title("Transactions (with the commit or the abort)");
    let count = earnorm::transaction(db, async |tx| {
        ada.posts().create(tx, Post::new("Letters", 0, ada)).await?;
        ada.posts().count(tx).await
    })
    .await?;
    account.line(format!("committed: Ada has {count} posts"));
    let aborted: earnorm::Result<()> = earnorm::transaction(db, async |tx| {
        for post in ada.posts().all(tx).await? {
            grace.posts().add(tx, post).await?;
        }
        Err(earnorm::Error::other("changed my mind"))
    })
    .await;
    account.line(format!("aborted: {}", told(&aborted)));
    let count = ada.posts().count(db).await?;
    account.line(format!("so Ada still has {count}"));
    Ok(())
}

async fn groups(db: &Database, account: &mut Account<'_>, ada: &User) -> earnorm::Result<()> {
    account.title("Many to many");
    let [analysts, poets] = ["Analysts", "Poets"].map(Group::new);
    Group::insert_many(db, &[analysts.clone(), poets.clone()]).await?;
    account.line("two groups are inserted");
    let first = ada.groups().add(db, &poets).await?;
    let again = ada.groups().add(db, &poets).await?;
    account.line(format!("Ada joins the Poets, twice: {first}, then {again}"));
    let founder = UserGroup { group_id: analysts.id, role: "founder".into(), ..UserGroup::default() };
    ada.groups().add_link(db, founder).await?;
    account.line("and the Analysts, with a role");
    let groups = ada.groups().order_by(Group::NAME.asc()).all(db).await?;
    account.line(format!("Ada's groups: {}", names(&groups, |group| &group.name)));
    for linked in ada.groups().filter(Group::NAME.eq("Analysts")).links(db).await? {
        account.line(format!("Ada is {} of the {}", linked.link.role, linked.name));
    }
    ada.groups().remove(db, &poets).await?;
    let left = ada.groups().count(db).await?;
    account.line(format!("she leaves the Poets; groups left: {left}"));
    Ok(())
}

async fn deletes(db: &Database, account: &mut Account<'_>, ada: &User) -> earnorm::Result<()> {
    account.title("Deleting is a plan");
    let plan = ada.plan_delete(db).await?;
    account.line(format!("what a delete of Ada would do: {plan}"));
    let report = plan.execute(db).await?;
    account.line(format!("found again, compared and done, in one transaction: {report}"));
    account.line(format!("the same plan again: {}", told(&plan.execute(db).await)));
    Ok(())
}

async fn integrity(db: &Database, account: &mut Account<'_>, grace: &User) -> earnorm::Result<()> {
    account.title("Integrity");
    let mut lost = Post::new("Lost", 0, &User::new("Nobody", None));
    account.line(format!("a checked insert: {}", told(&lost.clone().insert_checked(db).await)));
    lost.author_id = grace.id;
    lost.insert_checked(db).await?;
    account.line("and one whose author is there");
    User::collection(db).delete_one(doc! { "_id": grace.id }).await?;
    account.line("Grace is deleted behind EarnORM's back");
    let report = earnorm::integrity::scan(db).await?;
    account.line(format!("a scan of every key: {} point nowhere", report.len()));
    let repaired = report.repair(db, Repair::Delete).await?;
    account.line(format!("repaired: {repaired}"));
    Ok(())
}

fn names<T>(items: &[T], name: impl Fn(&T) -> &String) -> String {
    items.iter().map(|item| name(item).as_str()).collect::<Vec<_>>().join(", ")
}

/// The words of an error that was to come.
fn told<T>(outcome: &earnorm::Result<T>) -> String {
    outcome.as_ref().err().map_or_else(|| "done".to_owned(), ToString::to_string)
}
