package reader

import (
	"fmt"
	"net/http"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/tenancy/directory"
	"github.com/echoblogs/echoblogs/internal/web"
)

// suspended says that a blog is suspended, and how its owner gets it back.
func (rd *Reader) suspended(w http.ResponseWriter, t *directory.Tenant) {
	lead := fmt.Sprintf("%s is not available at the moment. Its posts are kept.", t.DisplayName)
	if t.SuspensionReason != "" {
		lead += " Reason: " + t.SuspensionReason
	}
	page := rd.WithContact(web.Page{
		Title: "This blog is suspended", Site: t.DisplayName, LogIn: site.LoginToWrite, Theme: rd.ThemeOf(rd.LastTheme(t)),
	})
	rd.Layout.Send(w, web.Message{
		Page:   page,
		Status: http.StatusPaymentRequired,
		Lead:   lead,
		Steps: []string{
			"If this is your blog, contact support. Once it is resumed, it is available again within seconds.",
			"You can still log in at the end of this page, read your posts and export them.",
		},
		Link: page.Contact.Link(),
	})
}
