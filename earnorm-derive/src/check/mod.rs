//! 3. Check: find contradictions inside one struct.

mod index;
mod lookup;
mod managed;
mod model;
mod relation;

#[cfg(test)]
pub(crate) use relation::OTHER_METHODS;

use crate::attr::Role;
use crate::errors::Errors;
use crate::ir::Model;

/// Runs every rule. A rule that takes the model by `&mut` also removes what it reports, so that it causes no further
/// message.
pub(crate) fn check(model: &mut Model, errors: &mut Errors) {
    model::fields_are_what_is_stored(model, errors);
    model::names_differ(model, errors);
    model::embedded_documents_end(model, errors);
    if model.role == Role::Model {
        model::an_id_is_stored(model, errors);
        model::no_other_id(model, errors);
        model::the_guard_is_a_field(model, errors);
        managed::managed_fields_are_stored(model, errors);
    } else {
        relation::embedded_documents_hold_keys(model, errors);
        managed::embedded_documents_have_no_managed_fields(model, errors);
    }
    relation::references_lead_to_several_models(model, errors);
    relation::recursive_relations_lead_to_their_model(model, errors);
    for relation in &model.relations {
        relation::a_field_is_its_own_key(relation, errors);
        relation::links_are_many_to_many(relation, errors);
        relation::links_are_stored_once(relation, errors);
        relation::links_have_the_keys_they_need(relation, errors);
        relation::delete_rules_agree(relation, errors);
        relation::delete_rules_see_every_document(relation, errors);
        relation::links_are_deleted_or_kept(relation, errors);
        relation::orphans_are_children(relation, errors);
        relation::elements_are_pulled(model, relation, errors);
        relation::one_document_has_no_limit_or_order(relation, errors);
        managed::counters_see_every_document(relation, errors);
    }
    index::indexes_have_stored_fields(model, errors);
    index::index_options_agree(model, errors);
    index::indexes_differ(model, errors);
    managed::counters_are_fields(model, errors);
    relation::names_are_free(model, errors);
    relation::recursive_methods_are_free(model, errors);
    lookup::unique_indexes_have_lookups(model, errors);
}
