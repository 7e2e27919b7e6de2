use earnorm::graph;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Group, through = Member)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Group {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Member {
    #[serde(rename = "_id")]
    id: ObjectId,
    user_id: ObjectId,
    group_id: ObjectId,
}

async fn uses(db: &earnorm::mongodb::Database, user: User, group: Group) -> earnorm::Result<()> {
    graph(user).with(User::GROUPS, [group]).insert(db).await?;
    Ok(())
}

fn main() {}
