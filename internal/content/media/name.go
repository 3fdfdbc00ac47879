package media

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
)

// MaxNameBytes is the maximum size of a file's name: what common file systems store, less than 255 for an extension and a
// number that an export adds.
const MaxNameBytes = 200

// extensions are those of each type, the usual one first.
var extensions = map[string][]string{
	string(picture.JPEG): {".jpg", ".jpeg", ".jpe", ".jfif"},
	string(picture.PNG):  {".png", ".apng"},
	string(picture.GIF):  {".gif"},
	string(picture.WebP): {".webp"},
	PDF:                  {".pdf"},
}

// unsafe are characters that change how a name is read, or that systems do not allow in names: controls, those that embed or
// override a direction (UAX #9), and those of paths and shells of Windows.
var unsafe = regexp.MustCompile(`[\x00-\x1F\x7F-\x{9F}\x{200E}\x{200F}\x{2028}-\x{202E}\x{2066}-\x{2069}\x{FEFF}<>:"|?*]`)

// MaxAltLength is the maximum length of the description of a picture, in characters: a long paragraph.
const MaxAltLength = 1000

// InvalidError explains to an author why a field is not accepted.
type InvalidError struct {
	// Sentence says what is wrong and what to do.
	Sentence string
}

func (e *InvalidError) Error() string { return e.Sentence }

// cleanAlt returns a description as one line without characters that nobody sees.
func cleanAlt(alt string) (string, error) {
	alt = strings.Join(strings.Fields(controls.ReplaceAllString(strings.ToValidUTF8(alt, ""), " ")), " ")
	if n := utf8.RuneCountInString(alt); n > MaxAltLength {
		return "", &InvalidError{Sentence: fmt.Sprintf("The description of the picture has %d characters; it can have at most %d. Shorten it.", n, MaxAltLength)}
	}
	return alt, nil
}

// controls are control characters, and those that override a direction (UAX #9).
var controls = regexp.MustCompile(`[\x00-\x1F\x7F-\x{9F}\x{202A}-\x{202E}\x{FEFF}]`)

// cleanName returns the last part of a file's name without characters that are unsafe, as one line in NFC.
func cleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = norm.NFC.String(unsafe.ReplaceAllString(name, ""))
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	if name == "" || name == "/" {
		return "file"
	}
	if len(name) <= MaxNameBytes {
		return name
	}
	extension := path.Ext(name)
	if len(extension) > 10 {
		extension = ""
	}
	return truncate(strings.TrimSuffix(name, extension), MaxNameBytes-len(extension)) + extension
}

// truncate returns the first n bytes of a text, without a part of a character.
func truncate(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// nameFor returns a name with an extension of a type, so that a program opens the file as what it is.
func nameFor(name, contentType string) string {
	fitting := extensions[contentType]
	extension := strings.ToLower(path.Ext(name))
	if slices.Contains(fitting, extension) {
		return name
	}
	for _, others := range extensions { // photo.png that is a JPEG becomes photo.jpg
		if slices.Contains(others, extension) {
			name = name[:len(name)-len(extension)]
		}
	}
	return truncate(name, MaxNameBytes) + fitting[0]
}
