//! Parses the tokens of an attribute into a receiver, one option at a time. A wrong option is reported and skipped, and
//! the others still count.

use darling::ast::NestedMeta;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Ident, Lit, Meta, MetaNameValue, Token, token};

use super::options::{ALIASES, Options, Receiver, elsewhere, is_kind, takes_value, word};
use crate::errors::Errors;
use crate::names;

fn up_to_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// A parsed attribute.
pub(crate) struct Parsed<T> {
    pub(crate) options: T,
    /// The names of the options, with their spans.
    pub(crate) words: Vec<(&'static str, Span)>,
    /// No option was wrong: what is missing was not written.
    pub(crate) complete: bool,
}

impl<T> Parsed<T> {
    pub(crate) fn at(&self, word: &str) -> Option<Span> {
        self.words.iter().find(|(w, _)| *w == word).map(|(_, at)| *at)
    }
}

/// Parses the options of these attributes as if they were one.
pub(crate) fn parse<'a, T: Receiver>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
    other: Options,
    errors: &mut Errors,
) -> Parsed<T> {
    let mut reader =
        Parser { other, items: Vec::new(), words: Vec::new(), complete: true, reported_other: false, errors };
    for attribute in attributes {
        reader.attribute::<T>(attribute);
    }
    let Parser { items, words, complete, .. } = reader;
    // each item has been accepted, and no option is there twice
    Parsed { options: T::from_list(&items).unwrap_or_default(), words, complete }
}

struct Parser<'e> {
    /// The options of the other attribute.
    other: Options,
    items: Vec<NestedMeta>,
    words: Vec<(&'static str, Span)>,
    complete: bool,
    /// An option of the other attribute has been reported. One message is enough.
    reported_other: bool,
    errors: &'e mut Errors,
}

