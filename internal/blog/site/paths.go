package site

import (
	"net/url"
	"strconv"
	"unicode"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Paths of a blog that pages of several packages link to.
const (
	// FeedPath is the Atom feed.
	FeedPath = "/feed.xml"
	// ArchivePath has the posts by year, and TagsPath the tags. No post has had an address like them: the slugs have always been reserved.
	ArchivePath = "/archive/"
	TagsPath    = "/tags/"
	// SearchPath finds posts by their words.
	SearchPath = "/search/"
	// SubscribePath explains the feeds.
	SubscribePath = "/feed/"
	// LoginPath is where the owner logs in.
	LoginPath = "/login/"
	// WritePath is the list of the owner's posts, and the start of the paths of the editor.
	WritePath = "/write/"
	// NewPostPath is the form for a new post, and SettingsPath that of the settings of the blog.
	NewPostPath  = WritePath + "new/"
	SettingsPath = WritePath + "settings/"
	// SharedPath is the start of the paths of posts that their authors share.
	SharedPath = "/preview/"
	// LoginToWrite leads to WritePath, by way of the login if necessary.
	LoginToWrite = LoginPath + "?next=" + WritePath
)

// SessionCookie is the name of the cookie with the token of a session of the editor.
const SessionCookie = "session"

// AccountURL returns where the owner manages the blog on the public site. Empty: that is not known yet.
func AccountURL(t *directory.Tenant) string {
	if t.PublicURL == "" {
		return ""
	}
	return t.PublicURL + "/account/" + url.PathEscape(t.Name) + "/"
}

// OwnerLinks returns the links for the owner of a blog, who is logged in.
func OwnerLinks(t *directory.Tenant) []web.Link {
	links := []web.Link{
		{Address: NewPostPath, Text: "Write"}, {Address: WritePath, Text: "Posts"}, {Address: SettingsPath, Text: "Settings"},
	}
	if account := AccountURL(t); account != "" {
		links = append(links, web.Link{Address: account, Text: "Account"})
	}
	return links
}

// PostPath returns the path of a post, percent-encoded as it is sent (RFC 3987, section 3.1).
func PostPath(slug string) string { return "/" + url.PathEscape(slug) + "/" }

// TagPath returns the path of the posts with a tag, percent-encoded. All spellings of the tag have one path.
func TagPath(tag string) string { return "/tag/" + url.PathEscape(post.TagKey(tag)) + "/" }

// YearPath returns the path of the posts of a year.
func YearPath(year int) string { return ArchivePath + strconv.Itoa(year) + "/" }

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
