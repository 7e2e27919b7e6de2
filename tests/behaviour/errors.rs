//! Errors, and what they contain for a program.

mod client;
mod connection;
mod decode;
mod duplicate;
mod encode;
mod messages;
