package site

import (
	"net/url"
	"unicode"

	"github.com/echoblogs/echoblogs/internal/content/post"
)

// Paths of a blog that pages of several packages link to.
const (
	// FeedPath is the Atom feed.
	FeedPath = "/feed.xml"
	// LoginPath is where the owner logs in.
	LoginPath = "/login/"
	// WritePath is the list of the owner's posts, and the start of the paths of the editor.
	WritePath = "/write/"
	// SharedPath is the start of the paths of posts that their authors share.
	SharedPath = "/preview/"
	// LoginToWrite leads to WritePath, by way of the login if necessary.
	LoginToWrite = LoginPath + "?next=" + WritePath
)

// PostPath returns the path of a post, percent-encoded as it is sent (RFC 3987, section 3.1).
func PostPath(slug string) string { return "/" + url.PathEscape(slug) + "/" }

// SharePath returns the path of what a link shows that an author shares.
func SharePath(share post.Share) string { return SharedPath + share.String() + "/" }

// EditPath returns the path where a post is edited, percent-encoded.
func EditPath(slug string) string { return WritePath + url.PathEscape(slug) + "/" }

// IsPlainPath reports whether a path can be the path of a post. No other path is repeated in a redirect: browsers read
// //host and /\host as the address of another site.
func IsPlainPath(path string) bool {
	for _, c := range path {
		if c != '-' && c != '/' && !unicode.IsLetter(c) && !unicode.IsMark(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return len(path) > 1 && path[1] != '/'
}
