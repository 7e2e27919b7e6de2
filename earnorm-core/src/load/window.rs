//! Each parent's window, cut by the server: it keeps the first documents of each parent in their order, and returns only
//! those within the window. If a window is long, it numbers all documents of each parent instead.
//!
//! * By a key in the target, this needs nothing else.
//! * By an array in the target, each document is first unwound into one for each of its keys.
//! * By an array in the source, the server can't find out which parent an id belongs to, because the document in
//!   memory counts and not the stored one. The pipeline therefore begins with the pairs of parent and id. If the
//!   windows contain at least half of the ids, all documents are read and the windows are cut here.
//! * Through a join model, the first command looks up the targets and returns the ids within the windows. The second
//!   reads these targets, each once. If the key isn't stored like the id, the server can't look up by it: then all
//!   links are read, and the rest works as by an array in the source.
//!
//! The first two make one pass over the documents that a plain `$in` finds by the same index. The others look up each
//! target by its `_id`. Whichever indexes exist, the server never searches once for each parent.
//!
//! Measurements on the local server, in one run (commands, kilobytes of commands and replies, milliseconds):
//!
//! | include | rows | read whole and cut here | cut by the server |
//! |---|---|---|---|
//! | the three longest tracks of each Chinook playlist, through a join model | 38 | 5, 974, 525 | 2, 9, 575 |
//! | the same, 1,000 of each | 3,658 | 5, 974, 525 | 3, 400, 950 |
//! | 2 of about 3 playlists of each of 40 tracks, through the same join model | 80 | 2, 13, 49 | 2, 10, 28 |
//! | the greatest 3 of 100 by an array in each of 20 sources, 1,000 targets | 60 | 1, 323, 119 | 1, 89, 104 |
//! | the greatest 3 of 2,000 by an array in the targets, for each of 20 | 60 | 1, 5,754, 1,294 | 1, 44, 1,130 |
//! | the same, 1,500 of each | 30,000 | 1, 5,754, 1,391 | 1, 9,404, 2,899 |
//!
//! The server therefore cuts the windows unless it is known in advance that this saves little. By a key or an array
//! in the target, the number of documents isn't known in advance, but a limit that saves little is rare; the last
//! line shows its cost. For arrays in the source, another way was tried: a list of parents for each id, which the
//! pipeline looks up. It took 850 ms for the fourth line; this look-up is fast only on `mongod`.

use mongodb::bson::{Bson, Document, RawDocument, doc};

use super::join;
use super::wants::{KeyKind, Wants};
use crate::bson::{Identity, identity, raw_identity, size};
use crate::plan::Fields;
use crate::schema::Stored;
use crate::store::{among, filter, has_text, is_expression, no_array};
use crate::{Error, Find, Model, Result};

/// In a numbered row: the document, its parent, and its number among the documents of that parent. In the row of a partition,
/// the last is the number of all its documents.
pub(super) const DOCUMENT: &str = "d";
pub(super) const PARENT: &str = "p";
const NUMBER: &str = "n";
/// In a pair: the id, and its position in the parent's own order.
const ID: &str = "i";
const PLACE: &str = "o";
/// In the row of a link: its join document.
const LINK: &str = "l";
/// The number in a document that isn't wrapped in a row.
const OWN_NUMBER: &str = "__earnorm_number";

/// The longest window that the server cuts by `$topN`, which holds the documents of all windows in memory. This takes half
/// of the time of numbering all documents, which sorts them.
const HELD: u64 = 100;

/// The maximum size in bytes of the pairs in one command, unless one parent alone has more.
const PAIR_BYTES: usize = 8 << 20;

/// Whether the server should cut the windows of the parents of these keys.
pub(super) fn is_worth_it(wants: &Wants, find: &Find) -> bool {
    let windowed = find.skip.is_some() || find.limit.is_some();
    if wants.kind != KeyKind::Id {
        return windowed;
    }
    let Some(limit) = find.limit else {
        return false;
    };
    let last = find.skip.unwrap_or(0).saturating_add(limit);
    let shown: u64 = wants.numbers().into_iter().map(|n| last.min(n)).sum();
    shown.saturating_mul(2) < wants.keys.len() as u64
}

/// Whether the server should cut the windows of a relation through a join model. It can if it can join by the key of
/// the join model. Otherwise all links are read, and their targets are cut as by an array in the source.
pub(super) fn is_cut_through(find: &Find, key: Stored) -> bool {
    key.alike && (find.skip.is_some() || find.limit.is_some())
}

/// What the pipeline of a window returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    /// The documents.
    Documents,
    /// Rows with a document each, next to each other for each parent, and the number of all documents of the parent.
    Partitions,
    /// Rows with a document and its parent each.
    Numbered,
}

