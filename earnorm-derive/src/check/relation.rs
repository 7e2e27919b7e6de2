use std::collections::{HashMap, HashSet};

use crate::attr::{Kind, Mark, OnDelete, Place, Role, Rule};
use crate::errors::Errors;
use crate::ir::{Key, MOVE_TO, Model, Relation, Stored};
use crate::names;

/// Other names that models have: the constant of the id, and the method of a trait that most models implement.
pub(crate) const OTHER_METHODS: [&str; 2] = ["id", "clone"];

impl Relation {
    fn kind(&self) -> Option<Kind> {
        self.declared.attribute.options.kinds().next().map(|(kind, _)| kind)
    }

    fn on_struct(&self) -> bool {
        matches!(self.declared.place, Place::Struct)
    }
}

/// A relation on a field has that field as its key, so it needs no option for one.
pub(super) fn a_field_is_its_own_key(relation: &Relation, errors: &mut Errors) {
    // a `one_to_many` has to move to the struct, where it needs these options
    if relation.on_struct() || relation.kind() == Some(Kind::OneToMany) {
        return;
    }
    let declared = &relation.declared;
    // for other kinds, `links_are_many_to_many` reports the options of links
    let many_to_many = relation.kind() == Some(Kind::ManyToMany);
    let links = declared.links().into_iter().filter(|_| many_to_many);
    for (word, at) in declared.written(&["fk", "target_fk"]).into_iter().chain(links) {
        errors.at(at, format!("the field under the relation is its key; leave out `{word}`"));
    }
}

/// An embedded document has no id that other documents could hold, and it can be in several models.
pub(super) fn embedded_documents_hold_keys(model: &mut Model, errors: &mut Errors) {
    let name = &model.name;
    for relation in &mut model.relations {
        if relation.on_struct() {
            let message = format!(
                "no document can refer to `{name}`, which is embedded and has no id; declare the relation on the field of \
                 `{name}` that holds a key, or on a model"
            );
            errors.at(relation.declared.span, message);
            relation.resolved = None;
            continue;
        }
        let attribute = &relation.declared.attribute;
        if let Some(at) = attribute.at("back_populates") {
            let message = format!(
                "`{name}` can be embedded in several models, each with a side of its own; write `back_populates` on the \
                 other side, as a path like `lines.product`"
            );
            errors.at(at, message);
        }
        if let Some(at) = attribute.at("lazy_load") {
            errors.at(
                at,
                format!("no query reads a `{name}` alone; load the relation with the field that holds it, as in `.with(Order::LINES.with(Line::PRODUCT))`"),
            );
        }
        if let Some(resolved) = &mut relation.resolved {
            (resolved.back_populates, resolved.lazy_load) = (None, true);
        }
    }
}

/// A reference to several models has no other side and no filter: each of the models has its own.
pub(super) fn references_lead_to_several_models(model: &mut Model, errors: &mut Errors) {
    for relation in &mut model.relations {
        let Some(resolved) = relation.resolved.as_mut().filter(|r| matches!(r.key, Key::Any(_))) else { continue };
        let advice = [
            ("back_populates", "the other sides are relations of the models; write `back_populates` on each of them"),
            ("filter", "no field belongs to all of its models; write `filter` on a relation of one of them"),
        ];
        for (word, advice) in advice {
            if let Some(at) = relation.declared.attribute.at(word) {
                errors.at(at, format!("`{}` can refer to several models, and {advice}", resolved.name.text));
            }
        }
        (resolved.back_populates, resolved.filter, resolved.order_by) = (None, None, Vec::new());
    }
}

/// `pull` removes an element of an array of embedded documents. The key of a model itself is in no element.
pub(super) fn elements_are_pulled(model: &Model, relation: &Relation, errors: &mut Errors) {
    let pull = relation.declared.attribute.options.on_delete.filter(|o| o.rule == Rule::Pull);
    let (Some(OnDelete { span, .. }), Some(resolved)) = (pull, &relation.resolved) else { return };
    let own = match &resolved.key {
        Key::InSource(_) | Key::Any(_) | Key::Ids(_) => model.role == Role::Model,
        // a path of `fk` leads through no array
        Key::InTarget(_) | Key::Through { .. } => true,
        Key::InIds(path) => path.outer.is_empty(),
        Key::Unknown => false,
    };
    if own {
        let advice = match resolved.kind {
            Kind::ManyToMany => "leave it out, since a delete removes ids from arrays and deletes links without a rule",
            _ => "write `cascade`, `set_null` or `restrict`",
        };
        let message =
            "`pull` removes the embedded document that holds the key from its array, but this key is not in one";
        errors.at(span, format!("{message}; {advice}"));
    }
}

