use mongodb::bson::{Document, doc};

use super::{Command, Outcome, Reply, shortened};

fn command(body: Document, reply: &Document) -> String {
    let name = body.keys().next().cloned().unwrap_or_default();
    let collection = body.get_str(&name).ok().map(str::to_owned);
    let outcome = Outcome::Replied(Reply::read(reply));
    Command { name, database: "db".to_owned(), collection, body, outcome }.to_string()
}

#[test]
fn a_command_is_one_line() {
    let find = doc! { "find": "posts", "filter": { "draft": true }, "lsid": { "id": 1 }, "$db": "db" };
    assert_eq!(
        command(find, &doc! { "cursor": { "firstBatch": [{}, {}] } }),
        r#"find posts { "filter": { "draft": true } } -> 2 documents"#
    );
    assert_eq!(command(doc! { "drop": "posts", "$db": "db" }, &doc! { "ok": 1 }), "drop posts -> ok");
    assert_eq!(
        command(doc! { "insert": "posts" }, &doc! { "n": 3, "writeErrors": [{}] }),
        "insert posts -> n: 3, 1 write error"
    );
    assert_eq!(command(doc! { "commitTransaction": 1 }, &doc! { "ok": 1 }), "commitTransaction -> ok");
    assert_eq!(
        command(doc! { "findAndModify": "posts" }, &doc! { "value": null }),
        "findAndModify posts -> 0 documents"
    );
}

#[test]
fn a_reply_has_its_size_as_bson() {
    assert_eq!(Reply::read(&doc! {}).bytes, 5);
    assert_eq!(Reply::read(&doc! { "a": 1 }).bytes, 12);
}

#[test]
fn long_commands_are_cut_between_characters() {
    let cut = shortened(&"\u{e9}".repeat(500));
    assert!(cut.ends_with(" .. (200 more bytes)"), "{cut}");
    assert_eq!(shortened("short"), "short");
}
