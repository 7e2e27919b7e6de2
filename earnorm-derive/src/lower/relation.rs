use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::spanned::Spanned;
use syn::{Path, Type, TypeGroup, TypeParen, TypePath};

use crate::attr::{Declared, FieldName, KeyPath, Kind, OrderKey, Place, RelationAttr, Text};
use crate::errors::Errors;
use crate::ir::{Field, Key, Name, Order, Resolved, Stored, Target};
use crate::names;

/// Resolves a declaration. Whatever is missing is reported. Without a kind, a target or a name the result is `None`.
pub(super) fn resolve(declared: &Declared, model: &Ident, fields: &[Field], errors: &mut Errors) -> Option<Resolved> {
    let mut resolver = Resolver { declared, options: &declared.attribute.options, model, fields, errors };
    let kind = resolver.kind();
    let reference = resolver.reference();
    let target = if reference.is_some() { reference } else { resolver.target() };
    let (kind, target) = (kind?, target?);
    let key = resolver.key(kind, &target);
    let name = resolver.name(kind, &target)?;
    let options = &declared.attribute.options;
    Some(Resolved {
        name,
        kind,
        filter: options.filter.as_ref().map(|f| f.0.clone()),
        order_by: options.order_by.iter().flat_map(|o| &o.0).map(order).collect(),
        limit: options.limit.as_ref().map(|l| l.0.clone()),
        on_delete: options.rule(),
        orphan_removal: options.orphan_removal.is_present(),
        lazy_load: options.lazy_load.as_ref().is_none_or(|s| s.0),
        back_populates: options.back_populates.clone(),
        index: options.index.as_ref().is_none_or(|s| s.0),
        recursive: resolver.recursive(),
        counter: options.counter.clone(),
        touch: options.touch.clone(),
        target,
        key: key.unwrap_or(Key::Unknown),
    })
}

fn order(key: &OrderKey) -> Order {
    Order {
        field: (key.head.name != "_id").then(|| key.head.clone()),
        rest: key.rest.clone(),
        direction: key.direction,
    }
}

struct Resolver<'a> {
    declared: &'a Declared,
    options: &'a RelationAttr,
    model: &'a Ident,
    fields: &'a [Field],
    errors: &'a mut Errors,
}