pub(super) fn links_are_many_to_many(relation: &Relation, errors: &mut Errors) {
    let Some(kind) = relation.kind().filter(|k| *k != Kind::ManyToMany) else { return };
    for (word, at) in relation.declared.links() {
        errors.at(at, format!("`{word}` is for a `many_to_many`; leave it out of a `{}`", kind.text()));
    }
}

/// The links are in a join model, in an array of this model, or in one of the target: in one of the three.
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
    let attribute = &relation.declared.attribute;
    if attribute.options.through.is_some() || !relation.on_struct() {
        return;
    }
    if let Some(at) = attribute.at("target_fk") {
        errors.at(at, "`target_fk` is a key of a join model; write `through = \"..\"` beside it");
    }
    if let (Some(at), false) = (attribute.at("fk"), relation.declared.links().is_empty()) {
        errors.at(at, "`fk` names a single key, but this relation has an array; leave it out");
    }
}

/// `cascade_delete` is short for a rule, so it can't be combined with another one.
pub(super) fn delete_rules_agree(relation: &Relation, errors: &mut Errors) {
    let options = &relation.declared.attribute.options;
    let other = options.on_delete.filter(|o| o.rule != Rule::Cascade && options.cascade_delete.is_present());
    if let Some(OnDelete { rule, span }) = other {
        let rule = rule.text();
        errors.at(span, format!("`on_delete = \"{rule}\"` contradicts `cascade_delete`; keep one"));
    }
}

/// A rule for a part of the documents would leave dangling keys in the others.
pub(super) fn delete_rules_see_every_document(relation: &Relation, errors: &mut Errors) {
    let attribute = &relation.declared.attribute;
    let written = attribute.options.rule();
    let rule = written.filter(|o| o.rule != Rule::NoAction).map(|o| (o.span, "a delete rule", ""));
    // it implies a rule if none is written
    let owns = attribute.at("orphan_removal").filter(|_| written.is_none());
    let owns =
        owns.map(|at| (at, "`orphan_removal` deletes with the parent, which", ", or `on_delete = \"no_action\"` too"));
    let parts = relation.declared.written(&["filter", "limit"]);
    if let (Some((at, rule, or)), [(part, _), ..]) = (rule.or(owns), parts.as_slice()) {
        let out = format!("needs every document, but `{part}` leaves some out");
        errors.at(at, format!("{rule} {out}; write it on a relation without one{or}"));
    }
}

/// A link can only be deleted or kept: neither of its keys can be null, and it blocks no delete.
pub(super) fn links_are_deleted_or_kept(relation: &Relation, errors: &mut Errors) {
    let Some(OnDelete { rule, span }) = relation.declared.attribute.options.rule() else { return };
    let elements =
        relation.resolved.as_ref().is_some_and(|r| matches!(&r.key, Key::InIds(path) if !path.outer.is_empty()));
    if matches!(rule, Rule::SetNull | Rule::Restrict) && relation.kind() == Some(Kind::ManyToMany) && !elements {
        let rule = rule.text();
        errors.at(
            span,
            format!("`{rule}` is not a rule for a `many_to_many`, whose links are deleted with either end; leave it out, or write `no_action`"),
        );
    }
}

pub(super) fn orphans_are_children(relation: &Relation, errors: &mut Errors) {
    let children = matches!(relation.kind(), Some(Kind::OneToOne | Kind::OneToMany));
    if let (Some(at), false) = (relation.declared.attribute.at("orphan_removal"), children && relation.on_struct()) {
        errors.at(
            at,
            "`orphan_removal` deletes children, but this side has none; write it on the parent's `one_to_one` or `one_to_many`",
        );
    }
}

