use std::fmt::Write as _;

use super::{KeyHolder, ModelMetadata, RelationKind, RelationMetadata, models};

/// Every linked model with its relations: what [`schema`] gives.
#[derive(Debug, Clone)]
pub struct Schema {
    models: Vec<&'static ModelMetadata>,
}

/// The models that are linked into the program, in the order of their names.
///
/// The models of another crate are among them once the program names that crate anywhere; `use billing as _;` is enough. A
/// crate that isn't named isn't linked.
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
    /// The models' tables.
    pub fn models(&self) -> &[&'static ModelMetadata] {
        &self.models
    }

    /// The models and their relations as a Mermaid entity-relationship diagram, which GitHub and many editors draw.
    ///
    /// A relation that both sides declare is one line. Models of one name have that of their module before it.
    pub fn to_mermaid(&self) -> String {
        let mut diagram = String::from("erDiagram\n");
        for model in &self.models {
            // writing into a string can't fail
            let _ = writeln!(diagram, "    {} {{", self.entity(model));
            for field in model.fields {
                let key = if field.bson_name == "_id" { " PK" } else { "" };
                let _ = writeln!(diagram, "        field {}{key}", field.name);
            }
            diagram.push_str("    }\n");
        }
        for model in &self.models {
            for relation in model.relations {
                if !is_drawn_from_the_other_side(model, relation) {
                    let _ = writeln!(diagram, "    {}", self.line(model, relation));
                }
            }
        }
        diagram
    }

    /// The name of a model's entity: no two have one.
    fn entity(&self, model: &ModelMetadata) -> String {
        let identity = model.identity();
        match identity.apart(self.models.iter().map(|other| other.identity())) {
            None => model.name.to_owned(),
            Some(place) => {
                let place = place.replace("::", "_").replace(|c: char| !c.is_alphanumeric(), "_");
                format!("{place}_{}", model.name)
            }
        }
    }

    fn line(&self, model: &ModelMetadata, relation: &RelationMetadata) -> String {
        let arrow = match relation.kind {
            RelationKind::OneToOne => "||--o|",
            RelationKind::OneToMany => "||--o{",
            RelationKind::ManyToOne => "}o--||",
            RelationKind::ManyToMany => "}o--o{",
        };
        let target = (relation.target)();
        format!("{} {arrow} {} : {}", self.entity(model), self.entity(target), relation.name)
    }
}

/// Whether a relation of the other model goes by the same key, and is the one that is drawn.
fn is_drawn_from_the_other_side(model: &ModelMetadata, relation: &RelationMetadata) -> bool {
    let target = (relation.target)();
    target.relations.iter().any(|back| {
        let returns = (back.target)().identity().is(model.identity());
        returns
            && match (relation.holder, &relation.through, &back.through) {
                (KeyHolder::Source, _, _) => {
                    back.holder == KeyHolder::Target && back.foreign_key == relation.foreign_key
                }
                (KeyHolder::Through, Some(mine), Some(other)) => {
                    mine.target_key == back.foreign_key
                        && other.target_key == relation.foreign_key
                        && target.identity() < model.identity()
                }
                _ => false,
            }
    })
}
