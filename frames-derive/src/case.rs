//! The rules of `rename_all`.

/// How the words of a name are joined. Fields are written `two_words` in Rust, variants `TwoWords`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

/// Every rule under the name that stands in the attribute, itself an example of the rule.
const CASES: &[(&str, Case)] = &[
    ("lowercase", Case::Lower),
    ("UPPERCASE", Case::Upper),
    ("PascalCase", Case::Pascal),
    ("camelCase", Case::Camel),
    ("snake_case", Case::Snake),
    ("SCREAMING_SNAKE_CASE", Case::ScreamingSnake),
    ("kebab-case", Case::Kebab),
    ("SCREAMING-KEBAB-CASE", Case::ScreamingKebab),
];

impl Case {
    /// The rule of this name; otherwise the message that lists them.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        match CASES.iter().find(|(n, _)| *n == name) {
            Some((_, case)) => Ok(*case),
            None => {
                let all: Vec<String> = CASES.iter().map(|(n, _)| format!("{n:?}")).collect();
                Err(format!("there is no case {name:?}; write one of {}", all.join(", ")))
            }
        }
    }

    /// `two_words` in this case. Rust's own case loses no information, so `lowercase` leaves the underscore where it is.
    pub(crate) fn field(self, field: &str) -> String {
        match self {
            Case::Lower | Case::Snake => field.to_owned(),
            Case::Upper | Case::ScreamingSnake => field.to_ascii_uppercase(),
            Case::Pascal => field.split('_').map(capitalized).collect(),
            Case::Camel => uncapitalized(&Case::Pascal.field(field)),
            Case::Kebab => field.replace('_', "-"),
            Case::ScreamingKebab => field.to_ascii_uppercase().replace('_', "-"),
        }
    }

    /// `TwoWords` in this case.
    pub(crate) fn variant(self, variant: &str) -> String {
        match self {
            Case::Pascal => variant.to_owned(),
            Case::Lower => variant.to_ascii_lowercase(),
            Case::Upper => variant.to_ascii_uppercase(),
            Case::Camel => uncapitalized(variant),
            Case::Snake => {
                let mut snake = String::new();
                for (i, c) in variant.char_indices() {
                    if i > 0 && c.is_uppercase() {
                        snake.push('_');
                    }
                    snake.push(c.to_ascii_lowercase());
                }
                snake
            }
            Case::ScreamingSnake => Case::Snake.variant(variant).to_ascii_uppercase(),
            Case::Kebab => Case::Snake.variant(variant).replace('_', "-"),
            Case::ScreamingKebab => Case::ScreamingSnake.variant(variant).replace('_', "-"),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

fn uncapitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_variants_in_every_case() {
        let expected = [
            ("lowercase", "two_words", "twowords"),
            ("UPPERCASE", "TWO_WORDS", "TWOWORDS"),
            ("PascalCase", "TwoWords", "TwoWords"),
            ("camelCase", "twoWords", "twoWords"),
            ("snake_case", "two_words", "two_words"),
            ("SCREAMING_SNAKE_CASE", "TWO_WORDS", "TWO_WORDS"),
            ("kebab-case", "two-words", "two-words"),
            ("SCREAMING-KEBAB-CASE", "TWO-WORDS", "TWO-WORDS"),
        ];
        assert_eq!(expected.len(), CASES.len());
        for (name, field, variant) in expected {
            let case = Case::parse(name).unwrap();
            assert_eq!((&*case.field("two_words"), &*case.variant("TwoWords")), (field, variant), "{name}");
        }
    }

    #[test]
    fn odd_names_do_not_break() {
        for (_, case) in CASES {
            for name in ["", "_", "__x", "x__y", "ž", "Žž", "X"] {
                let _ = (case.field(name), case.variant(name));
            }
        }
        assert_eq!(Case::Pascal.field("_lead__x"), "LeadX");
        assert_eq!(Case::Camel.field("x"), "x");
    }

    #[test]
    fn an_unknown_case_lists_the_known_ones() {
        let message = Case::parse("Camel").unwrap_err();
        assert!(message.contains("\"camelCase\"") && message.contains("\"SCREAMING-KEBAB-CASE\""), "{message}");
    }
}
