//! Models for Chinook, the data set of a record shop: integer ids, a nullable key, employees who report to other
//! employees, and a join model whose documents come without an `_id`.
//!
//! The data is not part of EarnORM. It is a folder of JSON lines, one file for each collection (`album.jsonl`) and one
//! document on each line. [`load`] reads it.

mod load;
mod people;
mod records;

pub use load::{LoadError, load};
pub use people::{Customer, Employee, Invoice, InvoiceLine};
pub use records::{Album, Artist, Genre, MediaType, Playlist, PlaylistTrack, Track};
