package post

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// MaxSlugLength is the maximum length of a slug, in bytes: as part of an address, three characters stand for each.
	MaxSlugLength = 200
	// generatedSlugLength is the maximum length of a slug derived from a title, in bytes. It is cut at a word boundary.
	generatedSlugLength = 100
)

// slugForm is words of letters and digits of any script, with the marks that belong to them.
var slugForm = regexp.MustCompile(`^[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}]*(-[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}]*)*$`)

// reservedSlugs are the paths of a blog that are not posts, and some that may be needed later.
var reservedSlugs = []string{
	"admin", "api", "archive", "assets", "edit", "editor", "export", "feed", "healthz", "import", "login", "logout",
	"media", "metrics", "new", "page", "posts", "preview", "readyz", "register", "robots", "search", "settings",
	"sitemap", "static", "tag", "tags", "well-known", "write",
}

// Slug derives a slug from a title: its lower-case letters and digits, of any script, with hyphens between words, at most 100
// bytes. If the title has neither, the slug is derived from its checksum. A title always gives the same slug.
func Slug(title string) string {
	var slug strings.Builder
	for word := range strings.FieldsFuncSeq(spell(title), isSeparator) {
		word = strings.TrimLeftFunc(word, unicode.IsMark)
		switch {
		case word == "":
		case slug.Len() == 0:
			slug.WriteString(cut(word, generatedSlugLength))
		case slug.Len()+1+len(word) <= generatedSlugLength:
			slug.WriteString("-" + word)
		default:
			return slug.String()
		}
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

// NoteSlug derives the slug of a post without a title from its date and time, such as 2027-01-31-1830.
func NoteSlug(date time.Time) string { return date.Format("2006-01-02-1504") }

// noteForm is the form of what NoteSlug returns, with a number if another post of the same minute has it.
var noteForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{4}(-[0-9]+)?$`)

// HasDerivedSlug reports whether the slug is the one that Save derives, so that it may change with the title.
func (d *Document) HasDerivedSlug() bool {
	if d.Title == "" {
		return noteForm.MatchString(d.Slug)
	}
	return d.Slug == Slug(d.Title)
}

// maxNumber is the largest number that is added to a slug. The author of more posts of one title chooses.
const maxNumber = 50

// numbered returns a slug with a number, shortened if necessary.
func numbered(slug string, number int) string {
	suffix := "-" + strconv.Itoa(number)
	return strings.TrimRight(cut(slug, MaxSlugLength-len(suffix)), "-") + suffix
}

// IsSlug reports whether a post can have the slug.
func IsSlug(slug string) bool { return checkSlug(slug) == nil }

// checkSlug returns an *InvalidError if a post cannot have the slug.
func checkSlug(slug string) error {
	switch {
	case len(slug) > MaxSlugLength:
		return invalid("slug", "The address has %d bytes; the maximum is %d. Shorten it.", len(slug), MaxSlugLength)
	case !slugForm.MatchString(slug) || normalizeSlug(slug) != slug:
		return invalid("slug", "%q is not a valid address. Use lowercase letters, digits and single hyphens, such as my-first-post.", slug)
	case slices.Contains(reservedSlugs, slug):
		return invalid("slug", "The address %q is reserved. Choose another one.", slug)
	}
	return nil
}

// normalizeSlug returns a slug in lower case and in the form in which addresses are compared (RFC 3987, section 5.3.2.2: NFC).
func normalizeSlug(slug string) string { return norm.NFC.String(strings.ToLower(slug)) }

func isSeparator(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r)
}

// spell returns text in lower case, with plain letters for wide and joined ones. Apostrophes are dropped: don't becomes dont, not
// don-t.
func spell(text string) string {
	return normalizeSlug(norm.NFKC.String(apostrophes.Replace(text)))
}

var apostrophes = strings.NewReplacer("'", "", "’", "", "ʼ", "", "&", " and ")

// cut returns the beginning of text, at most limit bytes of it, in whole characters: letters with their marks.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	for limit > 0 {
		if r, _ := utf8.DecodeRuneInString(text[limit:]); utf8.RuneStart(text[limit]) && !unicode.IsMark(r) {
			break
		}
		limit--
	}
	return text[:limit]
}
