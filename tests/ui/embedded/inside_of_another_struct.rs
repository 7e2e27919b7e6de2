use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product)]
    product_id: ObjectId,
    quantity: i32,
}

#[derive(Serialize, Deserialize, Embedded)]
struct Party {
    #[relation(many_to_one, target = Product)]
    gift_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Vec<Line>,
    #[model(embedded)]
    billing: Option<Party>,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

async fn run(db: &earnorm::mongodb::Database) -> earnorm::Result<()> {
    let _ = Order::find_all().with(Order::BILLING.with(Line::PRODUCT)).all(db).await?;
    Ok(())
}

fn main() {}
