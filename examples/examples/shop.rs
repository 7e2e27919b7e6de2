//! A shop: keys inside embedded documents. Orders have lines, carts have items, and customers have an address.
//!
//! `cargo run -p earnorm-examples --example shop` runs it against a local server. The output shows, beside each step,
//! how many commands it sent and how many documents the replies had. Below some steps are the commands themselves.

use std::error::Error;

use earnorm::prelude::*;
use earnorm_examples::CostTable;
use earnorm_testkit::TestDb;
use mongodb::Database;

/// A line of an order. A product can't be deleted while a line refers to it. If a supplier is deleted, the lines that
/// refer to it are kept, and their `supplier_id` is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Line {
    #[relation(many_to_one, target = Product, on_delete = "restrict")]
    product_id: String,
    #[relation(many_to_one, target = Supplier, on_delete = "set_null")]
    supplier_id: Option<String>,
    quantity: i32,
}

/// An item in a cart. If its product is deleted, the item is removed from the cart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Item {
    #[relation(many_to_one, target = Product, on_delete = "pull")]
    product_id: String,
    quantity: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
struct Address {
    city: String,
    #[relation(many_to_one, target = Country, on_delete = "restrict")]
    country_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Order {
    #[serde(rename = "_id")]
    number: i32,
    #[model(embedded)]
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Cart {
    #[serde(rename = "_id")]
    number: i32,
    #[model(embedded)]
    items: Vec<Item>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Customer {
    #[serde(rename = "_id")]
    name: String,
    #[model(embedded)]
    address: Option<Address>,
}

/// The keys that refer to a product are in arrays, so the reverse sides are `many_to_many`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = lines.product_id, back_populates = lines.product)]
#[relation(many_to_many, target = Cart, target_ids = items.product_id, back_populates = items.product)]
struct Product {
    #[serde(rename = "_id")]
    sku: String,
    title: String,
    price: i32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
struct Supplier {
    #[serde(rename = "_id")]
    name: String,
}

/// A customer has at most one address, so the reverse side is a `one_to_many`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = Customer, fk = address.country_id, back_populates = address.country)]
struct Country {
    #[serde(rename = "_id")]
    code: String,
    name: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let test = TestDb::new().await?;
    let db = test.db();
    let mut table = CostTable::start(test.log());

    insert(db, &mut table).await?;
    load(db, &mut table).await?;
    conditions(db, &mut table).await?;
    changes(db, &mut table).await?;
    other_sides(db, &mut table).await?;
    deletes(db, &mut table).await?;

    table.finish();
    Ok(())
}

async fn insert(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Documents");
    let mut indexes = Product::ensure_indexes(db).await?.made;
    indexes.extend(Order::ensure_indexes(db).await?.made);
    indexes.extend(Country::ensure_indexes(db).await?.made);
    table.row(format!("{} indexes are created for the relations", indexes.len()));
    let product = |sku: &str, title: &str, price| Product { sku: sku.into(), title: title.into(), price };
    let products = [product("a1", "Anvil", 90), product("r1", "Rope", 12), product("k1", "Kite", 25)];
    Product::insert_many(db, &products).await?;
    Supplier { name: "Acme".into() }.insert(db).await?;
    Country { code: "IT".into(), name: "Italy".into() }.insert(db).await?;
    table.row("three products, a supplier and a country are inserted");
    let order = |number, lines: &[Line]| Order { number, lines: lines.to_vec() };
    let orders = [order(1, &[line("a1", 1), line("r1", 20), line("a1", 5)]), order(2, &[line("r1", 3)])];
    Order::insert_many(db, &orders).await?;
    let cart = |number, items: &[Item]| Cart { number, items: items.to_vec() };
    Cart::insert_many(db, &[cart(1, &[item("k1", 2), item("a1", 1)]), cart(2, &[item("k1", 1)])]).await?;
    let address = Address { city: "Rome".into(), country_id: "IT".into() };
    Customer { name: "Ada".into(), address: Some(address) }.insert(db).await?;
    Customer { name: "Kurt".into(), address: None }.insert(db).await?;
    table.row("two orders, two carts and two customers are inserted");
    Ok(())
}

async fn load(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Loading");
    let orders = Order::find_all().with(Order::LINES.with(Line::PRODUCT).with(Line::SUPPLIER)).all(db).await?;
    table.row_with_commands("orders with the products and the suppliers of all their lines");
    for order in &orders {
        for line in order.related(Order::LINES) {
            let title = line.related(Line::PRODUCT).map_or("?", |product| &product.title);
            let supplier = line.related(Line::SUPPLIER).map_or("?", |supplier| &supplier.name);
            table.detail(format!("order {}: {} x {title} from {supplier}", order.number, line.quantity));
        }
    }
    let customers = Customer::find_all().with(Customer::ADDRESS.with(Address::COUNTRY)).all(db).await?;
    table.row("customers with the countries of their addresses:");
    for customer in &customers {
        let address = customer.related(Customer::ADDRESS);
        let country = address.and_then(|address| address.related(Address::COUNTRY));
        table.detail(format!("{}: {}", customer.name, country.map_or("no country", |country| &country.name)));
    }
    let product = orders[0].lines[0].product().require(db).await?;
    table.row(format!("the product of one line: {}", product.title));
    Ok(())
}

async fn conditions(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Conditions");
    let two_lines = Order::LINES.at(Line::QUANTITY).gt(10) & Order::LINES.at(Line::PRODUCT_ID).eq("a1");
    let count = Order::find(two_lines).count(db).await?;
    table.row(format!("orders with a line of more than 10, and a line of anvils: {count}"));
    let one_line = Order::LINES.any(Line::QUANTITY.gt(10) & Line::PRODUCT_ID.eq("a1"));
    let count = Order::find(one_line).count(db).await?;
    table.row(format!("orders with a line of more than 10 anvils: {count}"));
    let cheap = Line::PRODUCT.filter(Product::PRICE.lt(20)).any();
    let found = Order::find(Order::LINES.every(cheap)).all(db).await?;
    table.row_with_commands(format!("orders of only cheap products: {:?}", numbers(&found)));
    let roman = Customer::find(Customer::ADDRESS.at(Address::CITY).eq("Rome")).count(db).await?;
    table.row(format!("customers in Rome: {roman}"));
    Ok(())
}

async fn changes(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Changes");
    let anvils = Order::LINES.each_where(Line::PRODUCT_ID.eq("a1"));
    Order::update_by_id(db, 1, anvils.at(Line::QUANTITY).inc(1)).await?;
    table.row_with_commands("one more anvil in each line with anvils");
    Order::update_by_id(db, 2, Order::LINES.push(line("k1", 1))).await?;
    table.row("a line is added");
    let order = Order::update_by_id(db, 2, Order::LINES.pull_where(Line::PRODUCT_ID.eq("k1"))).await?;
    table.row(format!("and removed; remaining lines: {}", order.lines.len()));
    Ok(())
}

async fn other_sides(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("The other sides");
    let anvil = Product::find(Product::TITLE.eq("Anvil")).one(db).await?;
    let orders = anvil.orders().all(db).await?;
    table.row_with_commands(format!("orders of anvils, each counted once: {:?}", numbers(&orders)));
    let products = Product::find_all().with(Product::ORDERS.count()).with(Product::CARTS.count()).all(db).await?;
    table.row("products with the numbers of their orders and carts:");
    for product in &products {
        let (orders, carts) = (product.count(Product::ORDERS), product.count(Product::CARTS));
        table.detail(format!("{}: {orders} orders, {carts} carts", product.title));
    }
    let italy = Country::find(Country::NAME.eq("Italy")).one(db).await?;
    table.row(format!("customers in Italy: {}", italy.customers().count(db).await?));
    Ok(())
}

async fn deletes(db: &Database, table: &mut CostTable<'_>) -> earnorm::Result<()> {
    table.section("Deletes");
    let anvil = Product::find(Product::TITLE.eq("Anvil")).one(db).await?;
    table.row(format!("the plan for deleting the anvil, which is in an order: {}", anvil.plan_delete(db).await?));
    if let Err(error) = anvil.delete(db).await {
        table.row(format!("its delete fails: {error}"));
    }

    let kite = Product::find(Product::TITLE.eq("Kite")).one(db).await?;
    let plan = kite.plan_delete(db).await?;
    table.row(format!("the plan for deleting the kite, which is only in carts: {plan}"));
    plan.execute(db).await?;
    table.row_with_commands("the plan is executed, and the items are removed from the carts");
    for cart in Cart::find_all().all(db).await? {
        let skus: Vec<_> = cart.items.iter().map(|item| &item.product_id).collect();
        table.detail(format!("cart {}: {skus:?}", cart.number));
    }

    let acme = Supplier::find_all().one(db).await?;
    let plan = acme.plan_delete(db).await?;
    table.row(format!("the plan for deleting the supplier: {plan}"));
    plan.execute(db).await?;
    table.row_with_commands("the supplier is deleted, and the keys that refer to it are null");
    let supplied = Order::find(Order::LINES.any(!Line::SUPPLIER_ID.is_null()));
    table.row(format!("orders with a line from a supplier: {}", supplied.count(db).await?));
    Ok(())
}

fn line(sku: &str, quantity: i32) -> Line {
    Line { product_id: sku.into(), supplier_id: Some("Acme".into()), quantity }
}

fn item(sku: &str, quantity: i32) -> Item {
    Item { product_id: sku.into(), quantity }
}

fn numbers(orders: &[Order]) -> Vec<i32> {
    orders.iter().map(|order| order.number).collect()
}
