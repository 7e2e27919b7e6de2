//! The configuration, from variables of the environment.

use std::env;
use std::error::Error;
use std::net::SocketAddr;

use tracing::Level;

/// The configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `MONGODB_URI`: the server and the database. Default: `mongodb://localhost:27017/blog`.
    pub uri: String,
    /// `ADDRESS`: where the service listens. Port 0 is any free port. Default: `127.0.0.1:3000`.
    pub address: SocketAddr,
    /// `LOG`: `error`, `warn`, `info`, `debug` or `trace`. Default: `info`.
    pub level: Level,
}

impl Config {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// If one of them has no meaning.
    pub fn from_env() -> Result<Self, Box<dyn Error>> {
        Self::read(|name| env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Box<dyn Error>> {
        let value = |name: &str, usual: &str| variable(name).unwrap_or_else(|| usual.to_owned());
        Ok(Self {
            uri: value("MONGODB_URI", "mongodb://localhost:27017/blog"),
            address: value("ADDRESS", "127.0.0.1:3000")
                .parse()
                .map_err(|_| "`ADDRESS` is not an address with a port")?,
            level: value("LOG", "info").parse().map_err(|_| "`LOG` is not a level")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn variables_have_defaults_and_are_checked() {
        assert!(Config::read(|_| None).is_ok_and(|config| config.address.port() == 3000));
        assert!(Config::read(|name| (name == "ADDRESS").then(|| "here".to_owned())).is_err());
        assert!(Config::read(|name| (name == "LOG").then(|| "loud".to_owned())).is_err());
    }
}
