use mongodb::bson::RawBsonRef;

/// An integer in a server's reply, which may be of either type.
pub(crate) fn integer(value: RawBsonRef<'_>) -> Option<i64> {
    value.as_i64().or(value.as_i32().map(i64::from))
}
