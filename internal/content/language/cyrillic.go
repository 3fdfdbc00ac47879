package language

import (
	"regexp"
	"strings"
	"unicode"
)

// Cyrillic is the tag of text in Cyrillic whose letters occur in several languages (BCP 47: "und" is an undetermined language).
const Cyrillic = "und-Cyrl"

// alphabets are those of languages that are written in Cyrillic. The Ъ of Bulgarian is the vowel that bulgarianVowel finds.
var alphabets = []struct{ tag, letters string }{
	{"ru", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"},
	{"uk", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"},
	{"be", "абвгдеёжзійклмнопрстуўфхцчшыьэюя"},
	{"bg", "абвгдежзийклмнопрстуфхцчшщъЪьюя"},
	{"sr", "абвгдђежзијклљмнњопрстћуфхцчџш"},
	{"mk", "абвгдѓежзѕијклљмнњопрстќуфхцчџш"},
}

// bulgarianVowel is a letter that Russian, which has all others of Bulgarian, writes only before vowels.
var bulgarianVowel = regexp.MustCompile(`ъ([бвгджзйклмнпрстфхцчшщ])`)

// cyrillic returns the tag of text in Cyrillic: that of the only alphabet which lacks at most a few of the letters. Some occur in
// quotations. Languages beside those with an alphabet here, such as Kazakh and Mongolian, have letters that none of these has.
func cyrillic(text string, few int) string {
	text = bulgarianVowel.ReplaceAllString(strings.ToLower(text), "Ъ$1")
	found := ""
	for _, alphabet := range alphabets {
		others := 0
		for _, r := range text {
			if unicode.Is(unicode.Cyrillic, r) && unicode.IsLetter(r) && !strings.ContainsRune(alphabet.letters, r) {
				others++
			}
		}
		switch {
		case others > few:
		case found != "":
			return Cyrillic
		default:
			found = alphabet.tag
		}
	}
	if found == "" {
		return Cyrillic
	}
	return found
}
