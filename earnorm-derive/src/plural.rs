//! English plurals, for the default names of collections and relations.
//!
//! The plurals are those of [`pluralize`](https://www.npmjs.com/package/pluralize), which many programmers know from
//! other libraries. A test compares them with its port to Rust. The port itself isn't used: it is built on regular
//! expressions, which took 15 of the 44 processor seconds that EarnORM added to a cold build. Also, a new version of it may change a plural, and so
//! the name of a collection that has documents.

use Plural::{And, Ending, Same};

/// Words without a rule.
const IRREGULAR: &[(&str, &str)] = &[
    ("anathema", "anathemata"),
    ("axe", "axes"),
    ("canvas", "canvases"),
    ("carve", "carves"),
    ("die", "dice"),
    ("dingo", "dingoes"),
    ("dogma", "dogmata"),
    ("eave", "eaves"),
    ("echo", "echoes"),
    ("foot", "feet"),
    ("genus", "genera"),
    ("goose", "geese"),
    ("groove", "grooves"),
    ("has", "have"),
    ("he", "they"),
    ("her", "their"),
    ("herself", "themselves"),
    ("himself", "themselves"),
    ("his", "their"),
    ("human", "humans"),
    ("i", "we"),
    ("is", "are"),
    ("its", "their"),
    ("itself", "themselves"),
    ("lemma", "lemmata"),
    ("looey", "looies"),
    ("louse", "lice"),
    ("me", "us"),
    ("mouse", "mice"),
    ("my", "our"),
    ("myself", "ourselves"),
    ("ox", "oxen"),
    ("passerby", "passersby"),
    ("pickaxe", "pickaxes"),
    ("proof", "proofs"),
    ("quiz", "quizzes"),
    ("schema", "schemata"),
    ("she", "they"),
    ("stigma", "stigmata"),
    ("stoma", "stomata"),
    ("that", "those"),
    ("them", "them"),
    ("themself", "themselves"),
    ("thief", "thieves"),
    ("this", "these"),
    ("thou", "you"),
    ("titmouse", "titmice"),
    ("tooth", "teeth"),
    ("tornado", "tornadoes"),
    ("torpedo", "torpedoes"),
    ("valve", "valves"),
    ("viscus", "viscera"),
    ("volcano", "volcanoes"),
    ("was", "were"),
    ("yes", "yeses"),
    ("yourself", "yourselves"),
];

/// Words whose plural is the word itself.
const UNCOUNTABLE: &str = "adulthood advice agenda aid aircraft alcohol ammo analytics anime athletics audio bison blood \
    bream buffalo butter carp cash chassis chess clothing cod commerce cooperation corps debris diabetes digestion elk energy \
    equipment excretion expertise firmware flounder fun gallows garbage graffiti hardware headquarters health herpes highjinks \
    homework housework information jeans justice kudos labour literature machinery mackerel mail manga media mews moose mud \
    music news only personnel pike plankton pliers police pollution premises rain research rice salmon scissors series sewage \
    shambles shrimp software staff swine tennis traffic transportation trout tuna wealth welfare whiting wildebeest wildlife \
    you";

/// The plural of words with these endings.
struct Rule {
    endings: &'static [&'static str],
    /// Whether the rest of the word fits.
    fits: fn(&str) -> bool,
    plural: Plural,
}

