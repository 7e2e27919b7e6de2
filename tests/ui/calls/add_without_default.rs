use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Group, through = Membership)]
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
struct Membership {
    #[serde(rename = "_id")]
    id: ObjectId,
    user_id: ObjectId,
    group_id: ObjectId,
}

async fn run(db: &earnorm::mongodb::Database, user: User, group: Group) -> earnorm::Result<()> {
    user.groups().add(db, &group).await?;
    Ok(())
}

fn main() {}