impl Rows {
    /// What [`of_keys`] and [`of_pairs`] return for keys of this kind.
    pub(super) fn of(kind: KeyKind, find: &Find) -> Self {
        match kind {
            KeyKind::Key if is_held(find) => Self::Partitions,
            KeyKind::Key => Self::Documents,
            KeyKind::Id | KeyKind::Array => Self::Numbered,
        }
    }
}

/// The pipeline that returns the windows of the parents of these keys, which the target holds.
pub(super) fn of_keys(wants: &Wants, find: &Find, keys: &[Bson]) -> Vec<Document> {
    let field = format!("${}", wants.field);
    let mut chosen = filter(wants.field, keys, &find.filter);
    let is_key = wants.kind == KeyKind::Key;
    if is_key && !is_held(find) {
        // an array isn't a single key, and the server refuses to partition by arrays
        chosen = doc! { "$and": [{ wants.field: no_array() }, chosen] };
    }
    let mut stages = vec![doc! { "$match": chosen }];
    stages.extend(find.joins.iter().cloned());
    stages.extend(find.key_stages());
    if is_key {
        let partition = partition(keys, field);
        if let Some(first) = first_of_each(find, partition.clone(), &find.sort, "$$ROOT") {
            stages.extend(first);
            stages.extend(find.without_keys(DOCUMENT));
            return stages;
        }
        stages.extend([
            number(OWN_NUMBER, partition, find.sort.clone()),
            doc! { "$match": { OWN_NUMBER: window(find) } },
            doc! { "$sort": { OWN_NUMBER: 1 } },
            doc! { "$unset": OWN_NUMBER },
        ]);
        stages.extend(find.without_keys(""));
        return stages;
    }
    let parent = keys_in(keys, wants.path.expression());
    stages.extend([
        doc! { "$replaceRoot": { "newRoot": { DOCUMENT: "$$ROOT", PARENT: parent } } },
        doc! { "$unwind": format!("${PARENT}") },
    ]);
    stages.extend(cut(find, &format!("${PARENT}")));
    stages.extend(find.without_keys(DOCUMENT));
    stages
}

/// An expression that partitions documents by their parent; all of them hold one of the keys.
fn partition(keys: &[Bson], field: String) -> Bson {
    let integer = |key: &Bson| matches!(identity(key), Identity::Number(_));
    let whole = |key: &Bson| !matches!(key, Bson::Document(_) | Bson::Array(_) | Bson::Double(_) | Bson::Decimal128(_));
    if !keys.iter().all(|key| integer(key) || whole(key)) {
        // documents, arrays and numbers that aren't integers: partition by the value of the wanted key
        doc! { "$first": keys_in(keys, vec![field]) }.into()
    } else if keys.iter().any(integer) {
        // some servers partition an `int32` and an `int64` separately, although they compare as equal
        doc! { "$cond": [{ "$isNumber": &field }, { "$toLong": &field }, &field] }.into()
    } else {
        // by the field itself, not in rows: an index on it and the order can then provide the order
        field.into()
    }
}

/// An expression for the keys that an array contains, each once. The keys are the first operand: a number of another
/// type in the array is then returned with the type of the key, because some servers group by type too.
pub(super) fn keys_in(keys: &[Bson], array: impl Into<Bson>) -> Document {
    doc! { "$setIntersection": [{ "$literal": keys }, array.into()] }
}

/// The pipelines that return the windows of parents whose documents are found by their ids, each for some of the
/// parents.
pub(super) fn of_pairs(wants: &Wants, find: &Find) -> Vec<(Option<&'static str>, Vec<Document>)> {
    let mut pairs = vec![Vec::new(); wants.count];
    for key in &wants.keys {
        let id = identity(key);
        for parent in wants.parents(&id) {
            let place = wants.arranged.as_ref().and_then(|places| places[*parent].get(&id)).copied().unwrap_or(0);
            pairs[*parent].push(doc! { PARENT: signed(*parent), ID: literal(key), PLACE: signed(place) });
        }
    }
    let (mut commands, mut bytes) = (vec![Vec::new()], 0);
    for some in pairs {
        let size: usize = some.iter().map(|pair| 32 + size(pair.get(ID).unwrap_or(&Bson::Null))).sum();
        if bytes + size > PAIR_BYTES && bytes > 0 {
            commands.push(Vec::new());
            bytes = 0;
        }
        bytes += size;
        if let Some(last) = commands.last_mut() {
            last.extend(some);
        }
    }
    // only a pipeline on the collection itself uses the collation of the collection
    let collection = wants.keys.iter().any(has_text).then_some(find.collection);
    let exact = collection.is_none() && !wants.keys.iter().any(is_expression);
    let pipeline = |pairs: Vec<Document>| {
        let mut stages = match collection {
            None => vec![doc! { "$documents": pairs }],
            Some(_) => vec![
                doc! { "$limit": 1 },
                doc! { "$project": { "_id": 0, "pairs": pairs } },
                doc! { "$unwind": "$pairs" },
                doc! { "$replaceRoot": { "newRoot": "$pairs" } },
            ],
        };
        stages.extend(join::targets(find, ID, exact, false));
        stages.extend(cut(find, &format!("${PARENT}")));
        stages.extend(find.without_keys(DOCUMENT));
        (collection, stages)
    };
    commands.into_iter().map(pipeline).collect()
}

