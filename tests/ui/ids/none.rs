use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
struct User {
    name: String,
}

fn uses() {
    let _ = User::NAME;
    let _ = User::find_all();
}

fn main() {}