enum Plural {
    /// The word itself.
    Same,
    /// The word and this ending.
    And(&'static str),
    /// This ending instead of the one of the rule.
    Ending(&'static str),
}

const fn rule(endings: &'static [&'static str], fits: fn(&str) -> bool, plural: Plural) -> Rule {
    Rule { endings, fits, plural }
}

/// The first rule that fits counts.
const RULES: &[Rule] = &[
    rule(&["pokemon", "pokémon", "deer", "fish", "measles", "ois", "ous", "pox", "sheep"], any, Same),
    rule(&["ese"], |rest| last(rest, |c| !is_vowel(c)), Same),
    rule(&["man", "men"], any, Ending("men")),
    rule(&["eaux"], any, Same),
    rule(&["child", "children"], any, Ending("children")),
    rule(&["person", "people"], any, Ending("people")),
    rule(&["ix", "ex"], |rest| ends(rest, "append cod ind matr mur sil vert"), Ending("ices")),
    rule(&["x", "ch", "ss", "sh", "zz"], any, And("es")),
    rule(&["ley"], like_money, Ending("lies")),
    rule(&["ney"], like_money, Ending("nies")),
    rule(&["quy"], any, Ending("quies")),
    rule(&["y"], |rest| last(rest, |c| !is_vowel(c) && c != 'y'), Ending("ies")),
    rule(&["fe"], |rest| ends(rest, "kni li wi"), Ending("ves")),
    rule(&["f"], |rest| ends(rest, "ar ea eo hoo l oa"), Ending("ves")),
    rule(&["sis"], any, Ending("ses")),
    rule(
        &["on", "a"],
        |rest| ends(rest, "apheli asyndet automat criteri hedr hyperbat noumen organ periheli phenomen prolegomen"),
        Ending("a"),
    ),
    rule(
        &["um", "a"],
        |rest| {
            let stems = "addend agend automat bacteri candelabr curricul dat desiderat errat extrem millenni ov quor strat symposi";
            ends(rest, stems)
        },
        Ending("a"),
    ),
    rule(&["o"], |rest| ends(rest, "at gr her"), And("es")),
    rule(&["im", ""], |rest| ends(rest, "cherub seraph"), Ending("im")),
    rule(&["ae", "a"], |rest| ends(rest, "alg alumn vertebr"), Ending("ae")),
    rule(
        &["us", "i"],
        |rest| ends(rest, "alumn bacill cact foc fung loc nucle radi stimul strat syllab termin uter vir"),
        Ending("i"),
    ),
    rule(&["ias"], |rest| last(rest, |c| c != 'l'), Same),
    rule(&["las"], |rest| last(rest, is_vowel), Same),
    rule(&["eas", "jas", "zas", "ras", "iam", "uam"], any, Same),
    rule(&["emus", "enus"], any, Same),
    rule(&["alias", "tlas", "tmas", "gas", "ris"], any, And("es")),
    rule(&["us"], |rest| last(rest, |c| !"aou".contains(c)), And("es")),
    rule(&["is"], |rest| ends(rest, "ax test"), Ending("es")),
    rule(&["s"], any, Same),
    rule(&[""], |rest| last(rest, |c| !c.is_ascii()), Same),
];

/// The plural of a word in lower case. A word that is a plural stays as it is.
pub(crate) fn plural(word: &str) -> String {
    if IRREGULAR.iter().any(|(_, plural)| *plural == word) || is_uncountable(word) {
        return word.to_owned();
    }
    if let Some((_, plural)) = IRREGULAR.iter().find(|(singular, _)| *singular == word) {
        return (*plural).to_owned();
    }
    RULES.iter().find_map(|rule| rule.apply(word)).unwrap_or_else(|| format!("{word}s"))
}

impl Rule {
    fn apply(&self, word: &str) -> Option<String> {
        let rest = self.endings.iter().filter_map(|ending| word.strip_suffix(ending)).find(|rest| (self.fits)(rest))?;
        Some(match self.plural {
            Same => word.to_owned(),
            And(more) => format!("{word}{more}"),
            Ending(ending) => format!("{rest}{ending}"),
        })
    }
}

/// A singular whose plural is this word, for messages: there may be several. A word that isn't a plural stays as it is.
pub(crate) fn singular(word: &str) -> String {
    const ENDINGS: &[(&str, &str)] = &[
        ("people", "person"),
        ("children", "child"),
        ("men", "man"),
        ("ices", "ex"),
        ("ies", "y"),
        ("ves", "fe"),
        ("ves", "f"),
        ("yses", "ysis"),
        ("es", ""),
        ("s", ""),
    ];
    if let Some((singular, _)) = IRREGULAR.iter().find(|(_, plural)| *plural == word) {
        return (*singular).to_owned();
    }
    if is_uncountable(word) {
        return word.to_owned();
    }
    let mut others = ENDINGS.iter().filter_map(|(many, one)| Some(format!("{}{one}", word.strip_suffix(many)?)));
    others.find(|other| plural(other) == word).unwrap_or_else(|| word.to_owned())
}

fn is_uncountable(word: &str) -> bool {
    UNCOUNTABLE.split(' ').any(|one| one == word)
}

fn any(_: &str) -> bool {
    true
}

/// Whether a word ends with one of these, which spaces separate.
fn ends(word: &str, stems: &str) -> bool {
    stems.split(' ').any(|stem| word.ends_with(stem))
}

fn last(word: &str, fits: impl Fn(char) -> bool) -> bool {
    word.chars().next_back().is_some_and(fits)
}

/// `money` and `colley`, but not `honey` and `valley`.
fn like_money(rest: &str) -> bool {
    let mut letters = rest.chars().rev();
    letters.next().is_some_and(|c| "ieo".contains(c)) && letters.next().is_some_and(|c| !"ch".contains(c))
}

fn is_vowel(letter: char) -> bool {
    "aeiou".contains(letter)
}

#[cfg(test)]
mod tests {
    use super::{IRREGULAR, UNCOUNTABLE, plural, singular};

