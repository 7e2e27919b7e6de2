//! Chinook, the data set of a record shop, as models: integer ids, a key that can be null, an employee who reports to
//! another, and a join model whose documents come without an `_id`.
//!
//! The data is not part of EarnORM. It is a folder of JSON lines, one file a collection (`album.jsonl`), one document a
//! line; [`load`] reads it.

mod load;
mod people;
mod records;

pub use load::{LoadError, load};
pub use people::{Customer, Employee, Invoice, InvoiceLine};
pub use records::{Album, Artist, Genre, MediaType, Playlist, PlaylistTrack, Track};
