use earnorm::prelude::*;

#[derive(Model)]
union Event {
    id: u64,
}

fn main() {}
