//! Private fields, and related models in other modules. Methods and constants are as visible as their struct.

pub(crate) mod accounts {
    use earnorm::prelude::*;

    #[derive(Serialize, Deserialize, Model)]
    #[relation(one_to_many, target = "super::orders::Order", fk = "account_id", back_populates = "account")]
    pub(crate) struct Account {
        #[serde(rename = "_id")]
        id: Option<ObjectId>,
        secret: String,
    }

    impl Account {
        pub(crate) fn new() -> Self {
            Self { id: Some(ObjectId::new()), secret: String::new() }
        }
    }
}

mod orders {
    pub(super) mod deep {
        use earnorm::prelude::*;

        #[derive(Serialize, Deserialize, Model)]
        pub(in crate::visibility) struct Order {
            #[serde(rename = "_id")]
            id: ObjectId,
            /// Private, although a relation two modules away uses this key.
            #[relation(many_to_one, target = "crate::visibility::accounts::Account", back_populates = "orders")]
            account_id: ObjectId,
            #[relation(many_to_one, target = "Line", name = "first_line")]
            line: ObjectId,
        }

        /// Visible in this module only.
        #[derive(Serialize, Deserialize, Model)]
        #[relation(one_to_one, target = "Order", fk = "line")]
        struct Line {
            #[serde(rename = "_id")]
            id: ObjectId,
        }
    }
    pub(super) use deep::Order;
}

#[test]
fn models_have_their_relations() {
    use accounts::Account;
    use orders::Order;
    assert_eq!(crate::relations::<Account>(), [("orders", "orders", "account_id")]);
    assert_eq!(crate::relations::<Order>(), [("account", "accounts", "account_id"), ("first_line", "lines", "line")]);
    let orders = Account::new().orders().filter(Order::ACCOUNT_ID.ne(earnorm::ObjectId::new())).to_query();
    assert_eq!(orders.unwrap().collection, "orders");
}
