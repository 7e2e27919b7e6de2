//! Filters for text: by a prefix, and by a substring.

use super::Filter;
use crate::embedded::{Filterable, TypedPath};
use crate::{Field, Path, Text};

/// A pattern that matches the text literally.
fn escape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match c {
            // a pattern ends at a zero byte
            '\0' => pattern.push_str("\\x00"),
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                pattern.extend(['\\', c]);
            }
            c => pattern.push(c),
        }
    }
    pattern
}

macro_rules! texts {
    ($([$($generics:tt)*] $target:ty $(where $t:ident $(, $n:ident)?)?;)*) => { $(
        impl<$($generics)*> $target {
            /// Matches text that begins with this text, literally.
            ///
            /// It is sent as an anchored pattern, for which the server reads only a part of an index. Collations don't
            /// apply: `A` and `a` differ in every collection.
            ///
            /// ```
            /// # use earnorm::prelude::*;
            /// # #[derive(Serialize, Deserialize, Model)]
            /// # struct File { #[serde(rename = "_id")] id: ObjectId, path: String }
            /// assert_eq!(File::PATH.starts_with("/srv/a.b").to_string(), r#"{ "path": { "$regex": "^/srv/a\.b" } }"#);
            /// ```
            pub fn starts_with(self, text: impl AsRef<str>) -> Filter<M> $(where $t: Text $(, $n: Filterable)?)? {
                self.regex(format!("^{}", escape(text.as_ref())))
            }

            /// Matches text that contains this text, literally.
            ///
            /// The server examines every value, in an index if there is one. Collations don't apply: `A` and `a` differ
            /// in every collection. To find words in any form and case, use a text index.
            pub fn contains_text(self, text: impl AsRef<str>) -> Filter<M> $(where $t: Text $(, $n: Filterable)?)? {
                self.regex(escape(text.as_ref()))
            }
        }
    )* };
}
texts! {
    [M, T] Field<M, T> where T;
    [M, T, N] TypedPath<M, T, N> where T, N;
    [M] Path<M>;
}
