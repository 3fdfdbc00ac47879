package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/echoblogs/echoblogs/internal/outbox"
)

// Message is an email in plain text.
type Message struct {
	// To is the recipient's address.
	To string
	// Subject and Body are in English; lines of Body end with \n.
	Subject, Body string
	// ID is unique on this site and the same for every attempt to send the email, so that mail servers can recognize a
	// repeated one.
	ID string
	// Date is when the email was written.
	Date time.Time
}

// Transport sends emails.
type Transport interface {
	// Send sends an email. After an error the email may or may not have been sent; an *outbox.PermanentError says that it
	// can never be sent.
	Send(ctx context.Context, m Message) error
}

// Site is the public site, as emails refer to it.
type Site struct {
	// URL is its address without a slash at the end.
	URL string
	// Contact is the address of support, in the form in which people read it. Empty: unknown.
	Contact string
}

// Person is a user to whom emails are sent.
type Person struct {
	ID              int64
	Username, Email string
	// Active reports whether the user may log in, and Confirmed whether the email address is known to be theirs.
	Active, Confirmed bool
}

// ErrNoPerson is returned when no user has an ID or login.
var ErrNoPerson = errors.New("no such user")

// People finds users.
type People interface {
	// PersonByID returns the user with an ID, or ErrNoPerson.
	PersonByID(ctx context.Context, id int64) (Person, error)
	// PersonByLogin returns the user with a user name or email address, or ErrNoPerson.
	PersonByLogin(ctx context.Context, login string) (Person, error)
}

// Tokens creates the tokens in links. Each works once. A correction of the address makes earlier tokens invalid, so that the
// address is read after the token was created: the old address gets no valid link.
type Tokens interface {
	ConfirmToken(ctx context.Context, userID int64) (string, error)
	ResetToken(ctx context.Context, userID int64) (string, error)
	InviteToken(ctx context.Context, i Invite) (string, error)
}

// Sender sends the emails in the outbox. All its fields are required.
type Sender struct {
	Transport Transport
	People    People
	Tokens    Tokens
	// Site returns the public site.
	Site func(ctx context.Context) (Site, error)
	// BlogURL returns the address of a Tenant's blog. Empty: it has none.
	BlogURL func(ctx context.Context, tenant string) string
}

// Register makes a worker send emails of all kinds.
func (s *Sender) Register(w *outbox.Worker) {
	for kind, decode := range decoders {
		w.Register(kindPrefix+kind, outbox.Consumer{Deliver: func(ctx context.Context, m outbox.Message) error {
			draft, err := decode(m.Payload)
			if err != nil {
				return &outbox.PermanentError{Err: fmt.Errorf("decode mail of kind %s: %w", kind, err)}
			}
			return s.send(ctx, draft, m)
		}})
	}
}

func (s *Sender) send(ctx context.Context, draft Draft, m outbox.Message) error {
	data, err := draft.write(ctx, s)
	if errors.Is(err, ErrNoPerson) {
		return outbox.ErrObsolete
	}
	if err != nil {
		return err
	}
	if data.Site, err = s.Site(ctx); err != nil {
		return err
	}
	subject, body, err := render(draft.header().kind, data)
	if err != nil {
		return err
	}
	return s.Transport.Send(ctx, Message{
		To: data.To, Subject: subject, Body: body, ID: fmt.Sprintf("%d.%d", m.ID, m.CreatedAt.UnixMicro()), Date: m.CreatedAt,
	})
}
