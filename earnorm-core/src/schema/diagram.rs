use std::fmt::Write as _;

use super::{Hop, KeyHolder, ModelMetadata, RelationKind, RelationMetadata, models};

/// All linked models with their relations. Returned by [`schema`].
#[derive(Debug, Clone)]
pub struct Schema {
    models: Vec<&'static ModelMetadata>,
}

/// The models that are linked into the program, sorted by name.
///
/// The models of another crate are linked if the program names that crate anywhere. `use billing as _;` is enough.
///
/// ```
/// use earnorm::prelude::*;
///
/// # #[derive(Serialize, Deserialize, Model)]
/// # struct User { #[serde(rename = "_id")] id: ObjectId }
/// assert!(earnorm::schema().models().iter().any(|model| model.name == "User"));
/// ```
pub fn schema() -> Schema {
    let mut models: Vec<_> = models().collect();
    models.sort_by_key(|model| (model.name, model.module));
    Schema { models }
}

impl Schema {
    /// The metadata of the models.
    pub fn models(&self) -> &[&'static ModelMetadata] {
        &self.models
    }

    /// The models and their relations as a Mermaid entity-relationship diagram, which GitHub and many editors draw.
    ///
    /// * A field has its Rust type. An array is the type of its items with `[]`.
    /// * A field that can be null has the comment "optional". A relation by such a key is optional.
    /// * A relation that both sides declare is one line.
    /// * Models with the same name have their module's name as a prefix.
    pub fn to_mermaid(&self) -> String {
        let mut diagram = String::from("erDiagram\n");
        for model in &self.models {
            // writing into a string can't fail
            let _ = writeln!(diagram, "    {} {{", self.entity(model));
            for field in model.fields {
                // an id that is `None` is generated when the document is stored, so it isn't optional
                let role = match (field.bson_name, field.nullable) {
                    ("_id", _) => " PK",
                    (_, true) => " \"optional\"",
                    _ => "",
                };
                let _ = writeln!(diagram, "        {} {}{role}", type_label(field.rust_type), field.name);
            }
            diagram.push_str("    }\n");
        }
        for model in &self.models {
            for relation in model.all_relations() {
                if !is_drawn_by_target(model, relation) {
                    let _ = writeln!(diagram, "    {}", self.line(model, relation));
                }
            }
        }
        diagram
    }

    /// The unique name of a model's entity.
    fn entity(&self, model: &ModelMetadata) -> String {
        let identity = model.identity();
        match identity.qualifier(self.models.iter().map(|other| other.identity())) {
            None => model.name.to_owned(),
            Some(place) => {
                let place = place.replace("::", "_").replace(|c: char| !c.is_alphanumeric(), "_");
                format!("{place}_{}", model.name)
            }
        }
    }

    fn line(&self, model: &'static ModelMetadata, relation: &RelationMetadata) -> String {
        let target = (relation.target)();
        let hops = relation.hops(model);
        let Hop { key, to_parent } = hops.first();
        let optional = key.holder.field_at(key.field).is_some_and(|key| key.nullable);
        let (first, second) = match (relation.kind, to_parent) {
            (RelationKind::ManyToMany, _) => ("}o", "o{"),
            (RelationKind::ManyToOne, _) => ("}o", if optional { "o|" } else { "||" }),
            (RelationKind::OneToOne, true) => ("|o", if optional { "o|" } else { "||" }),
            (RelationKind::OneToOne, false) => (if optional { "|o" } else { "||" }, "o|"),
            (RelationKind::OneToMany, _) => (if optional { "|o" } else { "||" }, "o{"),
        };
        // a path has to be in quotes
        let quote = if relation.name.contains('.') { "\"" } else { "" };
        format!("{} {first}--{second} {} : {quote}{}{quote}", self.entity(model), self.entity(target), relation.name)
    }
}

/// Whether the target declares the other side of this relation, and that side is the one to draw.
fn is_drawn_by_target(model: &ModelMetadata, relation: &RelationMetadata) -> bool {
    let target = (relation.target)();
    target.all_relations().any(|back| {
        let points_back = (back.target)().identity().is_same_model(model.identity());
        points_back
            && back.is_reverse_of(relation)
            && match relation.holder {
                KeyHolder::Source => true,
                KeyHolder::Through => target.identity() < model.identity(),
                KeyHolder::Target => false,
            }
    })
}

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
