package site

// Paths of a blog that pages of several packages link to.
const (
	// FeedPath is the Atom feed.
	FeedPath = "/feed.xml"
	// LoginPath is where the owner logs in.
	LoginPath = "/login/"
	// WritePath is the list of the owner's posts, and the start of the paths of the editor.
	WritePath = "/write/"
	// LoginToWrite leads to WritePath, by way of the login if necessary.
	LoginToWrite = LoginPath + "?next=" + WritePath
)

// IsPlainPath reports whether a path can be the path of a post. No other path is repeated in a redirect: browsers read
// //host and /\host as the address of another site.
func IsPlainPath(path string) bool {
	for i := range len(path) {
		c := path[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '/' {
			return false
		}
	}
	return len(path) > 1 && path[1] != '/'
}
