use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Model)]
#[model(id = "isbn")]
struct Book {
    isbn: String,
}

fn main() {}
