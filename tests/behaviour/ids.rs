//! Ids of every type: written, read back and pointed at.

mod families;
mod made;
mod named;
