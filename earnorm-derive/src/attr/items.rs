//! From the tokens of an attribute to a receiver, one option at a time: an option that is wrong is reported and left
//! out, and what else was said still counts.

use darling::FromMeta;
use darling::ast::NestedMeta;
use proc_macro2::{Span, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Meta, Token};

use crate::errors::Errors;
use crate::names;

/// A receiver and the words that it knows.
pub(crate) trait Vocabulary: FromMeta + Default {
    /// The attribute's name.
    const ATTRIBUTE: &'static str;
    /// Each option as one would write it: `limit = 10`.
    const USAGE: &'static [&'static str];
    /// Those of the options that are kinds, of which one is needed.
    const KINDS: &'static [&'static str] = &[];
}

fn word(usage: &'static str) -> &'static str {
    usage.split(' ').next().unwrap_or(usage)
}

fn takes_value(usage: &str) -> bool {
    usage.contains('=')
}

/// The options of these attributes, and whether all of them could be read.
pub(crate) fn read<'a, T: Vocabulary>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
    errors: &mut Errors,
) -> (T, bool) {
    let mut reader = Reader { items: Vec::new(), seen: Vec::new(), complete: true, errors };
    for attribute in attributes {
        reader.attribute::<T>(attribute);
    }
    let complete = reader.complete;
    // each item was accepted alone, and no word comes twice
    (T::from_list(&reader.items).unwrap_or_default(), complete)
}

struct Reader<'e> {
    items: Vec<NestedMeta>,
    seen: Vec<&'static str>,
    complete: bool,
    errors: &'e mut Errors,
}

impl Reader<'_> {
    fn attribute<T: Vocabulary>(&mut self, attribute: &Attribute) {
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => {
                let (items, failed) = split(list.tokens.clone());
                for error in failed {
                    self.complete = false;
                    self.errors.push(error);
                }
                for item in items {
                    self.item::<T>(item);
                }
            }
            Meta::NameValue(pair) => {
                let name = T::ATTRIBUTE;
                self.fail(
                    pair.eq_token.span(),
                    format!("the options of `{name}` go in parentheses; write `#[{name}(..)]`"),
                );
            }
        }
    }

    fn item<T: Vocabulary>(&mut self, item: NestedMeta) {
        let (path, has_value) = match &item {
            NestedMeta::Lit(lit) => {
                let usage = T::USAGE.iter().find(|u| takes_value(u)).unwrap_or(&"");
                return self.fail(lit.span(), format!("a value needs the name of its option; write `{usage}`"));
            }
            NestedMeta::Meta(meta) => (meta.path(), matches!(meta, Meta::NameValue(_))),
            NestedMeta::NameValueInvalidExpr(pair) => (&pair.path, true),
        };
        let (span, written) = (path.span(), path_text(path));
        let Some(usage) = T::USAGE.iter().find(|u| word(u) == written) else {
            return self.unknown::<T>(item, span, &written);
        };
        if self.seen.contains(&word(usage)) {
            return self.fail(span, format!("`{written}` is written twice; keep one"));
        }
        self.seen.push(word(usage));
        let is_list = matches!(&item, NestedMeta::Meta(Meta::List(_)));
        if has_value && !takes_value(usage) || is_list && !takes_value(usage) {
            return self.fail(span, format!("`{written}` takes no value; write `{usage}` alone"));
        }
        if !has_value && takes_value(usage) {
            let lack = if is_list { "takes its value after `=`" } else { "needs a value" };
            return self.fail(span, format!("`{written}` {lack}; write `{usage}`"));
        }
        match T::from_list(std::slice::from_ref(&item)) {
            Ok(_) => self.items.push(item),
            Err(error) => {
                self.complete = false;
                self.errors.push(error.into());
            }
        }
    }

    /// Reports the word, and goes on with the one that was meant.
    fn unknown<T: Vocabulary>(&mut self, item: NestedMeta, span: Span, written: &str) {
        let NestedMeta::Meta(mut meta) = item else {
            return;
        };
        let has_value = matches!(meta, Meta::NameValue(_));
        let meant = names::did_you_mean(written, T::USAGE.iter().map(|u| word(u)));
        let advice = match meant {
            Some(kind) if T::KINDS.contains(&kind) => {
                let kinds = names::list(T::KINDS.iter().copied());
                format!("did you mean `{kind}`? the kinds are {kinds}")
            }
            Some(meant) => format!("did you mean `{meant}`?"),
            None => {
                let alike = T::USAGE.iter().filter(|u| takes_value(u) == has_value);
                format!("expected one of {}", names::list(alike.map(|u| word(u))))
            }
        };
        let attribute = T::ATTRIBUTE;
        self.fail(span, format!("`{written}` is no option of `{attribute}`; {advice}"));
        let Some(meant) = meant.filter(|m| !self.seen.contains(m)) else {
            return;
        };
        let path = syn::Ident::new(meant, span).into();
        match &mut meta {
            Meta::Path(word) => *word = path,
            Meta::List(list) => list.path = path,
            Meta::NameValue(pair) => pair.path = path,
        }
        let corrected = NestedMeta::Meta(meta);
        if T::from_list(std::slice::from_ref(&corrected)).is_ok() {
            self.seen.push(meant);
            self.items.push(corrected);
        }
    }

    fn fail(&mut self, span: Span, message: String) {
        self.complete = false;
        self.errors.at(span, message);
    }
}

fn path_text(path: &syn::Path) -> String {
    let segments: Vec<_> = path.segments.iter().map(|s| s.ident.to_string()).collect();
    segments.join("::")
}

/// The items between commas, each parsed by itself.
fn split(tokens: proc_macro2::TokenStream) -> (Vec<NestedMeta>, Vec<syn::Error>) {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    let parsed = (|input: ParseStream<'_>| {
        while !input.is_empty() {
            match input.parse::<NestedMeta>() {
                Ok(NestedMeta::NameValueInvalidExpr(pair)) => {
                    let word = path_text(&pair.path);
                    errors.push(syn::Error::new(
                        pair.path.span(),
                        format!("the value of `{word}` can't be read; write it in quotes"),
                    ));
                }
                Ok(item) => items.push(item),
                Err(error) => {
                    errors.push(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<TokenTree>()?;
                    }
                }
            }
            if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                errors.push(input.error("expected `,` between two options"));
                if !input.peek(syn::Ident) {
                    input.parse::<TokenTree>()?;
                }
            }
        }
        Ok(())
    })
    .parse2(tokens);
    errors.extend(parsed.err());
    (items, errors)
}
