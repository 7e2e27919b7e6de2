use std::collections::{HashMap, HashSet};

use crate::attr::{Kind, OnDelete, Place, Rule};
use crate::errors::Errors;
use crate::ir::{Key, Model, Relation, Stored};

/// The methods of the trait `Model`. A relation of the same name would hide one.
pub(crate) const METHODS_OF_MODEL: &str = "metadata collection insert insert_many insert_checked insert_many_checked get get_many \
    find find_all save save_checked update update_by_id delete delete_if plan_delete ensure_indexes \
    check_indexes validate_references";

/// Other names that models have: the constant of the id, and the method of a trait that most models implement.
pub(crate) const OTHER_METHODS: [&str; 2] = ["id", "clone"];

impl Relation {
    fn kind(&self) -> Option<Kind> {
        self.declared.said.options.kinds().next().map(|(kind, _)| kind)
    }

    fn on_struct(&self) -> bool {
        matches!(self.declared.place, Place::Struct)
    }
}

/// On a field, the field is the key.
pub(super) fn a_field_is_its_own_key(relation: &Relation, errors: &mut Errors) {
    // a `one_to_many` is told to move to the struct, where it needs them
    if relation.on_struct() || relation.kind() == Some(Kind::OneToMany) {
        return;
    }
    let declared = &relation.declared;
    // for another kind, the links have a rule of their own
    let many_to_many = relation.kind() == Some(Kind::ManyToMany);
    let links = declared.links().into_iter().filter(|_| many_to_many);
    for (word, at) in declared.written(&["fk", "target_fk"]).into_iter().chain(links) {
        errors.at(at, format!("the field under the relation is its key; leave out `{word}`"));
    }
}

pub(super) fn links_are_many_to_many(relation: &Relation, errors: &mut Errors) {
    let Some(kind) = relation.kind().filter(|k| *k != Kind::ManyToMany) else { return };
    for (word, at) in relation.declared.links() {
        errors.at(at, format!("`{word}` is for a `many_to_many`; leave it out of a `{}`", kind.text()));
    }
}

/// By a join model, by an array here or by one in the target, but not by two of them.
pub(super) fn links_are_stored_once(relation: &Relation, errors: &mut Errors) {
    if relation.kind() != Some(Kind::ManyToMany) || !relation.on_struct() {
        return;
    }
    if let [(first, _), rest @ ..] = relation.declared.links().as_slice() {
        for (word, at) in rest {
            errors.at(*at, format!("`{word}` and `{first}` store one relation twice; keep one"));
        }
    }
}

/// `fk` and `target_fk` name fields of the join model; an array needs neither.
pub(super) fn links_have_the_keys_they_need(relation: &Relation, errors: &mut Errors) {
    let said = &relation.declared.said;
    if said.options.through.is_some() || !relation.on_struct() {
        return;
    }
    if let Some(at) = said.at("target_fk") {
        errors.at(at, "`target_fk` is a key of a join model; write `through = \"..\"` beside it");
    }
    if let (Some(at), false) = (said.at("fk"), relation.declared.links().is_empty()) {
        errors.at(at, "`fk` is a single key, and this relation has an array; leave it out");
    }
}

/// `cascade_delete` is short for a rule; it can't stand beside another.
pub(super) fn delete_rules_agree(relation: &Relation, errors: &mut Errors) {
    let options = &relation.declared.said.options;
    let other = options.on_delete.filter(|o| o.rule != Rule::Cascade && options.cascade_delete.is_present());
    if let Some(OnDelete { rule, span }) = other {
        let rule = rule.text();
        errors.at(span, format!("`on_delete = \"{rule}\"` contradicts `cascade_delete`; keep one"));
    }
}

/// A rule that saw only a part of the documents would leave the others with keys that point nowhere.
pub(super) fn delete_rules_see_every_document(relation: &Relation, errors: &mut Errors) {
    let said = &relation.declared.said;
    let written = said.options.rule();
    let rule = written.filter(|o| o.rule != Rule::NoAction).map(|o| (o.span, "a delete rule", ""));
    // it implies a rule where none is written
    let owns = said.at("orphan_removal").filter(|_| written.is_none());
    let owns =
        owns.map(|at| (at, "`orphan_removal` deletes with the parent, which", ", or `on_delete = \"no_action\"` too"));
    let parts = relation.declared.written(&["filter", "limit"]);
    if let (Some((at, rule, or)), [(part, _), ..]) = (rule.or(owns), parts.as_slice()) {
        let out = format!("needs every document, and `{part}` leaves some out");
        errors.at(at, format!("{rule} {out}; write it on a relation without one{or}"));
    }
}

/// The links of a many-to-many are there or not: nothing in them could be null, and they block nothing.
pub(super) fn links_go_or_stay(relation: &Relation, errors: &mut Errors) {
    let Some(OnDelete { rule, span }) = relation.declared.said.options.rule() else { return };
    if matches!(rule, Rule::SetNull | Rule::Restrict) && relation.kind() == Some(Kind::ManyToMany) {
        let rule = rule.text();
        errors.at(
            span,
            format!("`{rule}` is no rule for a `many_to_many`, whose links go with either end; leave it out, or write `no_action`"),
        );
    }
}

pub(super) fn orphans_are_children(relation: &Relation, errors: &mut Errors) {
    let children = matches!(relation.kind(), Some(Kind::OneToOne | Kind::OneToMany));
    if let (Some(at), false) = (relation.declared.said.at("orphan_removal"), children && relation.on_struct()) {
        errors.at(
            at,
            "`orphan_removal` deletes children, and this side has none; write it on the parent's `one_to_one` or `one_to_many`",
        );
    }
}

/// From the key's side there is one document. From the other there could be several, of which the order chooses.
pub(super) fn one_document_has_no_limit_or_order(relation: &Relation, errors: &mut Errors) {
    let (said, kind) = (&relation.declared.said, relation.kind().filter(|k| !k.is_to_many()));
    if let (Some(at), Some(kind)) = (said.at("limit"), kind) {
        errors.at(at, format!("a `{}` leads to one document; leave out `limit`", kind.text()));
    }
    let from_the_key = relation.meaning.as_ref().is_some_and(|m| matches!(m.key, Key::InSource(_)));
    if let (Some(at), true) = (said.at("order_by"), from_the_key) {
        errors.at(at, "a key points at one document; leave out `order_by`");
    }
}

/// A relation's name is a method and a constant. One whose name is taken is left out of the expansion.
pub(super) fn names_are_free(model: &mut Model, errors: &mut Errors) {
    let name = &model.name;
    let stored = model.fields.iter().filter(|f| matches!(f.stored, Stored::As(_)));
    let fields: HashMap<_, _> = stored.map(|f| (f.constant.to_string(), &f.name)).collect();
    let mut relations = HashSet::new();
    for relation in &mut model.relations {
        let Some(meaning) = &relation.meaning else { continue };
        let (text, constant) = (&meaning.name.text, meaning.name.constant.to_string());
        let taken = if METHODS_OF_MODEL.split(' ').chain(OTHER_METHODS).any(|m| m == text) {
            format!("`{text}` is a method of every model; write another `name`")
        } else if let Some(field) = fields.get(&constant) {
            format!(
                "the relation `{text}` and the field `{field}` would both be `{name}::{constant}`; write another `name`"
            )
        } else if !relations.insert(constant) {
            format!("`{name}` has two relations called `{text}`; write another `name` for one of them")
        } else {
            continue;
        };
        errors.at(meaning.name.method.span(), taken);
        relation.meaning = None;
    }
}
