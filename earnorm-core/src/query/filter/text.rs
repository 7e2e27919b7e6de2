//! Conditions on text: its beginning, and a part of it.

use super::Filter;
use crate::{Field, Path, Text};

/// Text that a pattern takes as it is.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match c {
            // a pattern ends at one
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
    ($([$($generics:ident),*] $target:ty $(where $t:ident)?;)*) => { $(
        impl<$($generics),*> $target {
            /// Text that begins with this, letter for letter. It is sent as an anchored pattern, for which the server reads
            /// the part of an index that begins with it.
            ///
            /// Collations don't apply: `A` and `a` differ in every collection.
            ///
            /// ```
            /// # use earnorm::prelude::*;
            /// # #[derive(Serialize, Deserialize, Model)]
            /// # struct File { #[serde(rename = "_id")] id: ObjectId, path: String }
            /// assert_eq!(File::PATH.starts_with("/srv/a.b").to_string(), r#"{ "path": { "$regex": "^/srv/a\.b" } }"#);
            /// ```
            pub fn starts_with(self, text: impl AsRef<str>) -> Filter<M> $(where $t: Text)? {
                self.regex(format!("^{}", escaped(text.as_ref())))
            }

            /// Text that has this in it, letter for letter. The server examines every value, of an index if there is one.
            ///
            /// Collations don't apply: `A` and `a` differ in every collection. To find words in any form and case, use a
            /// text index.
            pub fn contains_text(self, text: impl AsRef<str>) -> Filter<M> $(where $t: Text)? {
                self.regex(escaped(text.as_ref()))
            }
        }
    )* };
}
texts! {
    [M, T] Field<M, T> where T;
    [M] Path<M>;
}
