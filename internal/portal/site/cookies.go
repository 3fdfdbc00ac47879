package site

import (
	"net/http"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/account"
	"github.com/echoblogs/echoblogs/internal/web"
)

// The names of the cookies.
const (
	// SessionCookie holds the token of a session.
	SessionCookie = "session"
	// RegistrationCookie holds the token of a registration, which logs the person in once.
	RegistrationCookie = "registration"

	// browserCookie holds the ID by which accounts know the browser.
	browserCookie = "browser"
	noticeCookie  = "notice"
)

func (r *Request) cookies() web.Cookies {
	return web.Cookies{Secure: strings.HasPrefix(r.Platform.Spec.PublicURL, "https:")}
}

// CookieValue returns the value of a cookie, or "".
func (r *Request) CookieValue(name string) string { return r.cookies().Get(r.Request, name) }

// SetCookie sets a cookie for this site.
func (r *Request) SetCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	r.cookies().Set(w, name, value, life)
}

// SetSession logs the browser in with the token of a session that was started for Browser.
func (r *Request) SetSession(w http.ResponseWriter, token string) {
	r.SetCookie(w, SessionCookie, token, account.SessionLife)
	r.KeepBrowserID(w)
}

// KeepBrowserID makes the browser send the ID of Browser from now on.
func (r *Request) KeepBrowserID(w http.ResponseWriter) {
	r.SetCookie(w, browserCookie, r.Browser().ID, account.BrowserLife)
}

// ClearCookie removes a cookie.
func (r *Request) ClearCookie(w http.ResponseWriter, name string) { r.cookies().Clear(w, name) }

// Notice identifies a sentence that says what a request did. The next page shows it.
type Notice string

// The notices.
const (
	NoticeLive          Notice = "live"
	NoticeSaved         Notice = "saved"
	NoticePassword      Notice = "password"
	NoticeSessionEnded  Notice = "session-ended"
	NoticeSessionsEnded Notice = "sessions-ended"
	NoticeReset         Notice = "reset"
	NoticeConfirmed     Notice = "confirmed"
	NoticeMailed        Notice = "mailed"
	NoticeUnchanged     Notice = "unchanged"
	NoticeSuspended     Notice = "suspended"
	NoticeResumed       Notice = "resumed"
	NoticeDeleted       Notice = "deleted"
	NoticeRestored      Notice = "restored"
	NoticeApproved      Notice = "approved"
	NoticeCancelled     Notice = "cancelled"
	NoticeLocked        Notice = "locked"
	NoticeUnlocked      Notice = "unlocked"
	NoticeCodeRevoked   Notice = "code-revoked"
	NoticeResetSent     Notice = "reset-sent"
	NoticeRecordFound   Notice = "record-found"
)

// notices are the sentences. The cookie carries only the identifier, so that no other site can choose the text.
var notices = map[Notice]string{
	NoticeLive:          "Your blog is live.",
	NoticeSaved:         "Saved.",
	NoticeRecordFound:   "The record is right. If the domain is not served yet, it will be within 15 minutes.",
	NoticePassword:      "Your password was changed. All other browsers were logged out.",
	NoticeSessionEnded:  "That browser was logged out.",
	NoticeSessionsEnded: "All other browsers were logged out.",
	NoticeReset:         "Your password was changed. Log in with the new one.",
	NoticeConfirmed:     "Your email address is confirmed.",
	NoticeMailed:        "We have emailed you a link.",
	NoticeUnchanged:     "Nothing was changed.",
	NoticeSuspended:     "The blog is suspended. Readers see this within seconds.",
	NoticeResumed:       "The blog is resumed. Readers can read it again within seconds.",
	NoticeDeleted:       "The blog is deleted. If its data is kept, it will be listed here within seconds.",
	NoticeApproved:      "The deletion is approved. The blog will be gone within seconds.",
	NoticeCancelled:     "The deletion is cancelled. The blog stays as it is.",
	NoticeRestored:      "The blog is being restored with its data. It will be back within seconds.",
	NoticeLocked:        "The account was locked, and its sessions were ended.",
	NoticeUnlocked:      "The account was unlocked.",
	NoticeCodeRevoked:   "The code was revoked.",
	NoticeResetSent:     "We have emailed them a link to choose a new password.",
}

// Sentence returns what the notice says.
func (n Notice) Sentence() string { return notices[n] }

// RedirectWithNotice redirects to another page, which shows a notice.
func RedirectWithNotice(w http.ResponseWriter, r *Request, to string, notice Notice) {
	r.SetCookie(w, noticeCookie, string(notice), time.Minute)
	Redirect(w, r, to)
}

func takeNotice(w http.ResponseWriter, r *Request) string {
	name := r.CookieValue(noticeCookie)
	if name == "" || r.Method != http.MethodGet {
		return ""
	}
	r.ClearCookie(w, noticeCookie)
	return Notice(name).Sentence()
}
