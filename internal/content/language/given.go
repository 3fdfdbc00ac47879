package language

import (
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/unicode/bidi"
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

// Narrow returns the tag of a text in which Guess found one. If that leaves the language open, it is the tag of the blog, if its
// language is written in the same script, as far as is known (Unicode CLDR, likely subtags).
func Narrow(found, blog string) string {
	if blog == "" || found != "" && found != Cyrillic { // pages ask for each post
		return found
	}
	parsed, err := language.Parse(blog)
	if err != nil {
		return found
	}
	switch script, _ := parsed.Script(); {
	case found == "" && (script.String() == "Latn" || script.String() == "Zzzz"), found == Cyrillic && script.String() == "Cyrl":
		return blog
	}
	return found
}

// Within returns the direction of a text inside another one: that of the other, unless neither the first letter of the text nor most of
// its letters have it. A quotation or a name at the beginning does not turn a text around.
func Within(text, outer string) string {
	var seen, different int
	first := true
	for _, r := range text {
		properties, _ := bidi.LookupRune(r)
		class := properties.Class()
		if class != bidi.L && class != bidi.R && class != bidi.AL {
			continue
		}
		switch isDifferent := (class == bidi.L) == (outer == rtl); {
		case isDifferent:
			different++
		case first:
			return outer
		}
		first = false
		if seen++; seen == maxLetters {
			break
		}
	}
	switch {
	case 2*different <= seen:
		return outer
	case outer == rtl:
		return ltr
	}
	return rtl
}
