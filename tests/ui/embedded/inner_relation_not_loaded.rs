use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product)]
    product_id: ObjectId,
    #[relation(many_to_one, target = Product)]
    spare_id: Option<ObjectId>,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, Model)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[relation(many_to_one, target = Maker)]
    maker_id: Option<ObjectId>,
}

#[derive(Serialize, Deserialize, Model)]
struct Maker {
    #[serde(rename = "_id")]
    id: ObjectId,
}

async fn run(db: &earnorm::mongodb::Database) -> earnorm::Result<()> {
    let orders = Order::find_all().with(Order::LINES.with(Line::PRODUCT)).all(db).await?;
    let _ = orders[0].related(Order::LINES).get(0).map(|line| line.related(Line::PRODUCT).map(|p| p.related(Product::MAKER)));
    Ok(())
}

fn main() {}
