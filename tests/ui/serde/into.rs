use earnorm::prelude::*;

#[derive(Clone, Serialize, Deserialize, Model)]
#[serde(into = "Stored", from = "Stored")]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    _id: ObjectId,
}

impl From<User> for Stored {
    fn from(user: User) -> Self {
        Self { _id: user.id }
    }
}

impl From<Stored> for User {
    fn from(stored: Stored) -> Self {
        Self { id: stored._id }
    }
}

fn main() {}
