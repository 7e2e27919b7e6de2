use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::Path;
use syn::spanned::Spanned;

use crate::attr::{Declared, FieldName, Kind, OrderKey, Place, RelationAttr};
use crate::errors::Errors;
use crate::ir::{Field, Key, Meaning, Name, Order, Stored, Target};
use crate::names;

/// What a declaration means; each thing that it lacks is reported, and without one of them it means nothing.
pub(super) fn meaning(
    declared: &Declared,
    model: &Ident,
    fields: &[Field],
    errors: &mut Errors,
) -> Option<Meaning> {
    let reader = Reader {
        declared,
        model,
        fields,
    };
    let kind = reader.kind(errors);
    let target = reader.target(errors);
    let kind = kind?;
    // a key that goes nowhere would be reported beside the missing target
    let key = reader.key(kind, target.as_ref(), errors);
    let (target, key) = (target?, key?);
    let name = reader.name(kind, &target, errors)?;
    let options = &declared.options;
    Some(Meaning {
        name,
        kind,
        filter: options.filter.as_ref().map(|f| f.value.0.clone()),
        order_by: options
            .order_by
            .iter()
            .flat_map(|o| &o.value.0)
            .map(order)
            .collect(),
        limit: options.limit.as_ref().map(|l| l.value.0.clone()),
        on_delete: options.rule(),
        orphan_removal: options.orphan_removal.is_present(),
        lazy_load: options.lazy_load.as_ref().is_none_or(|s| s.value.0),
        back_populates: options.back_populates.as_ref().map(|back| FieldName {
            name: back.value.0.value(),
            span: back.value.0.span(),
        }),
        index: options.index.as_ref().is_none_or(|s| s.value.0),
        target,
        key,
    })
}

fn order(key: &OrderKey) -> Order {
    Order {
        field: (key.head.name != "_id").then(|| key.head.clone()),
        rest: key.rest.clone(),
        direction: key.direction,
    }
}

struct Reader<'a> {
    declared: &'a Declared,
    model: &'a Ident,
    fields: &'a [Field],
}