    const WORDS: &str = "account activity address album alumnus analysis aquarium artist atlas author axis bacterium basis belief \
        bias box branch buffalo bureau bus business cactus calf camera campus case cat category cherub chief city class code comment \
        company country course crisis criterion currency customer datum day deer delivery diagnosis dish dog dress employee entry \
        enum exam family fish focus formula friday fungus gas genre german half hero history honey house human index info invoice \
        iris item journey key knife leaf lens life loaf lunch man matrix menu mercury message money monkey movie mouse music news \
        node noise notice nucleus octopus order organon parenthesis party patch payment person phenomenon photo piano pizza playlist \
        potato prize process product proxy quantity query quiz radius reply roof safe salary scarf schema seraph series settings \
        sheep shelf soliloquy species spy status stimulus story strategy syllabus tag tax team testis thesis thief tomato tooth \
        track treaty trolley user valley vertex veto virus watch wife wolf woman zoo";

    #[test]
    fn plurals_are_those_of_pluralize() {
        let irregular = IRREGULAR.iter().flat_map(|(one, many)| [*one, *many]);
        let words: Vec<&str> = WORDS.split_whitespace().chain(UNCOUNTABLE.split(' ')).chain(irregular).collect();
        for word in &words {
            assert_eq!(plural(word), pluralizer::pluralize(word, 2, false), "of {word}");
            let many = plural(word);
            assert_eq!(plural(&many), pluralizer::pluralize(&many, 2, false), "of {many}");
        }
        // the ends of those words, at which the rules look, after other letters
        for word in words {
            for (at, _) in word.char_indices() {
                for first in ["", "b", "a", "o", "y", "sk", "é", "2"] {
                    let word = format!("{first}{}", &word[at..]);
                    assert_eq!(plural(&word), pluralizer::pluralize(&word, 2, false), "of {word}");
                }
            }
        }
    }

    #[test]
    fn every_short_word_has_the_plural_of_pluralize() {
        let letters = ['a', 'e', 'f', 'i', 'l', 'n', 'o', 's', 'u', 'x', 'y', 'é', '1'];
        let mut words = vec![String::new()];
        for _ in 0..4 {
            words = words.iter().flat_map(|word| letters.map(|letter| format!("{letter}{word}"))).collect();
            for word in &words {
                assert_eq!(plural(word), pluralizer::pluralize(word, 2, false), "of {word}");
            }
        }
    }

    #[test]
    fn the_singular_of_a_plural_is_found() {
        for word in
            "user category address box wife person child woman status analysis house course mouse index city".split(' ')
        {
            assert_eq!(singular(&plural(word)), word);
        }
        assert_eq!(singular("user"), "user");
        assert_eq!(singular("news"), "news");
    }
}
