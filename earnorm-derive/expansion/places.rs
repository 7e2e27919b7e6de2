//! The spans of an expansion: where an editor goes from a word of an attribute, and where messages point.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{DeriveInput, Error};

use super::derive;

const SOURCE: &str = r#"
#[relation(one_to_many, target = "Post", fk = "author_id", order_by = [("likes", -1)])]
#[relation(one_to_one, target = blog::Profile, fk = user_id, name = "face")]
#[relation(many_to_many, target = Club, target_ids = "member_ids")]
#[relation(many_to_many, target = Cart, target_ids = goods.owner_key, back_populates = goods.owned)]
#[relation(many_to_many, target = Group, through = "Membership", fk = "user_id", target_fk = GROUP_ID)]
struct User {
    #[serde(rename = "_id")]
    id: ObjectId,
    nickname: String,
    #[relation(many_to_one, target = "City")]
    city_id: ObjectId,
    #[relation(many_to_many, target = Tag)]
    tag_ids: Vec<ObjectId>,
    #[model(embedded)]
    address: Address,
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

/// The names in the expansion that have the span of `written`, in order and without duplicates.
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
        let is_keyword = ident == "struct" || ident == "const";
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
    /// The name of the model comes first; the calls after it need it to be a model.
    a_target_leads_to_the_model:
        "\"Post\"" => ["Post", "is_nullable"];
        "Profile" => ["Profile"];
        "Club" => ["Club"];
        "Group" => ["Group"];
        "\"Membership\"" => ["Membership", "join"];
        "\"City\"" => ["City"];
        "Tag" => ["Tag"];

    /// The name of the field comes first; the call after it needs it to hold the id.
    a_key_leads_to_the_field:
        "\"author_id\"" => ["AUTHOR_ID", "key"];
        "user_id" => ["USER_ID", "key"];
        "\"member_ids\"" => ["MEMBER_IDS", "keys", "User"];
        "GROUP_ID" => ["GROUP_ID", "key"];
        "owner_key" => ["OWNER_KEY", "keys", "User"];
        "\"likes\"" => ["LIKES", "ordered"];

    /// An editor goes from `user.posts()` and `User::NAME` to where they are declared.
    generated_items_lead_to_their_declaration:
        "one_to_many" => ["POSTS", "User_posts", "posts"];
        "\"face\"" => ["FACE", "User_face", "face"];
        "nickname" => ["NICKNAME", "nickname"];
        "address" => ["ADDRESS", "User_address", "address"];
        "city_id" => ["CITY_ID", "city_id", "CITY", "User_city", "User", "key", "city"];
}
