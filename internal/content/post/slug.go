package post

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	// MaxSlugLength is the maximum length of a slug, in bytes.
	MaxSlugLength = 100
	// generatedSlugLength is the maximum length of a slug derived from a title, which is cut at a word boundary.
	generatedSlugLength = 80
)

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// reservedSlugs are the paths of a blog that are not posts, and some that may be needed later.
var reservedSlugs = []string{
	"admin", "api", "archive", "assets", "edit", "editor", "export", "feed", "healthz", "import", "login", "logout",
	"media", "metrics", "new", "page", "posts", "preview", "readyz", "register", "robots", "search", "settings",
	"sitemap", "static", "tags", "well-known", "write",
}

// Slug derives a slug from a title: lower-case ASCII letters and digits with hyphens between words, at most 80 bytes. If
// no letter of the title has an ASCII form, the slug is derived from its checksum. A title always gives the same slug.
func Slug(title string) string {
	var slug strings.Builder
	for word := range strings.FieldsFuncSeq(transliterate(title), func(r rune) bool { return !isSlugLetter(r) }) {
		if slug.Len() > 0 {
			if slug.Len()+1+len(word) > generatedSlugLength {
				break
			}
			slug.WriteByte('-')
		}
		slug.WriteString(word[:min(len(word), generatedSlugLength)])
	}
	switch {
	case slug.Len() == 0:
		sum := sha256.Sum256([]byte(title))
		return "post-" + hex.EncodeToString(sum[:4])
	case slices.Contains(reservedSlugs, slug.String()):
		return slug.String() + "-post"
	}
	return slug.String()
}

// checkSlug returns an *InvalidError if a post cannot have the slug.
func checkSlug(slug string) error {
	switch {
	case len(slug) > MaxSlugLength:
		return invalid("slug", "The address has %d characters; the maximum is %d.", len(slug), MaxSlugLength)
	case !slugForm.MatchString(slug):
		return invalid("slug", "%q is not a valid address. Use lowercase letters, digits and single hyphens, such as my-first-post.", slug)
	case slices.Contains(reservedSlugs, slug):
		return invalid("slug", "The address %q is reserved. Choose another one.", slug)
	}
	return nil
}

func isSlugLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }

// transliterate converts text to lower-case ASCII letters where possible: diacritics are removed, and letters that do not
// decompose are spelled out. Apostrophes are dropped: don't becomes dont, not don-t.
func transliterate(text string) string {
	text = spelling.Replace(strings.ToLower(text))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(text))
}

var spelling = strings.NewReplacer(
	"'", "", "’", "", "ʼ", "", "&", " and ",
	// Latin letters that Unicode does not decompose.
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ŋ", "ng",
	// Cyrillic, close to ISO 9 and to the common spelling of names.
	"а", "a", "б", "b", "в", "v", "г", "g", "ґ", "g", "д", "d", "е", "e", "є", "ye", "ё", "yo", "ж", "zh", "з", "z",
	"и", "i", "і", "i", "ї", "yi", "й", "y", "к", "k", "л", "l", "м", "m", "н", "n", "о", "o", "п", "p", "р", "r",
	"с", "s", "т", "t", "у", "u", "ф", "f", "х", "kh", "ц", "ts", "ч", "ch", "ш", "sh", "щ", "shch", "ъ", "",
	"ы", "y", "ь", "", "э", "e", "ю", "yu", "я", "ya", "ђ", "dj", "ј", "j", "љ", "lj", "њ", "nj", "ћ", "c", "џ", "dz",
	// Greek.
	"α", "a", "ά", "a", "β", "v", "γ", "g", "δ", "d", "ε", "e", "έ", "e", "ζ", "z", "η", "i", "ή", "i", "θ", "th",
	"ι", "i", "ί", "i", "ϊ", "i", "ΐ", "i", "κ", "k", "λ", "l", "μ", "m", "ν", "n", "ξ", "x", "ο", "o", "ό", "o",
	"π", "p", "ρ", "r", "σ", "s", "ς", "s", "τ", "t", "υ", "y", "ύ", "y", "ϋ", "y", "ΰ", "y", "φ", "f", "χ", "ch",
	"ψ", "ps", "ω", "o", "ώ", "o",
)
