package transfer

import (
	"fmt"
	"hash/fnv"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/echoblogs/echoblogs/internal/naming"
)

// fileNames are the names of an archive's posts, by hashes of how systems compare them that ignore case: ς and σ are the same there,
// and ß and ss. A blog with 100,000 posts takes 2 MB.
type fileNames map[uint64]struct{}

// of returns a name for the file of a post that no other file of the archive has, on any system. Slugs are in lower case and NFC, and
// have no underscore.
func (n fileNames) of(slug string) string {
	hash := fnv.New64a()
	hash.Write([]byte(norm.NFC.String(cases.Fold().String(strings.ToUpper(slug)))))
	if _, taken := n[hash.Sum64()]; taken {
		own := fnv.New64a()
		own.Write([]byte(slug))
		return fmt.Sprintf("%s_%016x.md", slug, own.Sum64())
	}
	n[hash.Sum64()] = struct{}{}
	return naming.FileName(slug, ".md")
}
