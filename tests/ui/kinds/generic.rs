use earnorm::prelude::*;

#[derive(Model)]
enum Vehicle<T> {
    Car(T),
}

fn main() {}
