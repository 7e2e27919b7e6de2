use earnorm::prelude::*;

use super::Track;

/// A customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "customer")]
#[relation(one_to_many, target = Invoice, fk = customer_id, back_populates = "customer")]
#[allow(missing_docs, reason = "an address needs no explanation")]
pub struct Customer {
    #[serde(rename = "_id")]
    pub id: i32,
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub address: String,
    pub city: String,
    pub state: Option<String>,
    pub country: String,
    pub postal_code: Option<String>,
    pub phone: Option<String>,
    pub fax: Option<String>,
    pub email: String,
    /// The employee who supports the customer.
    #[relation(many_to_one, target = Employee, back_populates = "customers")]
    pub support_rep_id: i32,
}

/// An employee.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "employee")]
#[relation(one_to_many, target = Customer, fk = support_rep_id, back_populates = "support_rep")]
#[relation(one_to_many, name = "reports", target = Employee, fk = reports_to, back_populates = "manager")]
#[allow(missing_docs, reason = "an address needs no explanation")]
pub struct Employee {
    #[serde(rename = "_id")]
    pub id: i32,
    pub last_name: String,
    pub first_name: String,
    pub title: String,
    /// The manager; empty for the general manager.
    #[relation(many_to_one, name = "manager", target = Employee, back_populates = "reports")]
    pub reports_to: Option<i32>,
    pub birth_date: String,
    pub hire_date: String,
    pub address: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub postal_code: String,
    pub phone: String,
    pub fax: String,
    pub email: String,
}

/// One purchase of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "invoice")]
#[relation(one_to_many, name = "lines", target = InvoiceLine, fk = invoice_id, cascade_delete, back_populates = "invoice")]
#[allow(missing_docs, reason = "an address needs no explanation")]
pub struct Invoice {
    #[serde(rename = "_id")]
    pub id: i32,
    /// The customer.
    #[relation(many_to_one, target = Customer, back_populates = "invoices")]
    pub customer_id: i32,
    pub invoice_date: String,
    pub billing_address: String,
    pub billing_city: String,
    pub billing_state: Option<String>,
    pub billing_country: String,
    pub billing_postal_code: Option<String>,
    /// The price of all tracks, in dollars.
    pub total: f64,
}

/// A track on an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Model)]
#[model(collection = "invoice_line")]
pub struct InvoiceLine {
    /// Its number.
    #[serde(rename = "_id")]
    pub id: i32,
    /// The invoice.
    #[relation(many_to_one, target = Invoice, back_populates = "lines")]
    pub invoice_id: i32,
    /// The track.
    #[relation(many_to_one, target = Track, back_populates = "invoice_lines")]
    pub track_id: i32,
    /// The price of one track at that time, in dollars.
    pub unit_price: f64,
    /// The number of tracks.
    pub quantity: i32,
}
