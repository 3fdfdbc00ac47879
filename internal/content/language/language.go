// Package language guesses the language and the direction of text from its script.
package language

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

// Language is how text is marked up.
type Language struct {
	// Tag is a BCP 47 tag, which can be Cyrillic. Empty: the script does not say, as with Latin.
	Tag string
	// RightToLeft is the direction of the first letter that has one (UAX #9, rules P2 and P3).
	RightToLeft bool
}

// The values of HTML's attribute dir.
const (
	ltr = "ltr"
	rtl = "rtl"
)

// Direction returns the value of HTML's attribute dir.
func (l Language) Direction() string {
	if l.RightToLeft {
		return rtl
	}
	return ltr
}

// maxLetters is how many letters of a text Guess reads.
const maxLetters = 500

// scripts are the scripts that say the language, or the most frequent one of those written in it.
var scripts = []struct {
	script *unicode.RangeTable
	tag    string
}{
	{unicode.Arabic, "ar"},
	{unicode.Hebrew, "he"},
	{unicode.Greek, "el"},
	{unicode.Cyrillic, Cyrillic},
	{unicode.Hiragana, "ja"},
	{unicode.Katakana, "ja"},
	{unicode.Hangul, "ko"},
	{unicode.Han, "zh"},
	{unicode.Thai, "th"},
	{unicode.Devanagari, "hi"},
	{unicode.Bengali, "bn"},
	{unicode.Tamil, "ta"},
	{unicode.Telugu, "te"},
	{unicode.Kannada, "kn"},
	{unicode.Malayalam, "ml"},
	{unicode.Gujarati, "gu"},
	{unicode.Gurmukhi, "pa"},
	{unicode.Sinhala, "si"},
	{unicode.Khmer, "km"},
	{unicode.Lao, "lo"},
	{unicode.Myanmar, "my"},
	{unicode.Georgian, "ka"},
	{unicode.Armenian, "hy"},
	{unicode.Ethiopic, "am"},
	{unicode.Tibetan, "bo"},
}

// letters are letters that Persian and Urdu have and Arabic lacks.
var letters = map[rune]string{
	'پ': "fa", 'چ': "fa", 'ژ': "fa", 'گ': "fa", 'ک': "fa", 'ی': "fa",
	'ٹ': "ur", 'ڈ': "ur", 'ڑ': "ur", 'ے': "ur", 'ں': "ur", 'ھ': "ur", 'ہ': "ur",
}

// Guess guesses the language of text from its first letters: the one of most of them. Kana make Han Japanese, and letters that
// only Persian and Urdu have tell them from Arabic. Cyrillic is Russian, Bulgarian and others only if no other language has its letters.
func Guess(text string) Language {
	var (
		guess  Language
		strong bool
		seen   int
		latin  int
		counts = map[string]int{}
	)
	for at, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		if !strong {
			strong = true
			properties, _ := bidi.LookupRune(r)
			guess.RightToLeft = properties.Class() == bidi.R || properties.Class() == bidi.AL
		}
		if tag := letters[unicode.ToLower(r)]; tag != "" {
			counts[tag]++
		}
		if tag := scriptOf(r); tag != "" {
			counts[tag]++
		} else {
			latin++
		}
		if seen++; seen == maxLetters {
			text = text[:at+utf8.RuneLen(r)]
			break
		}
	}
	if guess.Tag = mostFrequent(counts, latin); guess.Tag == Cyrillic {
		guess.Tag = cyrillic(text, counts[Cyrillic]/200)
	}
	return guess
}

func scriptOf(r rune) string {
	if r < unicode.MaxLatin1 { // most letters of most blogs
		return ""
	}
	for _, s := range scripts {
		if unicode.Is(s.script, r) {
			return s.tag
		}
	}
	return ""
}

// mostFrequent returns the tag of most letters, if they are more than the Latin ones.
func mostFrequent(counts map[string]int, latin int) string {
	// Most words of Japanese have kana, and few are without Han.
	if counts["ja"] > 0 {
		counts["ja"] += counts["zh"]
		counts["zh"] = 0
	}
	tag, most := "", latin
	for _, s := range scripts {
		if counts[s.tag] > most {
			tag, most = s.tag, counts[s.tag]
		}
	}
	switch few := most / 50; {
	case tag != "ar":
	case counts["ur"] > few: // it has the letters of Persian as well
		return "ur"
	case counts["fa"] > few:
		return "fa"
	}
	return tag
}
