//! Conditions on related documents with collations, deep nesting and arrays.

use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::blog::{Post, User};
use earnorm_tests::{case_insensitive, database};

#[tokio::test]
async fn a_collation_applies_to_filters_but_not_to_keys() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "Page", fk = "site_id", back_populates = "site")]
    #[relation(many_to_many, name = "linked", target = "Page", target_ids = "site_ids", back_populates = "sites")]
    struct Site {
        #[serde(rename = "_id")]
        id: String,
        name: String,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct Page {
        #[serde(rename = "_id")]
        id: i64,
        title: String,
        #[relation(many_to_one, target = "Site", back_populates = "pages")]
        site_id: Option<String>,
        #[relation(many_to_many, target = "Site", back_populates = "linked")]
        site_ids: Vec<String>,
    }
    let test = database().await;
    let db = test.db();
    let site = |id: &str| Site { id: id.into(), name: id.into() };
    Site::insert_many(db, &["a", "A", "ab"].map(site)).await.unwrap();
    let page = |id, title: &str, site_id: Option<&str>, site_ids: &[&str]| Page {
        id,
        title: title.into(),
        site_id: site_id.map(Into::into),
        site_ids: site_ids.iter().map(|id| (*id).into()).collect(),
    };
    Page::insert_many(db, &[page(1, "Home", Some("a"), &["x", "A"]), page(2, "Rest", None, &["AB"])]).await.unwrap();
    let sites = async |condition: Filter<Site>| -> Vec<String> {
        let query = Site::find(condition).collation(case_insensitive());
        let found = assert_commands!(test, 1, { query.all(db).await.unwrap() });
        found.into_iter().map(|site| site.id).collect()
    };
    assert_eq!(sites(Site::PAGES.any()).await, ["a"]);
    assert_eq!(sites(Site::PAGES.filter(Page::TITLE.eq("HOME")).any()).await, ["a"]);
    assert_eq!(sites(Site::LINKED.any()).await, ["A"]);
    assert_eq!(sites(Site::PAGES.any() & Site::NAME.eq("A")).await, ["a"]);
    assert_eq!(sites(Site::PAGES.filter(Page::SITES.any() & Page::SITE.any()).any()).await, ["a"]);
    let on_pages =
        async |condition: Filter<Page>| Page::find(condition).collation(case_insensitive()).count(db).await.unwrap();
    assert_eq!(on_pages(Page::SITE.filter(Site::NAME.eq("A")).any()).await, 1);
    assert_eq!(on_pages(Page::SITES.any()).await, 1);
    let sent = Site::find(Site::PAGES.any()).collation(case_insensitive()).to_query().unwrap();
    assert!(
        sent.to_string().contains("$indexOfBytes"),
        "keys are compared by bytes even if a server joins by the collation: {sent}"
    );
}

#[tokio::test]
async fn conditions_nested_deeper_than_a_server_joins_are_split() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    #[relation(one_to_many, name = "children", target = "Step", fk = "parent_id", back_populates = "parent")]
    struct Step {
        #[serde(rename = "_id")]
        id: i64,
        #[relation(many_to_one, target = "Step", back_populates = "children")]
        parent_id: Option<i64>,
    }
    let test = database().await;
    let db = test.db();
    let steps: Vec<Step> = (0..30).map(|id| Step { id, parent_id: (id > 0).then_some(id - 1) }).collect();
    Step::insert_many(db, &steps).await.unwrap();
    for (depth, commands) in [(1, 1), (10, 1), (11, 2), (25, 3)] {
        let mut condition = Step::CHILDREN.any();
        for _ in 1..depth {
            condition = Step::CHILDREN.filter(condition).any();
        }
        let query = Step::find(condition).order_by(Step::ID.asc());
        let found = test.log().len();
        let ids: Vec<i64> = query.all(db).await.unwrap().into_iter().map(|step| step.id).collect();
        assert_eq!(ids, (0..30 - depth).collect::<Vec<_>>(), "{depth} levels");
        assert_eq!(test.log().len() - found, commands, "{depth} levels");
    }
}

/// The results of an array relation keep its order.
#[tokio::test]
async fn conditions_on_an_array_relation_keep_its_order() {
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct Subject {
        #[serde(rename = "_id")]
        id: i64,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct Note {
        #[serde(rename = "_id")]
        id: i64,
        #[relation(many_to_one, name = "subject", target = "Subject")]
        about: i64,
    }
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
    struct List {
        #[serde(rename = "_id")]
        id: i64,
        #[relation(many_to_many, target = "Note")]
        note_ids: Vec<i64>,
    }
    let test = database().await;
    let db = test.db();
    Subject { id: 1 }.insert(db).await.unwrap();
    let note = |id, about| Note { id, about };
    Note::insert_many(db, &[note(1, 1), note(2, 9), note(3, 1), note(4, 1)]).await.unwrap();
    let list = List { id: 1, note_ids: vec![4, 2, 1, 3] }.insert(db).await.unwrap();
    let known = || list.notes().filter(Note::SUBJECT.any());
    let ids = |notes: Vec<Note>| notes.into_iter().map(|note| note.id).collect::<Vec<_>>();
    assert_eq!(ids(known().all(db).await.unwrap()), [4, 1, 3]);
    assert_eq!(ids(known().skip(1).limit(1).all(db).await.unwrap()), [1]);
    assert_eq!(known().skip(1).count(db).await.unwrap(), 2);
    assert!(list.notes().filter(Note::SUBJECT.none()).exists(db).await.unwrap());
}

/// Folding a long list takes linear time.
#[test]
fn long_lists_of_conditions_fold_to_flat_lists() {
    let posts = || (0..20_000).map(|n| User::POSTS.filter(Post::LIKES.eq(n)).any());
    let either = User::find(posts().reduce(|a, b| a | b).unwrap()).to_query().unwrap();
    let [found, _] = &either.joins[20_000..] else { panic!("{}", either.joins.len()) };
    assert_eq!(found.get_document("$match").unwrap().get_array("$or").unwrap().len(), 20_000);
    let all = User::find(posts().reduce(|a, b| a & b).unwrap()).to_query().unwrap();
    assert_eq!(all.joins.len(), 40_001, "a join and a condition for each");
    let own = (0..20_000).map(|n| User::AGE.ne(n)).reduce(|a, b| a & b).unwrap();
    let own = User::find(own).to_query().unwrap();
    assert_eq!(own.filter.get_array("$and").unwrap().len(), 19_999);
}
