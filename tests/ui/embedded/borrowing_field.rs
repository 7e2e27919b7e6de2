use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    sku: &'static str,
}

fn main() {}
