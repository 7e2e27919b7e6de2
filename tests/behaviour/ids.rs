//! Ids of every type: written, read back and referenced.

mod families;
mod generated;
mod named;