impl Reader<'_> {
    fn options(&self) -> &RelationAttr {
        &self.declared.options
    }

    /// What is missing from an attribute that couldn't be read may be in the part that couldn't.
    fn missing(&self, at: Span, message: impl std::fmt::Display, errors: &mut Errors) {
        if self.declared.complete {
            errors.at(at, message);
        }
    }

    fn kind(&self, errors: &mut Errors) -> Option<Kind> {
        let written = self.options().kinds();
        if let [_, (second, span), ..] = written.as_slice() {
            errors.at(
                *span,
                format!(
                    "a relation has one kind, and `{}` is the second; keep one",
                    second.text()
                ),
            );
        }
        if written.is_empty() {
            let kinds = names::list(Kind::ALL.map(Kind::text));
            self.missing(
                self.declared.span,
                format!("the kind of the `relation` is missing; write one of {kinds}"),
                errors,
            );
        }
        written.first().map(|(kind, _)| *kind)
    }

    fn target(&self, errors: &mut Errors) -> Option<Target> {
        match &self.options().target {
            Some(written) => Some(self.model_at(&written.value.0)),
            None => {
                self.missing(self.declared.span, "the `target` of the relation is missing; write `target = \"..\"` with the other model", errors);
                None
            }
        }
    }

    fn model_at(&self, path: &Path) -> Target {
        let mut path = path.clone();
        if path.is_ident("Self") {
            let mut model = self.model.clone();
            model.set_span(path.span());
            path = model.into();
        }
        let name = path.segments.last().map(|s| names::text(&s.ident));
        Target {
            path,
            name: name.unwrap_or_default(),
        }
    }

    fn key(&self, kind: Kind, target: Option<&Target>, errors: &mut Errors) -> Option<Key> {
        match (self.declared.place, kind) {
            (Place::Struct, Kind::OneToOne | Kind::OneToMany) => self.key_in_target(target, errors),
            (Place::Struct, Kind::ManyToMany) => self.links(target, errors),
            (Place::Field(field), Kind::OneToOne | Kind::ManyToOne) => self.own_field(field, errors).map(Key::InSource),
            (Place::Field(field), Kind::ManyToMany) => self.own_field(field, errors).map(Key::Ids),
            (Place::Struct, Kind::ManyToOne) => {
                self.misplaced(kind, "stands on the field that holds the key; move it there", errors)
            }
            (Place::Field(_), Kind::OneToMany) => {
                self.misplaced(kind, "stands on the struct, since its key is in the target; move it above `struct`, with the key as `fk`", errors)
            }
        }
    }

    fn misplaced(&self, kind: Kind, advice: &str, errors: &mut Errors) -> Option<Key> {
        let at = self
            .options()
            .kinds()
            .first()
            .map_or(self.declared.span, |(_, span)| *span);
        errors.at(at, format!("`{}` {advice}", kind.text()));
        None
    }

    fn key_in_target(&self, target: Option<&Target>, errors: &mut Errors) -> Option<Key> {
        if let Some(fk) = &self.options().fk {
            return Some(Key::InTarget(fk.value.clone()));
        }
        let target = target?;
        let example = format!("{}_id", names::snake(&names::text(self.model)));
        self.missing(
            target.path.span(),
            format!(
                "the key in `{}` is missing; write `fk = \"..\"` with the field of `{0}` that holds the id of `{}`, such as `{example}`",
                target.name, self.model
            ),
            errors,
        );
        None
    }

    /// The array in this struct by whose ids the relation goes, or the key.
    fn own_field(&self, index: usize, errors: &mut Errors) -> Option<FieldName> {
        let field = self.fields.get(index)?;
        let span = field.ident.span();
        let lost = match field.stored {
            Stored::As(_) => {
                return Some(FieldName {
                    name: field.name.clone(),
                    span,
                });
            }
            Stored::Flattened => {
                "flattened, so there is no field in the document that could be a key; take it out of `flatten`"
            }
            Stored::Skipped => "not stored, so it can't be a key; take away the `skip`",
        };
        errors.at(span, format!("`{}` is {lost}", field.name));
        None
    }

    fn links(&self, target: Option<&Target>, errors: &mut Errors) -> Option<Key> {
        let options = self.options();
        if let Some(through) = &options.through {
            return self.through(self.model_at(&through.value.0), target, errors);
        }
        if let Some(ids) = &options.ids {
            return self.named_array(&ids.value, errors).map(Key::Ids);
        }
        if let Some(ids) = &options.target_ids {
            return Some(Key::InIds(ids.value.clone()));
        }
        let at = target.map_or(self.declared.span, |t| t.path.span());
        self.missing(
            at,
            "nothing says how a `many_to_many` is stored; write `through = \"..\"` with a join model, `ids = \"..\"` with an array of ids in this struct, or `target_ids = \"..\"` with one in the target",
            errors,
        );
        None
    }

    fn named_array(&self, name: &FieldName, errors: &mut Errors) -> Option<FieldName> {
        let constant = name.constant();
        let found = self.fields.iter().position(|f| f.constant == constant);
        let Some(index) = found else {
            errors.at(
                name.span,
                no_such_field(name, &names::text(self.model), self.fields),
            );
            return None;
        };
        let field = self.own_field(index, errors)?;
        Some(FieldName {
            span: name.span,
            ..field
        })
    }

    fn through(&self, join: Target, target: Option<&Target>, errors: &mut Errors) -> Option<Key> {
        let by_default = |model: &str| FieldName {
            name: format!("{}_id", names::snake(model)),
            span: join.path.span(),
        };
        let options = self.options();
        let source_key = match &options.fk {
            Some(fk) => fk.value.clone(),
            None => by_default(&names::text(self.model)),
        };
        let target_key = match &options.target_fk {
            Some(fk) => fk.value.clone(),
            None => by_default(&target?.name),
        };
        if source_key.constant() == target_key.constant() {
            let at = options.target_fk.as_ref().or(options.fk.as_ref());
            errors.at(
                at.map_or(join.path.span(), |fk| fk.value.span),
                format!("both keys of `{}` would be `{}`; write `fk` for the one to this model and `target_fk` for the other", join.name, source_key.text()),
            );
            return None;
        }
        Some(Key::Through {
            join,
            source: source_key,
            target: target_key,
        })
    }

    fn name(&self, kind: Kind, target: &Target, errors: &mut Errors) -> Option<Name> {
        if let Some(written) = &self.options().name {
            let literal = &written.value.0;
            return match judge_name(&literal.value()) {
                Ok(text) => Some(named(&text, literal.span())),
                Err(message) => {
                    errors.at(literal.span(), message);
                    None
                }
            };
        }
        let Place::Field(index) = self.declared.place else {
            let one = names::snake(&target.name);
            let text = if kind.is_to_many() {
                names::plural(&one)
            } else {
                one
            };
            return Some(named(&text, target.path.span()));
        };
        let field = self.fields.get(index)?;
        let span = field.ident.span();
        let (stem, ending) = match kind {
            Kind::ManyToMany => (field.name.strip_suffix("_ids"), "_ids"),
            _ => (field.name.strip_suffix("_id"), "_id"),
        };
        let stem = stem.filter(|s| !s.is_empty() && !s.starts_with(|c: char| c.is_ascii_digit()));
        let Some(stem) = stem else {
            errors.at(span, format!("`{}` doesn't end in `{ending}`, so it gives the relation no name; write `name = \"..\"`", field.name));
            return None;
        };
        let text = if kind.is_to_many() {
            names::plural(stem)
        } else {
            stem.to_owned()
        };
        Some(named(&text, span))
    }
}

fn named(text: &str, span: Span) -> Name {
    Name {
        text: text.to_owned(),
        method: names::ident(text, span),
        constant: names::constant(text, span),
        marker: format_ident!("__{text}"),
    }
}

/// The name without its `r#`, or what is wrong with it.
fn judge_name(written: &str) -> Result<String, String> {
    let name = names::unraw(written);
    if !names::is_identifier(name) {
        return Err(format!(
            "`{name}` can't be the name of a method; write a name in `snake_case`"
        ));
    }
    let snake = names::snake(name);
    if name.chars().any(char::is_uppercase) {
        return Err(format!("`{name}` is not in `snake_case`; write `{snake}`"));
    }
    if name == written && names::is_keyword(name) {
        return Err(format!(
            "`{name}` is a keyword; write `r#{name}`, or another name"
        ));
    }
    Ok(name.to_owned())
}

/// Says that a struct lacks a field, and which of its fields was probably meant.
pub(crate) fn no_such_field(name: &FieldName, model: &str, fields: &[Field]) -> String {
    let (written, known) = (name.text(), || fields.iter().map(|f| f.name.as_str()));
    match names::did_you_mean(&written, known()) {
        Some(meant) => format!("`{model}` has no field `{written}`; did you mean `{meant}`?"),
        None => format!(
            "`{model}` has no field `{written}`; its fields are {}",
            names::list(known())
        ),
    }
}
