use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
#[index(city)]
struct Address {
    city: String,
}

fn main() {}
