use crate::ServerError;

/// A kind of server. `EARNORM_SERVER` chooses one by the words in the table.
///
/// | kind | word | what it is |
/// |---|---|---|
/// | `Mongod` | `mongod` | MongoDB's own server, which has to be on the path |
/// | `Rust` | `rs` | `secantusd-rs`, on the path or built into the cache, in 3 to 6 minutes |
/// | `Python` | `py` | `secantusd-py`, installed into the cache in half a minute; slower, with `configureFailPoint` |
///
/// # Examples
///
/// ```no_run
/// use earnorm_testkit::{LocalServer, ServerKind};
///
/// # fn main() -> Result<(), earnorm_testkit::ServerError> {
/// let server = LocalServer::start_blocking_as(ServerKind::Rust)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerKind {
    /// MongoDB's own server.
    Mongod,
    /// The local server that is built.
    Rust,
    /// The local server that is installed from a wheel.
    Python,
}

impl ServerKind {
    pub(super) fn parse(word: String) -> Result<Self, ServerError> {
        match word.as_str() {
            "mongod" => Ok(Self::Mongod),
            "rs" => Ok(Self::Rust),
            "py" => Ok(Self::Python),
            _ => Err(ServerError::UnknownServer { word }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ServerKind;

    #[test]
    fn unknown_words_are_rejected() {
        let kind = |word: &str| ServerKind::parse(word.to_owned());
        assert!(matches!(kind("mongod"), Ok(ServerKind::Mongod)));
        assert!(matches!(kind("rs"), Ok(ServerKind::Rust)));
        assert!(matches!(kind("py"), Ok(ServerKind::Python)));
        let error = kind("rust").map_err(|error| error.to_string());
        assert_eq!(error, Err("`EARNORM_SERVER` is `rust`; expected one of `rs`, `py`, `mongod`".to_owned()));
    }
}
