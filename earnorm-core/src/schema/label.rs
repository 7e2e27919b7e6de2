//! The names of types in diagrams.

/// A type as Mermaid can print it, without paths, `Option`, `Box` and `Arc`.
pub(super) fn type_label(rust_type: &str) -> String {
    let text: String = rust_type.chars().filter(|c| !c.is_whitespace()).collect();
    let (name, inner) = match text.strip_prefix('[').and_then(|array| array.strip_suffix(']')) {
        Some(array) => ("Vec", array.rsplit_once(';').map_or(array, |(item, _)| item)),
        None => text.strip_suffix('>').and_then(|open| open.split_once('<')).unwrap_or((&text, "")),
    };
    let name = name.rsplit("::").next().unwrap_or(name);
    match name {
        "Option" | "Box" | "Arc" if !inner.is_empty() => type_label(inner),
        "Vec" | "VecDeque" | "HashSet" | "BTreeSet" if !inner.is_empty() => format!("{}[]", type_label(inner)),
        _ => {
            let word = |text: &str| text.replace(|c: char| !c.is_alphanumeric() && c != '_', "_");
            let name = word(name.strip_prefix("r#").unwrap_or(name));
            // a tuple, say
            let name = if name.starts_with(char::is_alphabetic) { name } else { format!("type{name}") };
            let mut arguments = arguments(inner).map(type_label).collect::<Vec<_>>().join("-");
            if !arguments.is_empty() {
                arguments = format!("({arguments})");
            }
            name + &arguments
        }
    }
}

/// What is between the commas that aren't within brackets.
fn arguments(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    list.split(move |c| {
        depth += match c {
            '<' | '(' | '[' => 1,
            '>' | ')' | ']' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    })
    .filter(|argument| !argument.is_empty())
}

#[cfg(test)]
mod tests {
    use super::type_label;

    #[test]
    fn a_type_has_a_label_that_mermaid_can_print() {
        for (rust_type, word) in [
            ("ObjectId", "ObjectId"),
            ("Option < mongodb::bson::oid::ObjectId >", "ObjectId"),
            ("Vec<Option<String>>", "String[]"),
            ("[u8; 4]", "u8[]"),
            ("Id<User>", "Id(User)"),
            ("HashMap<String, Vec<(i32, i32)>>", "HashMap(String-type_i32_i32_[])"),
            ("r#type::Kind", "Kind"),
            ("(A, B)", "type_A_B_"),
            ("Option", "Option"),
        ] {
            assert_eq!(type_label(rust_type), word);
        }
    }
}
