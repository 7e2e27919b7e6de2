//! Embedded documents whose names and attributes could conflict with the generated code.

use earnorm::prelude::*;

mod old {
    use super::*;

    #[derive(Serialize, Deserialize, Embedded)]
    pub(crate) struct Line {
        pub(crate) quantity: i32,
    }
}

/// Holds another struct of the same name.
#[derive(Serialize, Deserialize, Embedded)]
pub(crate) struct Line {
    #[relation(many_to_one, target = Product)]
    pub(crate) product_id: ObjectId,
    #[model(embedded)]
    pub(crate) before: Option<old::Line>,
}

#[derive(Serialize, Deserialize, Model)]
#[model(collection = "hygiene_embedded_orders")]
pub(crate) struct Order {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[model(embedded)]
    line: Line,
}

/// Related documents are ordered by an embedded document, and by a path into it.
#[derive(Serialize, Deserialize, Model)]
#[model(collection = "hygiene_embedded_products")]
#[relation(one_to_many, target = Order, fk = line.product_id, order_by = [("line.before.quantity", -1), ("line", 1)])]
pub(crate) struct Product {
    #[serde(rename = "_id")]
    id: ObjectId,
}

#[test]
fn related_documents_are_ordered_by_an_embedded_document() {
    let orders: Vec<_> = Product::metadata().relations.iter().map(|relation| relation.order_by).collect();
    assert_eq!(orders, [[("line.before.quantity", -1), ("line", 1)]]);
    assert_eq!(crate::relations::<Product>(), [("orders", "hygiene_embedded_orders", "line.product_id")]);
}
