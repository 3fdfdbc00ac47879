package editor

import (
	"net/url"
	"strconv"
)

// notices are the sentences about what was just done, by the name that the address carries.
var notices = map[string]string{
	"saved":       "Saved.",
	"kept":        "Saved. Readers do not see the changes until you update the post.",
	"published":   "Published. Readers can see it now.",
	"updated":     "Updated. Readers can see the changes now.",
	"scheduled":   "Scheduled. Readers can see it from its date on.",
	"unpublished": "Unpublished. It is a draft now, and readers can no longer see it.",
	"discarded":   "Discarded. The changes are kept among the versions of the post.",
	"shared":      "Saved. Anyone with the link can read it.",
	"unshared":    "Saved. The link no longer works.",
	"restored":    "Restored.",
	"deleted":     "Deleted.",
	"uploaded":    "Uploaded.",
}

// counted are notices about several posts, and about one.
var counted = map[string][2]string{
	"published":   {"1 post was published. With a date in the future, it appears then.", " posts were published. Those with a date in the future appear then."},
	"unpublished": {"1 post was unpublished. It is a draft now.", " posts were unpublished. They are drafts now."},
	"tagged":      {"The tag was added to 1 post.", " posts have the tag now."},
	"trashed":     {"1 post was moved to the trash.", " posts were moved to the trash."},
	"restored":    {"1 post was restored, as a draft.", " posts were restored, as drafts."},
	"erased":      {"1 post was deleted permanently.", " posts were deleted permanently."},
}

// noticeOf returns what the query of an address says. Empty: nothing was done.
func noticeOf(query url.Values) string {
	done := query.Get("done")
	texts, ok := counted[done]
	posts, err := strconv.Atoi(query.Get("posts"))
	switch {
	case !ok || err != nil || posts < 1 || posts > maxChosen:
		return notices[done]
	case posts == 1:
		return texts[0]
	}
	return strconv.Itoa(posts) + texts[1]
}
