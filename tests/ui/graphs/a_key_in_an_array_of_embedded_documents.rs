use earnorm::graph;
use earnorm::prelude::*;

#[derive(Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product)]
    product_id: ObjectId,
}

#[derive(Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = lines.product_id)]
struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

async fn uses(db: &earnorm::mongodb::Database, product: Product, order: Order) -> earnorm::Result<()> {
    graph(product).with(Product::ORDERS, [order]).insert(db).await?;
    Ok(())
}

fn main() {}
