//! Where the tokens of an expansion stand in the source: what an editor goes to from a word of an attribute, and where
//! messages point.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{DeriveInput, Error};

use crate::derive;

const SOURCE: &str = r#"
#[relation(one_to_many, target = "Post", fk = "author_id", order_by = [("likes", -1)])]
#[relation(one_to_one, target = blog::Profile, fk = user_id, name = "face")]
#[relation(many_to_many, target = Club, target_ids = "member_ids")]
#[relation(many_to_many, target = Group, through = "Membership", fk = "user_id", target_fk = GROUP_ID)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    nickname: String,
    #[relation(many_to_one, target = "City")]
    city_id: ObjectId,
    #[relation(many_to_many, target = Tag)]
    tag_ids: Vec<ObjectId>,
}
"#;

fn idents(tokens: TokenStream) -> Vec<Ident> {
    let inside = |token| match token {
        TokenTree::Ident(ident) => vec![ident],
        TokenTree::Group(group) => idents(group.stream()),
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(inside).collect()
}

/// The names in the expansion that stand where `written` does in the source, the first of each, in their order.
fn at(written: &str) -> Result<Vec<String>, Error> {
    let (line, column) = SOURCE
        .lines()
        .enumerate()
        .find_map(|(line, text)| text.find(written).map(|column| (line + 1, column)))
        .ok_or_else(|| Error::new(proc_macro2::Span::call_site(), format!("no `{written}` in the source")))?;
    let input: DeriveInput = syn::parse_str(SOURCE)?;
    let mut names = Vec::new();
    for ident in idents(derive(&input)) {
        let (start, end) = (ident.span().start(), ident.span().end());
        let place = (start.line, start.column, end.column);
        let is_keyword = ident == "struct";
        if place == (line, column, column + written.len()) && !is_keyword && !names.contains(&ident.to_string()) {
            names.push(ident.to_string());
        }
    }
    Ok(names)
}

macro_rules! places {
    ($($(#[doc = $doc:literal])* $test:ident: $($written:literal => [$($name:literal),*];)*)*) => { $(
        $(#[doc = $doc])*
        #[test]
        fn $test() -> Result<(), Error> {
            $(assert_eq!(at($written)?, [$($name),*] as [&str; _], "at `{}`", $written);)*
            Ok(())
        }
    )* };
}

places! {
    /// The model comes first; the calls behind it ask whether it is one.
    a_target_leads_to_the_model:
        "\"Post\"" => ["Post", "is_nullable"];
        "Profile" => ["Profile"];
        "Club" => ["Club"];
        "Group" => ["Group"];
        "\"Membership\"" => ["Membership", "join"];
        "\"City\"" => ["City"];
        "Tag" => ["Tag"];

    /// The field comes first; the call behind it asks whether it can hold the id.
    a_key_leads_to_the_field:
        "\"author_id\"" => ["AUTHOR_ID", "key"];
        "user_id" => ["USER_ID", "key"];
        "\"member_ids\"" => ["MEMBER_IDS", "keys", "User"];
        "GROUP_ID" => ["GROUP_ID", "key"];
        "\"likes\"" => ["LIKES", "ordered"];

    /// From `user.posts()` and `User::NAME` back to where they are declared.
    what_is_generated_leads_to_what_was_written:
        "one_to_many" => ["POSTS", "User_posts", "posts"];
        "\"face\"" => ["FACE", "User_face", "face"];
        "nickname" => ["NICKNAME", "nickname"];
        "city_id" => ["CITY_ID", "city_id", "CITY", "User_city", "User", "key", "city"];
}
