//! Changes to connection strings. The driver parses them, but can't print them.

/// The parts of a connection string: everything before the path, the path, and the options.
struct Parts<'a> {
    authority: &'a str,
    path: &'a str,
    options: &'a str,
}

fn parts(uri: &str) -> Parts<'_> {
    let start = uri.find("://").map_or(0, |at| at + 3);
    let (before, options) = match uri[start..].find('?') {
        Some(at) => (&uri[..start + at], &uri[start + at + 1..]),
        None => (uri, ""),
    };
    let (authority, path) = match before[start..].find('/') {
        Some(at) => (&before[..start + at], &before[start + at + 1..]),
        None => (before, ""),
    };
    Parts { authority, path, options }
}

/// The same connection string with another default database.
pub(crate) fn with_database(uri: &str, name: &str) -> String {
    let Parts { authority, path, options } = parts(uri);
    let mut options = options.to_owned();
    // Without `authSource`, users are looked up in the default database.
    if authority.contains('@') && !options.to_ascii_lowercase().contains("authsource=") {
        let separator = if options.is_empty() { "" } else { "&" };
        let source = if path.is_empty() { "admin" } else { path };
        options = format!("{options}{separator}authSource={source}");
    }
    let mark = if options.is_empty() { "" } else { "?" };
    format!("{authority}/{name}{mark}{options}")
}

/// The connection string for only the server at this address, with the same user, database and options.
pub(crate) fn direct(uri: &str, address: &str) -> String {
    let Parts { authority, path, options } = parts(uri);
    let user = match (authority.find("://"), authority.rfind('@')) {
        (Some(scheme), Some(at)) => &authority[scheme + 3..=at],
        _ => "",
    };
    let of_a_set = |option: &&str| {
        let name = option.split('=').next().unwrap_or_default().to_ascii_lowercase();
        ["replicaset", "directconnection"].contains(&name.as_str())
    };
    let kept = options.split('&').filter(|option| !option.is_empty() && !of_a_set(option));
    let options: Vec<&str> = kept.chain(["directConnection=true"]).collect();
    format!("mongodb://{user}{address}/{path}?{}", options.join("&"))
}

/// The connection string for a message: without user, password and options.
pub(crate) fn printable(uri: &str) -> String {
    let authority = parts(uri).authority;
    match (authority.find("://"), authority.rfind('@')) {
        (Some(scheme), Some(at)) => format!("{}***{}", &authority[..scheme + 3], &authority[at..]),
        _ => authority.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{direct, printable, with_database};

    #[test]
    fn the_database_is_replaced() {
        for (uri, expected) in [
            ("mongodb://h:1", "mongodb://h:1/db"),
            ("mongodb://h:1/", "mongodb://h:1/db"),
            ("mongodb://h:1/?replicaSet=rs", "mongodb://h:1/db?replicaSet=rs"),
            ("mongodb://h:1?replicaSet=rs", "mongodb://h:1/db?replicaSet=rs"),
            ("mongodb://h:1,i:2/old", "mongodb://h:1,i:2/db"),
            ("mongodb://h:1/?certs=/a/b", "mongodb://h:1/db?certs=/a/b"),
        ] {
            assert_eq!(with_database(uri, "db"), expected);
        }
    }

    #[test]
    fn users_keep_their_database() {
        for (uri, expected) in [
            ("mongodb://u:p@h", "mongodb://u:p@h/db?authSource=admin"),
            ("mongodb://u:p@h/own?w=1", "mongodb://u:p@h/db?w=1&authSource=own"),
            ("mongodb://u:p@h/own?authSource=x", "mongodb://u:p@h/db?authSource=x"),
        ] {
            assert_eq!(with_database(uri, "db"), expected);
        }
    }

    #[test]
    fn a_direct_connection_keeps_other_options() {
        for (uri, expected) in [
            ("mongodb://h:1", "mongodb://127.0.0.1:9/?directConnection=true"),
            ("mongodb://h:1,i:2/db?replicaSet=rs&w=1", "mongodb://127.0.0.1:9/db?w=1&directConnection=true"),
            ("mongodb://u:p@h/?directConnection=false", "mongodb://u:p@127.0.0.1:9/?directConnection=true"),
        ] {
            assert_eq!(direct(uri, "127.0.0.1:9"), expected);
        }
    }

    #[test]
    fn no_password_is_printed() {
        assert_eq!(printable("mongodb://u:p@h:1/db?a=b"), "mongodb://***@h:1");
        assert_eq!(printable("mongodb://h:1/db"), "mongodb://h:1");
    }
}
