// Package mail writes and sends emails. Each kind of email is one file: a type with the email's data, a text of the same
// name, and a write method, which decides at the time of sending who gets the email, whether it is still needed, and
// which token its link contains. Enqueue puts an email into the outbox; Sender.Register makes a worker send what is there,
// through a Transport of package transport.
package mail

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/internal/postgres"
)

// Draft is the data of an email that is to be sent: a value of one of this package's kinds, such as Reset. It is stored in
// the outbox and must not hold a secret.
type Draft interface {
	header() header
	// write returns what the text needs, or outbox.ErrObsolete.
	write(ctx context.Context, s *Sender) (mailData, error)
}

// header is what the outbox needs to know of a draft.
type header struct {
	// kind is also the name of the text.
	kind    string
	subject string
	userID  int64
}

// mailData is the recipient of an email and what its text shows.
type mailData struct {
	// To is the recipient's address.
	To string
	// Username is the recipient's.
	Username string
	// Path is the page that the email links to, with a token where it needs one.
	Path string
	// Tenant and Blog are the name and the address of the blog that the email is about. Empty: none, unknown.
	Tenant, Blog string
	// Day is the date that the email is about.
	Day time.Time
	// Domain is the custom domain that the email is about.
	Domain Domain
	// Site is the public site.
	Site Site
}

// Link returns the address of the page that the email links to.
func (d mailData) Link() string { return d.Site.URL + d.Path }

// Date returns Day in words.
func (d mailData) Date() string { return d.Day.UTC().Format("2 January 2006") }

// Support returns "support", with its address if there is one.
func (d mailData) Support() string {
	if d.Site.Contact == "" {
		return "support"
	}
	return "support at " + d.Site.Contact
}

//go:embed *.txt
var files embed.FS

var texts = template.Must(template.New("").ParseFS(files, "*.txt"))

// decoders turn the payload of each kind of mail back into its draft.
var decoders = make(map[string]func(payload []byte) (Draft, error))

// register registers a kind of mail.
func register[D Draft]() {
	var zero D
	decoders[zero.header().kind] = func(payload []byte) (Draft, error) {
		var draft D
		err := json.Unmarshal(payload, &draft)
		return draft, err
	}
}

// kindPrefix distinguishes emails from other messages in the outbox.
const kindPrefix = "mail."

// Enqueue adds an email to the outbox. If db is a transaction, the email is sent once it has committed.
func Enqueue(ctx context.Context, db postgres.Querier, d Draft, now time.Time) error {
	h := d.header()
	payload, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode mail of kind %s: %w", h.kind, err)
	}
	return outbox.Enqueue(ctx, db, outbox.Message{
		Kind: kindPrefix + h.kind, Subject: h.subject, UserID: h.userID, Payload: payload, CreatedAt: now,
	})
}

// render renders the text of a kind of email with data. The first line of each text is the subject.
func render(kind string, data mailData) (subject, body string, err error) {
	var text bytes.Buffer
	if err := texts.ExecuteTemplate(&text, kind+".txt", data); err != nil {
		return "", "", fmt.Errorf("render mail of kind %s: %w", kind, err)
	}
	subject, body, _ = strings.Cut(text.String(), "\n\n")
	return strings.TrimPrefix(subject, "Subject: "), body, nil
}
