use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line<T> {
    value: T,
}

fn main() {}
