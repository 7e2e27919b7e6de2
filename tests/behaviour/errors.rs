//! What goes wrong, and what a program is told of it.

mod client;
mod connection;
mod decode;
mod duplicate;
mod encode;
mod words;