impl Parser<'_> {
    fn attribute<T: Receiver>(&mut self, attribute: &Attribute) {
        match &attribute.meta {
            Meta::Path(_) => {}
            Meta::List(list) => self.list::<T>(list.tokens.clone()),
            Meta::NameValue(pair) => {
                let name = T::OPTIONS.attribute;
                let message = format!("the options of `{name}` go in parentheses; write `#[{name}(..)]`");
                self.fail(pair.eq_token.span(), message);
            }
        }
    }

    /// Parses the options between the commas, each on its own.
    fn list<T: Receiver>(&mut self, tokens: TokenStream) {
        let parsed = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                match self.option::<T>(input) {
                    Ok(meta) => self.item::<T>(meta),
                    Err(error) => {
                        self.push(error);
                        up_to_comma(input)?;
                    }
                }
                if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                    self.push(input.error("expected `,` between two options"));
                    if !input.peek(Ident) {
                        input.parse::<TokenTree>()?;
                    }
                }
            }
            Ok(())
        })
        .parse2(tokens);
        parsed.unwrap_or_else(|error: Error| self.push(error));
    }

    /// Parses `word`, `word(..)` or `word = value`. A value that isn't an expression extends to the next comma.
    fn option<T: Receiver>(&mut self, input: ParseStream<'_>) -> syn::Result<Meta> {
        if input.peek(Lit) {
            return self.value_alone::<T>(&input.parse()?);
        }
        if input.peek2(token::Paren) {
            return input.parse();
        }
        let name = input.call(Ident::parse_any)?;
        let usage = T::OPTIONS.usage(&name.to_string()).filter(|u| takes_value(u));
        let is_path = input.is_empty() || input.peek(Token![,]);
        if is_path || usage.is_none() && !input.peek(Token![=]) && !input.peek(Token![:]) {
            return Ok(Meta::Path(name.into()));
        }
        let eq_token = Token![=](input.span());
        if input.peek(Token![=]) && !input.peek(Token![==]) && !input.peek(Token![=>]) {
            input.parse::<Token![=]>()?;
        } else {
            // an unknown option gets a message of its own
            if let Some(usage) = usage {
                self.fail(name.span(), format!("`{name}` takes its value after `=`; write `{usage}`"));
            }
            while input.peek(Token![:]) || input.peek(Token![=]) || input.peek(Token![>]) {
                input.parse::<TokenTree>()?;
            }
        }
        let value = match input.fork().parse::<Expr>() {
            Ok(_) => input.parse()?,
            Err(_) => Expr::Verbatim(up_to_comma(input)?),
        };
        Ok(Meta::NameValue(MetaNameValue { path: name.into(), eq_token, value }))
    }

    fn value_alone<T: Receiver>(&mut self, value: &Lit) -> syn::Result<Meta> {
        let Some(flag) = T::OPTIONS.flag(value) else {
            let usage = T::OPTIONS.usages().find(|u| takes_value(u)).unwrap_or_default();
            return Err(Error::new(value.span(), format!("a value needs the name of its option; write `{usage}`")));
        };
        self.fail(value.span(), format!("`{flag}` is not a value; write it without quotes"));
        Ok(Meta::Path(Ident::new(flag, value.span()).into()))
    }

    fn item<T: Receiver>(&mut self, meta: Meta) {
        let path = meta.path().clone();
        let (span, written) = (path.span(), path.to_token_stream().to_string());
        let Some(usage) = T::OPTIONS.usage(&written) else {
            return self.unknown::<T>(meta, span, &written);
        };
        let word = word(usage);
        if self.words.iter().any(|(w, _)| *w == word) {
            return self.fail(span, format!("`{written}` is written twice; keep one"));
        }
        let fault = match &meta {
            Meta::Path(_) if !takes_value(usage) => return self.take::<T>(word, meta),
            _ if !takes_value(usage) => {
                let rest = if is_kind(usage) { ", target = ..`" } else { "` alone" };
                self.fail(span, format!("`{written}` takes no value; write `{written}{rest}"));
                self.take::<T>(word, Meta::Path(path));
                return match meta {
                    Meta::List(list) if is_kind(usage) => self.list::<T>(list.tokens),
                    _ => {}
                };
            }
            Meta::Path(_) => "needs a value",
            Meta::List(_) => "takes its value after `=`",
            Meta::NameValue(pair) => match &pair.value {
                Expr::Verbatim(rest) if rest.is_empty() => "needs a value",
                Expr::Verbatim(rest) => {
                    let message = format!("the value of `{written}` can't be read; write `{usage}`");
                    return self.push(Error::new_spanned(rest, message));
                }
                _ => return self.take::<T>(word, meta),
            },
        };
        self.fail(span, format!("`{written}` {fault}; write `{usage}`"));
    }

    /// Reports an unknown option, and continues with the one that the user probably meant.
    fn unknown<T: Receiver>(&mut self, mut meta: Meta, span: Span, written: &str) {
        let assigned = matches!(meta, Meta::NameValue(_));
        if let Some(advice) = elsewhere(written).filter(|_| T::OPTIONS.attribute == "model" && !assigned) {
            return self.fail(span, advice.to_owned());
        }
        if self.other.usage(written).is_some() {
            let other = self.other.attribute;
            if !std::mem::replace(&mut self.reported_other, true) {
                self.fail(span, format!("`{written}` is an option of `{other}`; write it in `#[{other}(..)]`"));
            }
            return;
        }
        let flag = match &meta {
            Meta::NameValue(pair) => T::OPTIONS.flag(&pair.value),
            _ => None,
        };
        let snake = names::snake(written);
        let mut aliases = ALIASES.split(' ').filter_map(|pair| pair.split_once('='));
        let alias = aliases.find(|(theirs, _)| *theirs == snake).map_or(snake.as_str(), |(_, ours)| ours);
        let (meant, advice) = if let Some(flag) = flag {
            meta = Meta::Path(meta.path().clone());
            (Some(flag), format!("write `{flag}` alone"))
        } else if let Some(usage) = T::OPTIONS.usage(alias) {
            (Some(word(usage)), format!("write `{usage}`"))
        } else if let Some(meant) = names::did_you_mean(written, T::OPTIONS.usages().map(word)) {
            let kinds = names::list(T::OPTIONS.usages().filter(|u| is_kind(u)));
            let kinds = if is_kind(meant) { format!(" the kinds are {kinds}") } else { String::new() };
            (Some(meant), format!("did you mean `{meant}`?{kinds}"))
        } else if written == "id" {
            (None, "the id is the field with `#[serde(rename = \"_id\")]`".to_owned())
        } else {
            let alike = T::OPTIONS.usages().filter(|u| takes_value(u) == assigned);
            (None, format!("expected one of {}", names::list(alike.map(word))))
        };
        self.fail(span, format!("`{written}` is not an option of `{}`; {advice}", T::OPTIONS.attribute));
        let Some(meant) = meant.filter(|m| self.words.iter().all(|(w, _)| w != m)) else { return };
        let path = Ident::new(meant, span).into();
        match &mut meta {
            Meta::Path(word) => *word = path,
            Meta::List(list) => list.path = path,
            Meta::NameValue(pair) => pair.path = path,
        }
        // the option has an error already, so one in its value isn't reported
        drop(self.accept::<T>(meant, meta));
    }

    fn take<T: Receiver>(&mut self, word: &'static str, meta: Meta) {
        if let Err(error) = self.accept::<T>(word, meta) {
            self.push(error.into());
        }
    }

    fn accept<T: Receiver>(&mut self, word: &'static str, meta: Meta) -> darling::Result<()> {
        let (span, item) = (meta.path().span(), NestedMeta::Meta(meta));
        T::from_list(std::slice::from_ref(&item))?;
        self.items.push(item);
        self.words.push((word, span));
        Ok(())
    }

    fn fail(&mut self, span: Span, message: String) {
        self.push(Error::new(span, message));
    }

    fn push(&mut self, error: Error) {
        self.complete = false;
        self.errors.push(error);
    }
}
