//! 3. Judge: contradictions inside one struct.

mod model;
mod relation;

use crate::errors::Errors;
use crate::ir::{Model, Relation};

/// Every rule, each a function of its own. Two of them mend what they find, so that nothing else is said about it.
pub(crate) fn check(model: &mut Model, errors: &mut Errors) {
    model::fields_are_what_is_stored(model, errors);
    model::constants_differ(model, errors);
    model::an_id_is_stored(model, errors);
    model::no_other_id(model, errors);
    model::the_guard_is_a_field(model, errors);
    for relation in &model.relations {
        let Relation { declared, meaning } = relation;
        relation::a_field_is_its_own_key(declared, errors);
        relation::links_are_many_to_many(declared, errors);
        relation::links_are_stored_once(declared, errors);
        relation::links_have_the_keys_they_need(declared, errors);
        relation::delete_rules_agree(declared, errors);
        let Some(meaning) = meaning else { continue };
        relation::delete_rules_see_every_document(declared, meaning, errors);
        relation::links_have_no_key_to_null(meaning, errors);
        relation::orphans_are_children(declared, meaning, errors);
        relation::one_document_has_no_limit(declared, meaning, errors);
        relation::one_document_has_no_order(declared, meaning, errors);
    }
    relation::names_are_free(model, errors);
}
