package media

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// DefaultMaxFileBytes is the maximum size of a file unless Limits has another: a photo of 16 megapixels in the best quality
// of a camera.
const DefaultMaxFileBytes = 20_000_000

// Limits are those of a blog.
type Limits struct {
	// MaxFileBytes is the maximum size of one file. Defaults to DefaultMaxFileBytes.
	MaxFileBytes int64
	// MaxStorageBytes is the maximum size of all that the blog stores. nil: no limit.
	MaxStorageBytes *int64
	// OtherBytes measures what the blog stores apart from uploads: posts and revisions, whose writers lock the table of uploads
	// until they have ended. nil: nothing.
	OtherBytes func(ctx context.Context, db postgres.Querier) (int64, error)
}

func (l Limits) maxFileBytes() int64 {
	if l.MaxFileBytes <= 0 {
		return DefaultMaxFileBytes
	}
	return l.MaxFileBytes
}

// left returns how many bytes are left next to what other uploads take.
func (l Limits) left(ctx context.Context, db postgres.Querier, used int64) (int64, error) {
	switch {
	case l.MaxStorageBytes == nil:
		return math.MaxInt64, nil
	case l.OtherBytes != nil:
		others, err := l.OtherBytes(ctx, db)
		if err != nil {
			return 0, err
		}
		used += others
	}
	return max(0, *l.MaxStorageBytes-used), nil
}

// RefusedError explains to an author why a file is not accepted.
type RefusedError struct {
	// Name is the name of the file.
	Name string
	// Sentence says what is wrong and what to do.
	Sentence string
}

func (e *RefusedError) Error() string { return e.Name + " was not uploaded. " + e.Sentence }

// TooLargeError is returned for a file that is larger than one may be. Its text is for the author.
type TooLargeError struct {
	// Name is the name of the file.
	Name string
	// Size is its size in bytes. Negative: it is not known, but more than Max.
	Size int64
	// Max is how large a file can be.
	Max int64
}

func (e *TooLargeError) Error() string {
	if e.Size < 0 {
		return fmt.Sprintf("%s was not uploaded: it has more than %s. Make it smaller.", e.Name, FormatBytes(e.Max))
	}
	return fmt.Sprintf("%s was not uploaded: %s, at most %s. Make it smaller.", e.Name, FormatBytes(e.Size), FormatBytes(e.Max))
}

// QuotaError is returned for a file for which the blog has no room. Its text is for the author.
type QuotaError struct {
	// Name is the name of the file.
	Name string
	// Size is how many bytes it takes, with variants if they are known already. Negative: its size is not known.
	Size int64
	// Max is the storage limit of the blog, and Left how many bytes of it are left.
	Max, Left int64
}

func (e *QuotaError) Error() string {
	needs := "it needs " + FormatBytes(e.Size)
	if e.Size < 0 {
		needs = "there is no room"
	}
	return fmt.Sprintf("%s was not uploaded: %s, and %s bytes of %s are left. Delete uploads or posts, or contact support for a higher limit.",
		e.Name, needs, GroupDigits(e.Left), FormatBytes(e.Max))
}

// FormatBytes returns a size for people: with one decimal at most, in units of 1000, rounded up.
func FormatBytes(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return decimal(n, 1000) + " kB"
	case n < 1_000_000_000:
		return decimal(n, 1_000_000) + " MB"
	}
	return decimal(n, 1_000_000_000) + " GB"
}

// decimal rounds up, so that a size above a limit is not shown as the limit.
func decimal(n, unit int64) string {
	tenths := (n*10 + unit - 1) / unit
	return strings.TrimSuffix(fmt.Sprintf("%d.%d", tenths/10, tenths%10), ".0")
}

// GroupDigits returns a number for people, such as 12,345.
func GroupDigits(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
