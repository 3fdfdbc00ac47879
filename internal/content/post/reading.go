package post

import "github.com/echoblogs/echoblogs/internal/content/language"

// How many bytes of a text in UTF-8 people read in a minute: 230 words of about 6 letters in Latin, or of letters of two bytes in other
// alphabets, or 500 characters of Chinese or Japanese.
const (
	latinBytes    = 230 * 6
	alphabetBytes = 2 * latinBytes
	idiomBytes    = 500 * 3
)

// Minutes returns about how many minutes it takes to read the post, by the size of its content: at least 1.
func (e Entry) Minutes() int {
	perMinute := latinBytes
	switch {
	case e.Language == "" || language.Narrow("", e.Language) != "": // Latin letters
	case len(e.Language) >= 2 && (e.Language[:2] == "zh" || e.Language[:2] == "ja"):
		perMinute = idiomBytes
	default:
		perMinute = alphabetBytes
	}
	return max(1, (e.ContentBytes+perMinute/2)/perMinute)
}

// HasReadingTime reports whether it helps readers to know how long the post is.
func (e Entry) HasReadingTime() bool { return e.ContentBytes > latinBytes }
