use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
#[index(city)]
struct Address {
    #[index(unique)]
    city: String,
}

fn main() {}
