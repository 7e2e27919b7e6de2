//! Collections with their own collation: all ways to read a relation return the same documents.

use earnorm::mongodb::Database;
use earnorm::mongodb::bson::Bson;
use earnorm::mongodb::options::CollationStrength;
use earnorm::prelude::*;
use earnorm_testkit::assert_commands;
use earnorm_tests::{AnyValue, STRATEGIES, case_insensitive, database, english, insert_documents};

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Ticket", fk = "agent_id", cascade_delete)]
#[relation(one_to_one, target = "Locker", fk = "agent_id")]
#[relation(many_to_many, target = "Skill", through = "Grade")]
#[relation(many_to_many, name = "fans", target = "Skill", target_ids = "agent_ids")]
struct Agent {
    #[serde(rename = "_id")]
    id: AnyValue,
    #[relation(many_to_many, name = "known", target = "Skill")]
    skill_ids: Vec<AnyValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Ticket {
    #[serde(rename = "_id")]
    id: i32,
    #[relation(many_to_one, target = "Agent")]
    agent_id: Option<AnyValue>,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Locker {
    #[serde(rename = "_id")]
    id: i32,
    agent_id: AnyValue,
}

#[derive(Debug, Clone, Serialize, Deserialize, Model)]
struct Skill {
    #[serde(rename = "_id")]
    id: AnyValue,
    agent_ids: Vec<AnyValue>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, Model)]
struct Grade {
    #[serde(rename = "_id")]
    id: Option<i32>,
    agent_id: Option<AnyValue>,
    skill_id: Option<AnyValue>,
}

async fn collections(db: &Database) {
    for name in ["agents", "tickets", "lockers", "skills", "grades"] {
        db.create_collection(name).collation(case_insensitive()).await.unwrap();
    }
}

/// The text, or `{ n: text }`.
fn key(text: &str, nested: bool) -> Bson {
    if nested { doc! { "n": text }.into() } else { text.into() }
}

/// Three agents and two skills. Most keys differ from the id in case.
async fn store(db: &Database, nested: bool) {
    let key = |text| key(text, nested);
    collections(db).await;
    insert_documents(
        db,
        "agents",
        [
            doc! { "_id": key("Ann"), "skill_ids": [key("SAW"), key("nail"), key("none"), key("Saw")] },
            doc! { "_id": key("Bob"), "skill_ids": [key("saw")] },
            doc! { "_id": key("Cid"), "skill_ids": [] },
        ],
    )
    .await;
    insert_documents(
        db,
        "skills",
        [
            doc! { "_id": key("Saw"), "agent_ids": [key("ANN"), key("bob")] },
            doc! { "_id": key("Nail"), "agent_ids": [key("Ann"), key("ANN"), key("none")] },
        ],
    )
    .await;
    insert_documents(
        db,
        "tickets",
        [
            doc! { "_id": 1, "agent_id": key("ANN") },
            doc! { "_id": 2, "agent_id": key("ann") },
            doc! { "_id": 3, "agent_id": key("Ann") },
            doc! { "_id": 4, "agent_id": key("BOB") },
            doc! { "_id": 5, "agent_id": key("none") },
            doc! { "_id": 6, "agent_id": Bson::Null },
        ],
    )
    .await;
    insert_documents(
        db,
        "lockers",
        [doc! { "_id": 1, "agent_id": key("bOB") }, doc! { "_id": 2, "agent_id": key("ANN") }],
    )
    .await;
    insert_documents(
        db,
        "grades",
        [
            doc! { "_id": 1, "agent_id": key("ANN"), "skill_id": key("SAW") },
            doc! { "_id": 2, "agent_id": key("Ann"), "skill_id": key("saw") },
            doc! { "_id": 3, "agent_id": key("ann"), "skill_id": key("NAIL") },
            doc! { "_id": 4, "agent_id": key("bob"), "skill_id": key("Nail") },
            doc! { "_id": 5, "agent_id": key("bob"), "skill_id": key("none") },
        ],
    )
    .await;
}

fn name(id: &AnyValue) -> String {
    match &id.0 {
        Bson::Document(document) => document.get_str("n").unwrap().to_owned(),
        id => id.as_str().unwrap().to_owned(),
    }
}

fn names(skills: &[Skill]) -> Vec<String> {
    skills.iter().map(|skill| name(&skill.id)).collect()
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

fn numbers(tickets: &[Ticket]) -> Vec<i32> {
    tickets.iter().map(|ticket| ticket.id).collect()
}

const TICKETS: [&[i32]; 3] = [&[1, 2, 3], &[4], &[]];
const LOCKERS: [Option<i32>; 3] = [Some(2), Some(1), None];
const KNOWN: [&[&str]; 3] = [&["Saw", "Nail"], &["Saw"], &[]];
const FANS: [&[&str]; 3] = [&["Nail", "Saw"], &["Saw"], &[]];
const SKILLS: [&[&str]; 3] = [&["Nail", "Saw"], &["Nail"], &[]];

#[tokio::test]
async fn handles_and_includes_find_the_same_documents() {
    for nested in [false, true] {
        let test = database().await;
        let db = test.db();
        store(db, nested).await;
        let agents = Agent::find_all().order_by(Agent::ID.asc()).all(db).await.unwrap();
        for (at, agent) in agents.iter().enumerate() {
            assert_eq!(numbers(&agent.tickets().order_by(Ticket::ID.asc()).all(db).await.unwrap()), TICKETS[at]);
            assert_eq!(agent.locker().get(db).await.unwrap().map(|locker| locker.id), LOCKERS[at]);
            assert_eq!(names(&agent.known().all(db).await.unwrap()), KNOWN[at]);
            assert_eq!(sorted(names(&agent.fans().all(db).await.unwrap())), FANS[at]);
            assert_eq!(sorted(names(&agent.skills().all(db).await.unwrap())), SKILLS[at]);
        }
        for strategy in STRATEGIES {
            let rows = Agent::find_all().order_by(Agent::ID.asc()).strategy(strategy);
            let rows = rows.with(Agent::TICKETS.order_by(Ticket::ID.asc())).with(Agent::LOCKER);
            let rows = rows.with(Agent::KNOWN).with(Agent::FANS).with(Agent::SKILLS.links()).all(db).await.unwrap();
            for (at, row) in rows.iter().enumerate() {
                assert_eq!(numbers(row.related(Agent::TICKETS)), TICKETS[at], "{strategy:?}");
                assert_eq!(row.related(Agent::LOCKER).map(|locker| locker.id), LOCKERS[at], "{strategy:?}");
                assert_eq!(names(row.related(Agent::KNOWN)), KNOWN[at], "{strategy:?}");
                assert_eq!(sorted(names(row.related(Agent::FANS))), FANS[at], "{strategy:?}");
                let links = row.related(Agent::SKILLS).iter().map(|linked| name(&linked.target.id)).collect();
                assert_eq!(sorted(links), SKILLS[at], "{strategy:?}");
            }
            let rows = Agent::find_all().order_by(Agent::ID.asc()).strategy(strategy);
            let rows = rows.with(Agent::TICKETS.order_by(Ticket::ID.asc()).limit(2)).with(Agent::KNOWN.limit(1));
            let rows = rows.with(Agent::FANS.order_by(Skill::ID.asc()).limit(1));
            let rows = rows.with(Agent::SKILLS.order_by(Skill::ID.asc()).limit(1)).all(db).await.unwrap();
            for (at, row) in rows.iter().enumerate() {
                let first = |names: &[&'static str]| names.iter().copied().take(1).collect::<Vec<_>>();
                assert_eq!(
                    numbers(row.related(Agent::TICKETS)),
                    &TICKETS[at][..TICKETS[at].len().min(2)],
                    "{strategy:?}"
                );
                assert_eq!(names(row.related(Agent::KNOWN)), first(KNOWN[at]), "{strategy:?}");
                assert_eq!(names(row.related(Agent::FANS)), first(FANS[at]), "{strategy:?}");
                assert_eq!(names(row.related(Agent::SKILLS)), first(SKILLS[at]), "{strategy:?}");
            }
            let rows = Agent::find_all().order_by(Agent::ID.asc()).strategy(strategy).with(Agent::TICKETS.count());
            let rows = rows.with(Agent::KNOWN.count()).with(Agent::FANS.count()).with(Agent::SKILLS.count());
            for (at, row) in rows.all(db).await.unwrap().iter().enumerate() {
                assert_eq!(row.count(Agent::TICKETS), TICKETS[at].len() as u64, "{strategy:?}");
                assert_eq!(row.count(Agent::KNOWN), KNOWN[at].len() as u64, "{strategy:?}");
                assert_eq!(row.count(Agent::FANS), FANS[at].len() as u64, "{strategy:?}");
                assert_eq!(row.count(Agent::SKILLS), SKILLS[at].len() as u64, "{strategy:?}");
            }
            let tickets = Ticket::find_all().order_by(Ticket::ID.asc()).strategy(strategy).with(Ticket::AGENT);
            let agents: Vec<_> = tickets.all(db).await.unwrap();
            let agents: Vec<_> =
                agents.iter().map(|row| row.related(Ticket::AGENT).map(|agent| name(&agent.id))).collect();
            let expected = ["Ann", "Ann", "Ann", "Bob", "", ""].map(|name| (!name.is_empty()).then(|| name.to_owned()));
            assert_eq!(agents, expected, "{strategy:?}");
        }
        let loaded = Agent::TICKETS.order_by(Ticket::ID.asc()).load(db, &agents).await.unwrap();
        assert_eq!(loaded.iter().map(|tickets| numbers(tickets)).collect::<Vec<_>>(), TICKETS);
        let loaded = Agent::TICKETS.batch_load(db, &agents).await.unwrap();
        assert!(agents.iter().zip(TICKETS).all(|(agent, tickets)| loaded[&agent.id].len() == tickets.len()));
        let counted = Agent::SKILLS.count_by(db, &agents).await.unwrap();
        assert!(agents.iter().zip(SKILLS).all(|(agent, skills)| counted[&agent.id] == skills.len() as u64));
    }
}

#[tokio::test]
async fn conditions_find_the_same_documents() {
    for nested in [false, true] {
        let test = database().await;
        let db = test.db();
        store(db, nested).await;
        for (condition, expected) in [
            (Agent::TICKETS.any(), 2),
            (Agent::KNOWN.any(), 2),
            (Agent::FANS.any(), 2),
            (Agent::SKILLS.any(), 2),
            (Agent::LOCKER.none(), 1),
        ] {
            assert_eq!(Agent::find(condition).count(db).await.unwrap(), expected);
        }
        assert_eq!(Ticket::find(Ticket::AGENT.any()).count(db).await.unwrap(), 4);
    }
}

#[tokio::test]
async fn scans_and_deletes_use_the_collation_of_the_collection() {
    for nested in [false, true] {
        let test = database().await;
        let db = test.db();
        store(db, nested).await;
        let broken = earnorm::integrity::scan(db).await.unwrap();
        // each once: a ticket, an element in each array, and one key of a link
        assert_eq!(broken.len(), 4, "{broken}");
        let ann = Agent::get(db, AnyValue(key("Ann", nested))).await.unwrap().unwrap();
        let report = ann.delete(db).await.unwrap();
        assert_eq!(report.deleted(), 4, "{report:?}");
        let skills = Skill::find_all().order_by(Skill::ID.asc()).all(db).await.unwrap();
        let left: Vec<_> = skills.iter().map(|skill| skill.agent_ids.iter().map(name).collect::<Vec<_>>()).collect();
        assert_eq!(left, [vec!["none"], vec!["bob"]]);
        assert_eq!(Grade::find_all().count(db).await.unwrap(), 2);
    }
}

#[tokio::test]
async fn an_extra_command_finds_equal_keys() {
    let test = database().await;
    let db = test.db();
    store(db, false).await;
    let agents = Agent::find_all().all(db).await.unwrap();
    // tickets, which keys are equal, and the missing tickets
    assert_commands!(test, 3, Agent::TICKETS.load(db, &agents).await.unwrap());
    let tickets = Ticket::find(Ticket::ID.eq(3)).all(db).await.unwrap();
    assert_commands!(test, 1, Ticket::AGENT.load(db, &tickets).await.unwrap());
    // the missing key has no equal key in the results, so nothing is asked
    let dangling = Ticket::find(Ticket::ID.is_in([3, 5])).all(db).await.unwrap();
    assert_commands!(test, 1, Ticket::AGENT.load(db, &dangling).await.unwrap());
}

#[tokio::test]
async fn no_extra_command_without_a_collation() {
    let test = database().await;
    let db = test.db();
    insert_documents(
        db,
        "agents",
        [doc! { "_id": "Ann", "skill_ids": ["Saw"] }, doc! { "_id": "Bob", "skill_ids": ["saw", "x"] }],
    )
    .await;
    insert_documents(db, "tickets", [doc! { "_id": 1, "agent_id": "Ann" }, doc! { "_id": 2, "agent_id": "ANN" }]).await;
    let agents = Agent::find_all().all(db).await.unwrap();
    let tickets = assert_commands!(test, 1, Agent::TICKETS.load(db, &agents).await.unwrap());
    assert_eq!(tickets.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0]);
    assert_commands!(test, 1, Agent::KNOWN.load(db, &agents).await.unwrap());
}

#[tokio::test]
async fn a_document_can_belong_to_two_parents_with_equal_ids() {
    let test = database().await;
    let db = test.db();
    for name in ["tickets", "grades", "skills"] {
        db.create_collection(name).collation(english(CollationStrength::Primary)).await.unwrap();
    }
    insert_documents(db, "agents", ["Ann", "ANN", "Ánn"].map(|id| doc! { "_id": id, "skill_ids": ["saw", "SAW"] }))
        .await;
    insert_documents(db, "tickets", [doc! { "_id": 1, "agent_id": "Ann" }, doc! { "_id": 2, "agent_id": "ANN" }]).await;
    insert_documents(db, "skills", [doc! { "_id": "Saw", "agent_ids": ["ann"] }]).await;
    insert_documents(db, "grades", [doc! { "_id": 1, "agent_id": "Ann", "skill_id": "saw" }]).await;
    let agents = Agent::find_all().all(db).await.unwrap();
    for agent in &agents {
        assert_eq!(agent.tickets().count(db).await.unwrap(), 2);
        assert_eq!(names(&agent.known().all(db).await.unwrap()), ["Saw"]);
        assert_eq!(names(&agent.fans().all(db).await.unwrap()), ["Saw"]);
        assert_eq!(names(&agent.skills().all(db).await.unwrap()), ["Saw"]);
    }
    let rows = Agent::find_all().with(Agent::TICKETS).with(Agent::KNOWN.limit(5)).with(Agent::FANS);
    for row in rows.with(Agent::SKILLS).all(db).await.unwrap() {
        assert_eq!(row.related(Agent::TICKETS).len(), 2);
        assert_eq!(names(row.related(Agent::KNOWN)), ["Saw"]);
        assert_eq!(names(row.related(Agent::FANS)), ["Saw"]);
        assert_eq!(names(row.related(Agent::SKILLS)), ["Saw"]);
    }
    let rows = Agent::find_all().with(Agent::TICKETS.limit(1)).with(Agent::KNOWN).with(Agent::FANS.limit(1));
    for row in rows.with(Agent::SKILLS.limit(1)).all(db).await.unwrap() {
        assert_eq!(row.related(Agent::TICKETS).len(), 1);
        assert_eq!(names(row.related(Agent::KNOWN)), ["Saw"]);
        assert_eq!(names(row.related(Agent::FANS)), ["Saw"]);
        assert_eq!(names(row.related(Agent::SKILLS)), ["Saw"]);
    }
    assert!(Agent::TICKETS.count_by(db, &agents).await.unwrap().values().all(|n| *n == 2));
    assert!(Agent::KNOWN.count_by(db, &agents).await.unwrap().values().all(|n| *n == 1));
    assert!(Agent::FANS.count_by(db, &agents).await.unwrap().values().all(|n| *n == 1));
    assert!(Agent::SKILLS.count_by(db, &agents).await.unwrap().values().all(|n| *n == 1));
}