impl Resolver<'_> {
    /// Reports that something is missing, unless a wrong option may have been meant for it, or the kind isn't certain.
    fn missing(&mut self, at: Span, message: impl std::fmt::Display) {
        if self.declared.attribute.complete && self.options.kinds().count() < 2 {
            self.errors.at(at, message);
        }
    }

    fn kind(&mut self) -> Option<Kind> {
        let mut written = self.options.kinds();
        let first = written.next();
        if let Some((second, at)) = written.next() {
            let second = second.text();
            self.errors.at(at, format!("`{second}` is a second kind of one relation; keep one"));
        }
        if first.is_none() {
            let kinds = names::list(Kind::ALL.map(Kind::text));
            self.missing(self.declared.span, format!("a `relation` needs a kind; write one of {kinds}"));
        }
        let kind = first.map(|(kind, _)| kind);
        match self.declared.place {
            Place::Field(index) => Some(self.kind_on(&self.fields.get(index)?.name, kind)),
            Place::Struct if kind.is_some() => kind,
            Place::Struct if self.declared.links().is_empty() => self.options.fk.as_ref().map(|_| Kind::OneToMany),
            Place::Struct => Some(Kind::ManyToMany),
        }
    }

    /// The kind of a relation on a field. If the field's ending contradicts the kind and no name is written, the ending
    /// decides.
    fn kind_on(&mut self, field: &str, kind: Option<Kind>) -> Kind {
        let array = field.ends_with("_ids");
        let fits = if array { Kind::ManyToMany } else { Kind::ManyToOne };
        let Some(kind) = kind else { return fits };
        let decided = array || field.ends_with("_id");
        if !decided || kind == Kind::OneToMany || kind.is_to_many() == array || self.options.name.is_some() {
            return kind;
        }
        let (is, wants) = if array { ("an array of ids", "one key") } else { ("one key", "an array of ids") };
        let (kind, fitting) = (kind.text(), fits.text());
        let message = format!("`{field}` is {is}, but a `{kind}` needs {wants}; write `{fitting}`");
        self.errors.at(self.kind_span(), message);
        fits
    }

    fn kind_span(&self) -> Span {
        self.options.kinds().next().map_or(self.declared.span, |(_, at)| at)
    }

    fn target(&mut self) -> Option<Target> {
        if let Some(target) = &self.options.target {
            return self.model_at(&target.0);
        }
        // if the kind is missing too, one message is enough
        if let Some((_, at)) = self.options.kinds().next() {
            self.missing(at, "a relation needs a target; write `target = \"..\"` with the other model");
        }
        None
    }

    /// What a key without a `target` refers to: its type names the models.
    fn reference(&self) -> Option<Target> {
        let Place::Field(index) = self.declared.place else { return None };
        let (kind, _) = self.options.kinds().next()?;
        // a wrong option may have been meant for `target`
        if kind.is_to_many() || self.options.target.is_some() || !self.declared.attribute.complete {
            return None;
        }
        let mut ty = &self.fields.get(index)?.ty;
        while let Type::Group(TypeGroup { elem, .. }) | Type::Paren(TypeParen { elem, .. }) = ty {
            ty = elem;
        }
        let Type::Path(TypePath { qself: None, path, .. }) = ty else { return None };
        Some(Target { path: path.clone(), name: names::text(&path.segments.last()?.ident) })
    }

    fn model_at(&mut self, path: &Path) -> Option<Target> {
        let mut path = path.clone();
        if path.is_ident("self") {
            self.errors.at(path.span(), "`self` is a value; write `Self`");
        }
        if path.is_ident("Self") || path.is_ident("self") {
            let mut model = self.model.clone();
            model.set_span(path.span());
            path = model.into();
        }
        let name = names::text(&path.segments.last()?.ident);
        if name == names::plural(&names::snake(&name)) {
            let model = names::struct_of(&name);
            self.errors.at(
                path.span(),
                format!("`{name}` is not the name of a model; write the name of the struct, like `{model}`"),
            );
            return None;
        }
        Some(Target { path, name })
    }

    fn key(&mut self, kind: Kind, target: &Target) -> Option<Key> {
        match (self.declared.place, kind) {
            (Place::Struct, Kind::OneToOne | Kind::OneToMany) => self.key_in_target(target),
            (Place::Struct, Kind::ManyToMany) => self.links(target),
            (Place::Field(field), Kind::OneToOne | Kind::ManyToOne) if self.options.target.is_none() => {
                self.reference_field(field).map(Key::Any)
            }
            (Place::Field(field), Kind::OneToOne | Kind::ManyToOne) => self.own_field(field).map(Key::InSource),
            (Place::Field(field), Kind::ManyToMany) => self.own_field(field).map(Key::Ids),
            (Place::Struct, Kind::ManyToOne) => {
                self.misplaced("`many_to_one` belongs on the field that holds the key; move it there")
            }
            (Place::Field(_), Kind::OneToMany) => self.misplaced(
                "`one_to_many` belongs on the struct, since its key is in the target; move it above `struct`, and name that key with `fk`",
            ),
        }
    }

    fn misplaced(&mut self, message: &str) -> Option<Key> {
        self.errors.at(self.kind_span(), message);
        None
    }

    fn key_in_target(&mut self, target: &Target) -> Option<Key> {
        if let Some(fk) = &self.options.fk {
            return Some(Key::InTarget(fk.clone()));
        }
        let (model, name) = (self.model, &target.name);
        // options of links are reported by a check
        if self.declared.links().is_empty() {
            let needs = format!("`{name}` needs a key to `{model}`");
            let message = format!("{needs}; write `fk = \"..\"` with the field of `{name}` that holds it");
            self.missing(target.path.span(), message);
        }
        None
    }

    /// A field of this struct as the key, or as the array of keys.
    fn own_field(&mut self, index: usize) -> Option<FieldName> {
        let field = self.fields.get(index)?;
        let (name, span) = (field.name.clone(), field.ident.span());
        let lost = match field.stored {
            Stored::As(_) => return Some(FieldName { name, span }),
            Stored::Flattened => "flattened, but a key has to be a field of this struct; remove `flatten`",
            Stored::Skipped => "not stored, but a key has to be; remove its `skip` or `skip_serializing`",
        };
        self.errors.at(span, format!("`{name}` is {lost}"));
        None
    }

    /// A field of this struct as a reference to several models, which may be flattened.
    fn reference_field(&mut self, index: usize) -> Option<FieldName> {
        let field = self.fields.get(index)?;
        let (name, span) = (field.name.clone(), field.ident.span());
        if field.encoder.is_some() {
            let message = "is stored by a function, but a reference is stored as its enum serializes itself; remove the serde attribute";
            self.errors.at(span, format!("`{name}` {message}"));
            return None;
        }
        if matches!(field.stored, Stored::Flattened) { Some(FieldName { name, span }) } else { self.own_field(index) }
    }

    fn links(&mut self, target: &Target) -> Option<Key> {
        if let Some(through) = &self.options.through {
            let join = self.model_at(&through.0)?;
            return self.through(join, target);
        }
        if let Some(ids) = &self.options.ids {
            let constant = ids.constant();
            let Some(index) = self.fields.iter().position(|f| f.constant == constant) else {
                let message = no_such_field(ids, &names::text(self.model), self.fields);
                self.errors.at(ids.span, message);
                return None;
            };
            let field = self.own_field(index)?;
            return Some(Key::Ids(FieldName { span: ids.span, ..field }));
        }
        if let Some(ids) = &self.options.target_ids {
            return Some(Key::InIds(ids.clone()));
        }
        self.missing(
            target.path.span(),
            "a `many_to_many` needs a place for its links; write `through = \"..\"` with a join model, `ids = \"..\"` with an array of ids in this struct, or `target_ids = \"..\"` with one in the target",
        );
        None
    }

    fn through(&mut self, join: Target, target: &Target) -> Option<Key> {
        let at = join.path.span();
        let named = |model: &str| FieldName { name: format!("{}_id", names::snake(model)), span: at };
        if let Some(KeyPath { outer, last }) = self.options.fk.as_ref().filter(|fk| !fk.outer.is_empty()) {
            let at = outer.first().map_or(last.span, |first| first.span);
            self.errors.at(at, "a join model holds its keys itself; name a field of it");
            return None;
        }
        let (fk, target_fk) = (&self.options.fk.as_ref().map(|fk| fk.last.clone()), &self.options.target_fk);
        let source = fk.clone().unwrap_or_else(|| named(&names::text(self.model)));
        let target = target_fk.clone().unwrap_or_else(|| named(&target.name));
        if source.constant() == target.constant() {
            let at = target_fk.as_ref().or(fk.as_ref()).map_or(at, |k| k.span);
            let (join, key) = (&join.name, source.text());
            self.errors.at(
                at,
                format!("both keys of `{join}` would be `{key}`; write `fk` for the one to this model and `target_fk` for the other"),
            );
            return None;
        }
        let unnamed = [(fk, &source, "fk"), (target_fk, &target, "target_fk")].into_iter();
        let unnamed =
            unnamed.filter(|(named, ..)| named.is_none()).map(|(_, key, option)| (key.clone(), option)).collect();
        Some(Key::Through { join, source, target, unnamed })
    }

    fn recursive(&mut self) -> Option<Ident> {
        let Text(literal) = self.options.recursive.as_ref()?;
        let checked = check_name(&literal.value()).map(|text| names::ident(&text, literal.span()));
        checked.map_err(|message| self.errors.at(literal.span(), message)).ok()
    }

    fn name(&mut self, kind: Kind, target: &Target) -> Option<Name> {
        if let Some(Text(literal)) = &self.options.name {
            let checked = check_name(&literal.value()).map(|text| named(self.model, &text, literal.span()));
            return checked.map_err(|message| self.errors.at(literal.span(), message)).ok();
        }
        let in_number = |one: &str| {
            if kind.is_to_many() { names::plural(one) } else { one.to_owned() }
        };
        let Place::Field(index) = self.declared.place else {
            // the span of the kind: an editor that goes to the definition of the target must not show the relation
            return Some(named(self.model, &in_number(&names::snake(&target.name)), self.kind_span()));
        };
        let field = self.fields.get(index)?;
        let ending = if kind.is_to_many() { "_ids" } else { "_id" };
        let stem = field.name.strip_suffix(ending).filter(|s| names::is_identifier(s));
        // the field of a reference is usually named after what it refers to, without `_id`
        let whole = || (self.options.target.is_none() && !kind.is_to_many()).then_some(field.name.as_str());
        let stem = stem.or_else(whole);
        // a `one_to_many` has to move to the struct
        if stem.is_none() && kind != Kind::OneToMany {
            let field_name = &field.name;
            let message =
                format!("`{field_name}` doesn't end in `{ending}`, so the relation has no name; write `name = \"..\"`");
            self.errors.at(field.ident.span(), message);
        }
        stem.map(|stem| named(self.model, &in_number(stem), field.ident.span()))
    }
}

