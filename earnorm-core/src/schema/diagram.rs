use std::fmt::Write as _;

use super::label::type_label;
use super::{Hop, Hops, KeyHolder, ModelMetadata, RelationKind, RelationMetadata, is_nullable, models};

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
            for kind in model.config.kinds {
                let tag = kind.config.tag.map_or("", |tag| tag.value);
                let _ = writeln!(diagram, "    {} ||--o| {} : {tag:?}", self.entity(model), self.entity(kind));
            }
            for relation in model.all_relations() {
                for hops in relation.hops(model) {
                    if !is_drawn_by_target(model, relation, &hops) {
                        let _ = writeln!(diagram, "    {}", self.line(model, relation, &hops));
                    }
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

    fn line(&self, model: &'static ModelMetadata, relation: &RelationMetadata, hops: &Hops) -> String {
        let target = hops.target();
        let Hop { key, to_parent } = hops.first();
        let optional = is_nullable(key.field, key.tag.as_ref(), key.holder);
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
fn is_drawn_by_target(model: &ModelMetadata, relation: &RelationMetadata, hops: &Hops) -> bool {
    let target = hops.target();
    target.all_relations().any(|back| {
        let points_back = back.target.models().any(|other| other.identity().is_same_model(model.identity()));
        points_back
            && back.is_reverse_of(relation)
            && match relation.holder {
                KeyHolder::Source => true,
                KeyHolder::Through => target.identity() < model.identity(),
                KeyHolder::Target => false,
            }
    })
}
