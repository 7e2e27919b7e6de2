//! The relations of all embedded documents of a model, as constants.

use crate::embedded::{Count, Embedded, EmbeddedField, EmbeddedPath, Embedding, NestedPath, Record, check_length};
use crate::relation::Relation;
use crate::schema::{EmbeddedMetadata, ModelMetadata, Next, OnDelete, RelationKind, RelationTree, Zero, fail};

use super::at::RelationAt;

/// How deep embedded documents may be nested in each other.
#[doc(hidden)]
pub(super) type Depth = Next<Next<Next<Next<Next<Next<Next<Next<Zero>>>>>>>>;

/// The relations in a list, as relations of the model that holds the embedded documents at the path `A`.
#[doc(hidden)]
pub trait CollectRelations<A> {
    const TREE: Option<&'static RelationTree>;
}

impl<A> CollectRelations<A> for () {
    const TREE: Option<&'static RelationTree> = None;
}

impl<A: EmbeddedPath, R: Relation<Source = A::Record>, Rest: CollectRelations<A>> CollectRelations<A> for (R, Rest) {
    const TREE: Option<&'static RelationTree> =
        Some(&RelationTree { relation: Some(RelationAt::<A, R>::META), declared: R::META.kind, rest: &[Rest::TREE] });
}

/// The relations of the embedded documents in a list of fields at the path `A`, at most `D` levels deep.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "embedded documents are nested more than 8 levels deep",
    label = "an embedded document can't contain itself, directly or inside another one",
    note = "hold the ids of other documents instead, or remove `#[model(embedded)]` from a field whose embedded documents have no relations"
)]
pub trait CollectEmbeddings<A, D> {
    const TREE: Option<&'static RelationTree>;
}

impl<A, D> CollectEmbeddings<A, D> for () {
    const TREE: Option<&'static RelationTree> = None;
}

#[diagnostic::do_not_recommend]
impl<A, B, Rest, D> CollectEmbeddings<A, Next<D>> for (B, Rest)
where
    A: EmbeddedPath,
    B: EmbeddedPath<Holder = A::Record>,
    Rest: CollectEmbeddings<A, Next<D>>,
    <B::Record as Embedded>::EmbeddedRelations: CollectRelations<NestedPath<A, B>>,
    <B::Record as Embedded>::EmbeddedFields: CollectEmbeddings<NestedPath<A, B>, D>,
{
    const TREE: Option<&'static RelationTree> = Some(&RelationTree {
        relation: None,
        declared: RelationKind::ManyToOne,
        rest: &[
            <<B::Record as Embedded>::EmbeddedRelations as CollectRelations<NestedPath<A, B>>>::TREE,
            <<B::Record as Embedded>::EmbeddedFields as CollectEmbeddings<NestedPath<A, B>, D>>::TREE,
            Rest::TREE,
        ],
    });
}

/// The metadata of a field with `#[model(embedded)]`, for the table of its model.
#[doc(hidden)]
pub const fn embedding<I>() -> EmbeddedMetadata
where
    I: Embedding<Field: EmbeddedField>,
    <<I as EmbeddedPath>::Record as Embedded>::EmbeddedRelations: CollectRelations<I>,
    <<I as EmbeddedPath>::Record as Embedded>::EmbeddedFields: CollectEmbeddings<I, Depth>,
{
    let relations = <<<I as EmbeddedPath>::Record as Embedded>::EmbeddedRelations as CollectRelations<I>>::TREE;
    let nested = <<<I as EmbeddedPath>::Record as Embedded>::EmbeddedFields as CollectEmbeddings<I, Depth>>::TREE;
    EmbeddedMetadata {
        name: I::FIELD,
        bson_name: I::NAME,
        is_array: <<I::Field as EmbeddedField>::Count as Count>::MULTIPLE,
        record: || <I as EmbeddedPath>::Record::TABLE,
        relations: [relations, nested],
    }
}

/// The metadata of a field with `#[model(embedded)]` of an embedded document. Its relations are listed by the models that
/// hold that document.
#[doc(hidden)]
pub const fn nested_embedding<I: Embedding<Field: EmbeddedField>>() -> EmbeddedMetadata {
    EmbeddedMetadata {
        name: I::FIELD,
        bson_name: I::NAME,
        is_array: <<I::Field as EmbeddedField>::Count as Count>::MULTIPLE,
        record: || <I as EmbeddedPath>::Record::TABLE,
        relations: [None, None],
    }
}

/// Fails to compile if an embedded field of a model, by its number, can't be stored as it is declared, or if a relation
/// inside can't be one of the model.
#[doc(hidden)]
#[track_caller]
pub const fn check_embedded(model: &ModelMetadata, number: usize) {
    let EmbeddedMetadata { name, bson_name, is_array, relations: [relations, nested], .. } = model.embedded[number];
    if is_array && bson_name.is_empty() {
        fail(&["`", model.name, "::", name, "` is an array, and serde can only flatten structs; remove `flatten`"]);
    }
    check(relations, model.name);
    check(nested, model.name);
}

#[track_caller]
const fn check(tree: Option<&'static RelationTree>, holder: &str) {
    let Some(tree) = tree else { return };
    if let Some(relation) = tree.relation {
        check_length(relation.name);
        check_length(relation.foreign_key);
        check_length(relation.path.pattern);
        let in_array = relation.path.is_in_array();
        if matches!(relation.config.on_delete, OnDelete::Pull) && !in_array && !relation.path.is_array {
            fail(&[
                "`",
                holder,
                "::",
                relation.name,
                "` says `pull`, but its key isn't in an array from which an element could be removed; write \
                 `set_null`, `restrict` or `cascade`",
            ]);
        }
        if matches!(tree.declared, RelationKind::OneToOne) && in_array {
            fail(&[
                "`",
                holder,
                "::",
                relation.name,
                "` is a `one_to_one` by a key in an array, where the server can't keep keys unique; write `many_to_one`",
            ]);
        }
    }
    let mut next = 0;
    while next < tree.rest.len() {
        check(tree.rest[next], holder);
        next += 1;
    }
}
