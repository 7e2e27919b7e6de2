//! From the tokens of an attribute to a receiver, one option at a time: an option that is wrong is reported and left
//! out, and what else was said still counts.

use darling::FromMeta;
use darling::ast::NestedMeta;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, Ident, Lit, Meta, MetaNameValue, Token, token};

use crate::errors::Errors;
use crate::names;

/// The receiver of an attribute's options.
pub(crate) trait Receiver: FromMeta + Default {
    const OPTIONS: Options;
}

/// The options of an attribute.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    /// The attribute's name.
    pub(crate) attribute: &'static str,
    /// Each option as a user would write it, `limit = 10`, with semicolons between them.
    pub(crate) usage: &'static str,
}

impl Options {
    pub(crate) fn usages(self) -> impl Iterator<Item = &'static str> {
        self.usage.split(';').map(str::trim)
    }

    /// How the option of this name is written.
    fn usage(self, name: &str) -> Option<&'static str> {
        self.usages().find(|usage| word(usage) == name)
    }

    /// An option without a value that is written as the value of something.
    fn flag(self, value: &impl ToTokens) -> Option<&'static str> {
        let text = value.to_token_stream().to_string();
        self.usage(&names::snake(text.trim_matches('"'))).filter(|usage| !takes_value(usage))
    }
}

/// What others call an option, and its word here.
const ALIASES: &str = "foreign_key=fk has_one=one_to_one has_many=one_to_many belongs_to=many_to_one \
    backref=back_populates eager=lazy_load table=collection";

/// What others do by an option, and how it is done here.
const ELSEWHERE: [(&str, &str); 3] = [
    ("timestamps created_at updated_at", "EarnORM writes no timestamps; set the fields in hooks, as in `before_save`"),
    (
        "soft_delete paranoid deleted_at",
        "EarnORM deletes for good; to keep a document, `set` a field of it, and filter by that",
    ),
    (
        "index indexes unique",
        "EarnORM makes the indexes of relations; make others by the driver, as `User::collection(&db).create_index(..)`",
    ),
];

pub(super) fn elsewhere(word: &str) -> Option<&'static str> {
    ELSEWHERE.iter().find(|(words, _)| words.split(' ').any(|w| w == word)).map(|(_, advice)| *advice)
}

fn word(usage: &'static str) -> &'static str {
    usage.split(' ').next().unwrap_or(usage)
}

fn takes_value(usage: &str) -> bool {
    usage.contains('=')
}

fn is_kind(usage: &str) -> bool {
    usage.contains("_to_")
}

fn up_to_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// What attributes say.
pub(crate) struct Read<T> {
    pub(crate) options: T,
    /// The words of the options, and where each is written.
    pub(crate) words: Vec<(&'static str, Span)>,
    /// Everything could be read: what is missing was not written.
    pub(crate) complete: bool,
}

impl<T> Read<T> {
    pub(crate) fn at(&self, word: &str) -> Option<Span> {
        self.words.iter().find(|(w, _)| *w == word).map(|(_, at)| *at)
    }
}

/// The options of these attributes, read together.
pub(crate) fn read<'a, T: Receiver>(
    attributes: impl IntoIterator<Item = &'a Attribute>,
    other: Options,
    errors: &mut Errors,
) -> Read<T> {
    let mut reader = Reader { other, items: Vec::new(), words: Vec::new(), complete: true, astray: false, errors };
    for attribute in attributes {
        reader.attribute::<T>(attribute);
    }
    let Reader { items, words, complete, .. } = reader;
    // each item was accepted alone, and no word comes twice
    Read { options: T::from_list(&items).unwrap_or_default(), words, complete }
}

struct Reader<'e> {
    /// The options of the other attribute.
    other: Options,
    items: Vec<NestedMeta>,
    words: Vec<(&'static str, Span)>,
    complete: bool,
    /// An option of the other attribute was met, and told.
    astray: bool,
    errors: &'e mut Errors,
}

impl Reader<'_> {
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

    /// The options between commas, each parsed by itself.
    fn list<T: Receiver>(&mut self, tokens: TokenStream) {
        let parsed = (|input: ParseStream<'_>| {
            while !input.is_empty() {
                match self.option::<T>(input) {
                    Ok(meta) => self.item::<T>(meta),
                    Err(error) => {
                        self.refuse(error);
                        up_to_comma(input)?;
                    }
                }
                if !input.is_empty() && input.parse::<Option<Token![,]>>()?.is_none() {
                    self.refuse(input.error("expected `,` between two options"));
                    if !input.peek(Ident) {
                        input.parse::<TokenTree>()?;
                    }
                }
            }
            Ok(())
        })
        .parse2(tokens);
        parsed.unwrap_or_else(|error: Error| self.refuse(error));
    }

    /// `word`, `word(..)` or `word = value`, where a value that can't be read is all up to the next comma.
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
            // a word that nobody knows is told as that
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
        self.fail(value.span(), format!("`{flag}` is no value; write it without quotes"));
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
                    return self.refuse(Error::new_spanned(rest, message));
                }
                _ => return self.take::<T>(word, meta),
            },
        };
        self.fail(span, format!("`{written}` {fault}; write `{usage}`"));
    }

    /// Reports the word, and goes on with the one that was meant.
    fn unknown<T: Receiver>(&mut self, mut meta: Meta, span: Span, written: &str) {
        let assigned = matches!(meta, Meta::NameValue(_));
        if let Some(advice) = elsewhere(written).filter(|_| T::OPTIONS.attribute == "model" && !assigned) {
            return self.fail(span, advice.to_owned());
        }
        if self.other.usage(written).is_some() {
            let other = self.other.attribute;
            if !std::mem::replace(&mut self.astray, true) {
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
        self.fail(span, format!("`{written}` is no option of `{}`; {advice}", T::OPTIONS.attribute));
        let Some(meant) = meant.filter(|m| self.words.iter().all(|(w, _)| w != m)) else { return };
        let path = Ident::new(meant, span).into();
        match &mut meta {
            Meta::Path(word) => *word = path,
            Meta::List(list) => list.path = path,
            Meta::NameValue(pair) => pair.path = path,
        }
        // the word is told already; its value can wait
        drop(self.accept::<T>(meant, meta));
    }

    fn take<T: Receiver>(&mut self, word: &'static str, meta: Meta) {
        if let Err(error) = self.accept::<T>(word, meta) {
            self.refuse(error.into());
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
        self.refuse(Error::new(span, message));
    }

    fn refuse(&mut self, error: Error) {
        self.complete = false;
        self.errors.push(error);
    }
}
