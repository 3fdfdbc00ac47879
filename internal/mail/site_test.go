package mail_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/mail"
	"github.com/echoblogs/echoblogs/internal/outbox"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// people is what emails know of the users of a site. Its tokens name what they are for.
type people []mail.Person

func (p people) PersonByID(_ context.Context, id int64) (mail.Person, error) {
	return p.find(func(q mail.Person) bool { return q.ID == id })
}

func (p people) PersonByLogin(_ context.Context, login string) (mail.Person, error) {
	return p.find(func(q mail.Person) bool { return q.Username == login || q.Email == login })
}

func (p people) find(matches func(mail.Person) bool) (mail.Person, error) {
	for _, q := range p {
		if matches(q) {
			return q, nil
		}
	}
	return mail.Person{}, mail.ErrNoPerson
}

func (p people) ConfirmToken(_ context.Context, userID int64) (string, error) {
	person, err := p.PersonByID(context.Background(), userID)
	return "confirm " + person.Username, err
}

func (p people) ResetToken(_ context.Context, userID int64) (string, error) {
	person, err := p.PersonByID(context.Background(), userID)
	return "reset " + person.Username, err
}

func (p people) InviteToken(_ context.Context, i mail.Invite) (string, error) {
	return "invite " + i.Username + " to " + i.Tenant + " " + i.Email, nil
}

// mailbox is a transport that keeps the emails.
type mailbox struct {
	mu   sync.Mutex
	sent []mail.Message
}

func (m *mailbox) Send(_ context.Context, message mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = append(m.sent, message)
	return nil
}

// site is a database with a worker that sends emails into a mailbox.
type site struct {
	db      *pgxpool.Pool
	mailbox mailbox
}

// newSite returns a site whose public site and blogs have these addresses.
func newSite(t *testing.T, users people, public mail.Site, blogs map[string]string) *site {
	t.Helper()
	db, _ := tenancytest.Pools(t)
	s := &site{db: db}
	sender := mail.Sender{
		Transport: &s.mailbox, People: users, Tokens: users,
		Site:    func(context.Context) (mail.Site, error) { return public, nil },
		BlogURL: func(_ context.Context, tenant string) string { return blogs[tenant] },
	}
	worker := outbox.NewWorker(db, outbox.Options{PollInterval: 10 * time.Millisecond, Now: func() time.Time { return written }, Log: slog.New(slog.DiscardHandler)})
	sender.Register(worker)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		worker.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-stopped
	})
	return s
}

// send enqueues drafts, waits until nothing is left in the outbox, and returns the emails that were sent.
func (s *site) send(t *testing.T, drafts ...mail.Draft) []mail.Message {
	t.Helper()
	for _, d := range drafts {
		if err := mail.Enqueue(t.Context(), s.db, d, written); err != nil {
			t.Fatal(err)
		}
	}
	s.waitEmpty(t)
	s.mailbox.mu.Lock()
	defer s.mailbox.mu.Unlock()
	sent := s.mailbox.sent
	s.mailbox.sent = nil
	return sent
}

func (s *site) waitEmpty(t *testing.T) {
	t.Helper()
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	limit := time.After(20 * time.Second)
	for {
		var left int
		if err := s.db.QueryRow(t.Context(), `SELECT count(*) FROM public.outbox`).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left == 0 {
			return
		}
		select {
		case <-limit:
			t.Fatalf("%d messages are left", left)
		case <-retry.C:
		}
	}
}

// insertUser adds a user whom a draft may be about, and returns the ID.
func (s *site) insertUser(t *testing.T, username string) int64 {
	t.Helper()
	var id int64
	err := s.db.QueryRow(t.Context(), `INSERT INTO public.users (username, email, email_key, password_hash, role, state, created_at)
		VALUES ($1, $1, $1, '', 'author', 'active', now()) RETURNING id`, username).Scan(&id)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