/// A relation to one document has no limit. It has an order only on the side without the key, where several documents
/// could match and the order decides.
pub(super) fn one_document_has_no_limit_or_order(relation: &Relation, errors: &mut Errors) {
    let (attribute, kind) = (&relation.declared.attribute, relation.kind().filter(|k| !k.is_to_many()));
    if let (Some(at), Some(kind)) = (attribute.at("limit"), kind) {
        errors.at(at, format!("a `{}` leads to one document; leave out `limit`", kind.text()));
    }
    let from_the_key = relation.resolved.as_ref().is_some_and(|m| matches!(m.key, Key::InSource(_) | Key::Any(_)));
    if let (Some(at), true) = (attribute.at("order_by"), from_the_key) {
        errors.at(at, "a key points at one document; leave out `order_by`");
    }
}

/// Only a relation of a model to itself can be followed further.
pub(super) fn recursive_relations_lead_to_their_model(model: &mut Model, errors: &mut Errors) {
    for relation in &mut model.relations {
        let (Some(resolved), name) = (relation.resolved.as_mut(), &model.name) else { continue };
        let Some(at) = relation.declared.attribute.at("recursive") else { continue };
        let (of, target) = (&resolved.name.text, &resolved.target.name);
        let message = if let Key::Any(_) = resolved.key {
            format!("`recursive` follows a relation to one model, but `{of}` can refer to several; remove it")
        } else if target != name {
            format!(
                "`recursive` follows a relation of a model to itself, but `{of}` leads from `{name}` to `{target}`; remove it"
            )
        } else {
            continue;
        };
        errors.at(at, message);
        resolved.recursive = None;
    }
}

/// The methods that `recursive` adds to the model. A method whose name is taken isn't emitted.
pub(super) fn recursive_methods_are_free(model: &mut Model, errors: &mut Errors) {
    let relations = model.relations.iter().filter_map(|relation| relation.resolved.as_ref());
    let mut taken: HashSet<String> = relations.map(|relation| relation.name.text.clone()).collect();
    let of_model = names::METHODS_OF_MODEL.split(' ').chain(OTHER_METHODS).chain([MOVE_TO]);
    taken.extend(of_model.map(str::to_owned));
    for resolved in model.relations.iter_mut().filter_map(|relation| relation.resolved.as_mut()) {
        let Some(method) = &resolved.recursive else { continue };
        if !taken.insert(names::text(method)) {
            let message = format!("`{}` already has a method `{method}`; write another name", model.name);
            errors.at(method.span(), message);
            resolved.recursive = None;
        }
    }
    if model.moved().is_some()
        && let Some(other) =
            model.relations.iter_mut().find(|r| r.resolved.as_ref().is_some_and(|r| r.name.text == MOVE_TO))
        && let Some(resolved) = other.resolved.take()
    {
        let message = format!(
            "`{MOVE_TO}` is the method that moves a `{}`, which `recursive` adds; write another `name`",
            model.name
        );
        errors.at(resolved.name.method.span(), message);
    }
}

/// The name of a relation becomes a method and a constant. A relation whose name is taken isn't emitted.
pub(super) fn names_are_free(model: &mut Model, errors: &mut Errors) {
    let name = &model.name;
    let stored = model.fields.iter().filter(|f| matches!(f.stored, Stored::As(_)));
    let fields: HashMap<_, _> = stored.map(|f| (f.constant.to_string(), &f.name)).collect();
    let mut relations = HashSet::new();
    let marks_deleted = model.managed(Mark::SoftDelete).is_some();
    for relation in &mut model.relations {
        let Some(resolved) = &relation.resolved else { continue };
        let (text, constant) = (&resolved.name.text, resolved.name.constant.to_string());
        let methods = if model.role == Role::Model { names::METHODS_OF_MODEL } else { "" };
        let of_deleted = if marks_deleted { names::METHODS_OF_SOFT_DELETE } else { "" };
        let taken = if methods.split(' ').chain(OTHER_METHODS).chain(of_deleted.split(' ')).any(|m| m == text) {
            let all = if model.role == Role::Model { "every model" } else { "most structs" };
            format!("`{text}` is a method of {all}; write another `name`")
        } else if let Some(field) = fields.get(&constant).filter(|_| !resolved.is_by(&constant)) {
            format!(
                "the relation `{text}` and the field `{field}` would both be `{name}::{constant}`; write another `name`"
            )
        } else if !relations.insert(constant) {
            format!("`{name}` has two relations called `{text}`; write another `name` for one of them")
        } else {
            continue;
        };
        errors.at(resolved.name.method.span(), taken);
        relation.resolved = None;
    }
}