/// An id as an expression. Without `$literal`, the server could take a text for a field and a document for an
/// operator.
fn literal(id: &Bson) -> Bson {
    match id {
        Bson::ObjectId(_) | Bson::Int32(_) | Bson::Int64(_) | Bson::Binary(_) => id.clone(),
        id => doc! { "$literal": id }.into(),
    }
}

/// The pipeline on join documents that returns the ids within the windows of the sources with these keys. With
/// `links`, each comes with its join document; if several join documents have the same pair, the one with the least
/// `_id` counts. Two have the same pair if the server finds the same document for both.
pub(super) fn of_links<T: Model>(
    keys: (&str, &str, &Document),
    find: &Find,
    chunk: &[Bson],
    links: bool,
) -> Vec<Document> {
    let (source, target, tags) = keys;
    let one = |field: &str, condition: Document| doc! { "$and": [condition, { field: no_array() }] };
    let mut chosen = vec![one(source, among(source, chunk)), one(target, doc! { target: { "$ne": Bson::Null } })];
    chosen.extend((!tags.is_empty()).then(|| tags.clone()));
    let mut stages = vec![doc! { "$match": { "$and": chosen } }];
    let mut row = doc! { PARENT: format!("${source}"), ID: format!("${target}") };
    if links {
        stages.push(doc! { "$sort": { "_id": 1 } });
        row.insert(LINK, "$$ROOT");
    }
    stages.push(doc! { "$replaceRoot": { "newRoot": row } });
    stages.extend(join::targets(find, ID, join::is_compared_exactly::<T::Id>(), false));
    // the group keeps only the fields of the targets that the order needs
    let first = |field: &str| doc! { "$first": format!("${field}") };
    let id = format!("{DOCUMENT}._id");
    let mut group = doc! {
        "_id": { PARENT: partition(chunk, format!("${PARENT}")), ID: format!("${id}") },
        PARENT: first(PARENT),
        ID: first(&id),
    };
    if links {
        group.insert(LINK, first(LINK));
    }
    let mut sort = Document::new();
    for (place, (key, direction)) in find.sort.iter().enumerate() {
        group.insert(format!("k{place}"), first(&format!("{DOCUMENT}.{key}")));
        sort.insert(format!("k{place}"), direction.clone());
    }
    stages.push(doc! { "$group": group });
    let partition = format!("$_id.{PARENT}");
    let row: Document =
        [PARENT, ID, LINK].into_iter().map(|name| (name.to_owned(), format!("${name}").into())).collect();
    match first_of_each(find, partition.as_str().into(), &sort, row) {
        Some(first) => {
            stages.extend(first);
            stages.push(doc! { "$replaceRoot": { "newRoot": format!("${DOCUMENT}") } });
        }
        None => stages.extend([
            number(NUMBER, partition.into(), sort),
            doc! { "$match": { NUMBER: window(find) } },
            doc! { "$sort": { NUMBER: 1 } },
            doc! { "$project": { "_id": 0, PARENT: 1, ID: 1, LINK: 1 } },
        ]),
    }
    stages
}

/// Whether the windows are so short that the server holds them in memory.
fn is_held(find: &Find) -> bool {
    let last = find.limit.and_then(|limit| find.skip.unwrap_or(0).checked_add(limit));
    last.is_some_and(|last| last <= HELD)
}

