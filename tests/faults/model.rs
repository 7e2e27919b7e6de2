use earnorm::prelude::*;

/// A purse, with coins that refer to it. Most tests look only at the ids that are stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[relation(one_to_many, target = "Coin", fk = "purse_id", cascade_delete)]
pub(crate) struct Purse {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    pub(crate) gold: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
pub(crate) struct Coin {
    #[serde(rename = "_id")]
    pub(crate) id: i32,
    #[relation(many_to_one, target = "Purse")]
    pub(crate) purse_id: i32,
}

pub(crate) fn purse(id: i32) -> Purse {
    Purse { id, gold: 0 }
}