fn named(model: &Ident, text: &str, span: Span) -> Name {
    let model = names::text(model);
    Name {
        text: text.to_owned(),
        method: names::ident(text, span),
        constant: names::constant(text, span),
        // messages of the compiler show this name
        marker: format_ident!("{model}_{text}", span = Span::call_site().located_at(span)),
    }
}

/// The name without its `r#`, or a message that says what is wrong with it.
pub(crate) fn check_name(written: &str) -> Result<String, String> {
    let name = names::unraw(written);
    if !names::is_identifier(name) {
        return Err(format!("`{name}` can't be a method; write a name in `snake_case`"));
    }
    if name.chars().any(char::is_uppercase) {
        let snake = names::snake(name);
        return Err(format!("`{name}` is not in `snake_case`; write `{snake}`"));
    }
    if name == written && syn::parse_str::<Ident>(name).is_err() {
        return Err(format!("`{name}` is a keyword; write `r#{name}`, or another name"));
    }
    Ok(name.to_owned())
}

/// The message that a struct has no such field. It names the field that was probably meant.
pub(crate) fn no_such_field(name: &FieldName, model: &str, fields: &[Field]) -> String {
    let (written, known) = (name.text(), || fields.iter().map(|f| f.name.as_str()));
    let advice = match names::did_you_mean(&written, known()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("its fields are {}", names::list(known())),
    };
    format!("`{model}` has no field `{written}`; {advice}")
}