/// The stages that keep the documents within the windows, in their order, and write each to the field `d` of a row whose
/// `_id` is its partition, and whose field `n` is the number of documents in the partition. `None` if a window is long. The
/// partition of an array is left out, because an array isn't a key.
fn first_of_each(find: &Find, partition: Bson, order: &Document, output: impl Into<Bson>) -> Option<Vec<Document>> {
    let (skip, limit) = (find.skip.unwrap_or(0), find.limit.filter(|_| is_held(find))?);
    let last = skip.saturating_add(limit);
    let top = doc! { "n": last.cast_signed(), "sortBy": order.clone(), "output": output };
    let skipped = doc! { "$slice": [format!("${DOCUMENT}"), skip.cast_signed(), limit.cast_signed()] };
    let stages = [
        Some(doc! { "$group": { "_id": partition, DOCUMENT: { "$topN": top }, NUMBER: { "$sum": 1 } } }),
        Some(doc! { "$match": { "_id": { "$not": { "$type": "array" }, "$ne": Bson::Null } } }),
        (skip > 0).then(|| doc! { "$set": { DOCUMENT: skipped } }),
        Some(doc! { "$unwind": format!("${DOCUMENT}") }),
    ];
    Some(stages.into_iter().flatten().collect())
}

/// The stages that cut the windows of rows.
fn cut(find: &Find, parent: &str) -> Vec<Document> {
    let mut order: Document =
        find.sort.iter().map(|(key, direction)| (format!("{DOCUMENT}.{key}"), direction.clone())).collect();
    if order.is_empty() {
        order.insert(PLACE, 1);
    }
    if let Some(first) = first_of_each(find, parent.into(), &order, format!("${DOCUMENT}")) {
        let row = doc! { "$project": { "_id": 0, PARENT: "$_id", DOCUMENT: 1 } };
        return first.into_iter().chain([row]).collect();
    }
    vec![
        number(NUMBER, parent.into(), order),
        doc! { "$match": { NUMBER: window(find) } },
        doc! { "$sort": { NUMBER: 1 } },
    ]
}

fn number(name: &str, partition: Bson, order: Document) -> Document {
    let output = doc! { name: { "$documentNumber": {} } };
    doc! { "$setWindowFields": { "partitionBy": partition, "sortBy": order, "output": output } }
}

fn window(find: &Find) -> Document {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let skip = find.skip.unwrap_or(0);
    let mut window = doc! { "$gt": signed(skip) };
    if let Some(limit) = find.limit {
        window.insert("$lte", signed(skip.saturating_add(limit)));
    }
    window
}

fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// The stage that leaves only these fields of the documents in numbered rows, and what assigns them to their parents.
pub(super) fn projection(wants: &Wants, find: &Find, only: &Fields) -> Document {
    doc! { "$project": match Rows::of(wants.kind, find) {
        Rows::Documents => only.and([wants.field]).projection(),
        Rows::Partitions => only.and([wants.field]).projection_at(DOCUMENT, &[NUMBER]),
        Rows::Numbered => only.projection_at(DOCUMENT, &[PARENT]),
    } }
}

/// The document of a row of a partition, and how many documents the partition has.
pub(super) fn of_partition(row: &RawDocument) -> Result<(&RawDocument, u64)> {
    let number = row.get(NUMBER).map_err(mongodb::error::Error::from)?.and_then(crate::bson::integer);
    Ok((row.get_document(DOCUMENT).map_err(Error::other)?, number.map_or(0, i64::unsigned_abs)))
}

/// The document of a numbered row. Its parents are written to a list.
pub(super) fn read<'a>(wants: &Wants, row: &'a RawDocument, parents: &mut Vec<usize>) -> Result<&'a RawDocument> {
    let document = row.get_document(DOCUMENT).map_err(Error::other)?;
    parents.clear();
    if wants.kind == KeyKind::Id {
        wants.notice(document, "_id")?;
        parents.extend(usize::try_from(row.get_i64(PARENT).map_err(Error::other)?));
    } else {
        wants.notice(row, PARENT)?;
        parents.extend_from_slice(wants.parents(&parent(row)?));
    }
    Ok(document)
}

/// A link within a window: the key of its source, the id of its target, and its join document if the row contains it.
pub(super) fn read_link<'a>(
    sources: &Wants,
    row: &'a RawDocument,
) -> Result<(Identity, Bson, Option<&'a RawDocument>)> {
    sources.notice(row, PARENT)?;
    let id = row.get(ID).map_err(mongodb::error::Error::from)?;
    let id = id.map_or(Ok(Bson::Null), crate::bson::from_raw).map_err(Error::other)?;
    let link = row.get(LINK).map_err(mongodb::error::Error::from)?;
    Ok((parent(row)?, id, link.and_then(mongodb::bson::RawBsonRef::as_document)))
}

fn parent(row: &RawDocument) -> Result<Identity> {
    let key = row.get(PARENT).map_err(mongodb::error::Error::from)?;
    raw_identity(key.unwrap_or(mongodb::bson::RawBsonRef::Null)).map_err(Error::other)
}
