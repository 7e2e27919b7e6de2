use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
enum Event {
    Login,
}

fn uses() {
    let _ = Event::find_all();
}

fn main() {}
