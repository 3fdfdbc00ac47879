package language

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// rightToLeft are the languages, and the scripts in tags such as az-Arab, that are written from right to left (Unicode CLDR,
// characterOrder).
var rightToLeft = []string{
	"ar", "arc", "ckb", "dv", "fa", "glk", "he", "iw", "ks", "lrc", "mzn", "nqo", "ps", "rhg", "sd", "sdh", "syr", "ug", "ur", "yi",
	"arab", "hebr", "syrc", "thaa", "nkoo", "adlm", "rohg",
}

// Of returns the language of a BCP 47 tag. A script in the tag decides its direction.
func Of(tag string) Language {
	subtags := strings.Split(strings.ToLower(tag), "-")
	written := subtags[0]
	for _, subtag := range subtags[1:] {
		if len(subtag) == 4 && subtag[0] > '9' { // a script; variants of four characters begin with a digit
			written = subtag
			break
		}
	}
	return Language{Tag: tag, RightToLeft: slices.Contains(rightToLeft, written)}
}

// IsLatin reports whether the language of a BCP 47 tag is written with Latin letters, as far as is known (Unicode CLDR, likely
// subtags). Guess does not tell such languages from one another.
func IsLatin(tag string) bool {
	parsed, err := language.Parse(tag)
	script, _ := parsed.Script()
	return err == nil && (script.String() == "Latn" || script.String() == "Zzzz")
}
