package media

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/echoblogs/echoblogs/internal/content/media/picture"
)

// PathPrefix is what the addresses of uploads begin with.
const PathPrefix = "/media/"

// addresses match what comes after PathPrefix: an ID, the width of a variant and an extension.
var addresses = regexp.MustCompile(`^([a-z2-7]{26})(?:-([1-9][0-9]{0,4}))?(\.[a-z]{3,4})$`)

// Path returns the address of a file, or of a variant, on its blog. The content at an address never changes.
func (f File) Path(width int) string {
	contentType, _, _ := f.variant(width)
	address := PathPrefix + f.ID
	if width != Original {
		address += "-" + strconv.Itoa(width)
	}
	if fitting := extensions[contentType]; len(fitting) > 0 {
		address += fitting[0]
	}
	return address
}

// ParsePath returns the ID and the width in an address that Path returned. The extension is not checked, since it says
// nothing that the file does not.
func ParsePath(address string) (id string, width int, ok bool) {
	rest, ok := strings.CutPrefix(address, PathPrefix)
	if !ok {
		return "", 0, false
	}
	parts := addresses.FindStringSubmatch(rest)
	if parts == nil {
		return "", 0, false
	}
	if parts[2] != "" {
		width, _ = strconv.Atoi(parts[2]) // at most five digits
	}
	return parts[1], width, true
}

// SourceSet returns the candidates of srcset (HTML, section 4.8.4.2.1), the smallest first: the variants, and the picture
// unless a variant fills a screen. Empty: there are no variants.
func (f File) SourceSet() string {
	if len(f.Variants) == 0 {
		return ""
	}
	var set strings.Builder
	for i := len(f.Variants) - 1; i >= 0; i-- {
		width := f.Variants[i].Width
		set.WriteString(f.Path(width) + " " + strconv.Itoa(width) + "w, ")
	}
	if f.Variants[0].Width == slices.Max(picture.Widths) {
		return strings.TrimSuffix(set.String(), ", ")
	}
	set.WriteString(f.Path(Original) + " " + strconv.Itoa(f.Width) + "w")
	return set.String()
}
