//! A shop with relations of every kind.

use earnorm::mongodb::Database;
use earnorm::prelude::*;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_one, target = Account, fk = owner_id)]
#[relation(one_to_many, target = Order, fk = customer_id, cascade_delete)]
#[relation(many_to_many, target = Club, through = Member)]
pub(crate) struct Customer {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) name: String,
    #[relation(many_to_many, target = Tag)]
    pub(crate) tag_ids: Vec<ObjectId>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Account {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(one_to_one, target = Customer)]
    pub(crate) owner_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Embedded)]
pub(crate) struct OrderLine {
    #[relation(many_to_one, target = Product)]
    pub(crate) product_id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Order {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    pub(crate) total: i64,
    #[relation(many_to_one, target = Customer)]
    pub(crate) customer_id: ObjectId,
    #[model(embedded)]
    pub(crate) lines: Vec<OrderLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Order, target_ids = lines.product_id)]
pub(crate) struct Product {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(many_to_many, target = Customer, target_ids = "tag_ids")]
pub(crate) struct Tag {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Club {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Member {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(many_to_one, target = Customer)]
    pub(crate) customer_id: ObjectId,
    #[relation(many_to_one, target = Club)]
    pub(crate) club_id: ObjectId,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Reference)]
#[serde(tag = "type", content = "id")]
pub(crate) enum Subject {
    Order(ObjectId),
    Customer(ObjectId),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Ticket {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(many_to_one)]
    pub(crate) subject: Subject,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, name = "children", target = Category, fk = parent_id, recursive = "descendants")]
pub(crate) struct Category {
    #[serde(rename = "_id")]
    pub(crate) id: ObjectId,
    #[relation(many_to_one, target = Category)]
    pub(crate) parent_id: Option<ObjectId>,
}

/// Customers with two orders of two lines, an account, a tag, a club and a ticket each.
pub(crate) struct Shop {
    pub(crate) customers: Vec<Customer>,
    pub(crate) orders: Vec<Order>,
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) products: Vec<Product>,
    pub(crate) clubs: Vec<Club>,
    pub(crate) categories: Vec<Category>,
}

pub(crate) async fn shop(db: &Database, customers: usize) -> Shop {
    let id = ObjectId::new;
    let products: Vec<Product> = (0..3).map(|_| Product { id: id() }).collect();
    let tags: Vec<Tag> = (0..customers).map(|_| Tag { id: id() }).collect();
    let clubs: Vec<Club> = (0..customers).map(|_| Club { id: id() }).collect();
    let customers: Vec<Customer> =
        tags.iter().map(|tag| Customer { id: id(), name: "Ada".into(), tag_ids: vec![tag.id] }).collect();
    let accounts: Vec<Account> = customers.iter().map(|one| Account { id: id(), owner_id: one.id }).collect();
    let lines = || products[..2].iter().map(|product| OrderLine { product_id: product.id }).collect();
    let of_customers = customers.iter().flat_map(|one| [(one.id, 1), (one.id, 2)]);
    let orders: Vec<Order> =
        of_customers.map(|(customer_id, total)| Order { id: id(), total, customer_id, lines: lines() }).collect();
    let joined = customers.iter().zip(&clubs);
    let members: Vec<Member> =
        joined.map(|(one, club)| Member { id: id(), customer_id: one.id, club_id: club.id }).collect();
    let tickets: Vec<Ticket> =
        customers.iter().map(|one| Ticket { id: id(), subject: Subject::Customer(one.id) }).collect();
    let root = Category { id: id(), parent_id: None };
    let below = (0..3).map(|_| Category { id: id(), parent_id: Some(root.id) });
    let categories: Vec<Category> = [root.clone()].into_iter().chain(below).collect();
    Product::insert_many(db, &products).await.unwrap();
    Tag::insert_many(db, &tags).await.unwrap();
    Club::insert_many(db, &clubs).await.unwrap();
    Customer::insert_many(db, &customers).await.unwrap();
    Account::insert_many(db, &accounts).await.unwrap();
    Order::insert_many(db, &orders).await.unwrap();
    Member::insert_many(db, &members).await.unwrap();
    Ticket::insert_many(db, &tickets).await.unwrap();
    Category::insert_many(db, &categories).await.unwrap();
    Shop { customers, orders, tickets, tags, products, clubs, categories }
}
