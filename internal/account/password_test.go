package account_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/echoblogs/echoblogs/internal/account"
)

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	const (
		short    = "Use at least 10 characters. A few words are easy to remember."
		guessed  = "This password is too easy to guess. Choose another one."
		personal = "Choose a password other than your user name or email address."
	)
	for password, want := range map[string]string{
		"a horse reads slowly":    "",
		"ünïcödé ok":              "",
		"short":                   short,
		"ünïcödé o":               short,
		strings.Repeat("a b", 90): "Use at most 200 characters.",
		"password123":             guessed,
		"PassWord123":             guessed,
		"aaaaaaaaaaaa":            guessed,
		"jane-doe-the-first":      personal,
		"Jane@Example.org":        personal,
	} {
		err := account.CheckPassword(password, "jane-doe-the-first", "jane@example.org")
		if want == "" && err == nil {
			continue
		}
		var invalid *account.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != account.FieldPassword || invalid.Sentence != want {
			t.Errorf("%q: got %v, want %q", password, err, want)
		}
	}
}

func TestCheckEmail(t *testing.T) {
	t.Parallel()
	const invalidSentence = "Enter a valid email address, such as jane@example.com."
	for email, want := range map[string]string{
		"jane@example.org":                         "",
		"Jane.Doe+blog@example.org":                "",
		"jane@xn--exmple-cua.org":                  "",
		"jané@example.org":                         "We cannot send email to this address: use one with only the letters a to z, digits and punctuation before the @.",
		"\u200fjane@example.org":                   invalidSentence,
		"jane@example.org\u200f":                   invalidSentence,
		"jane@-exämple.org":                        invalidSentence,
		"jane":                                     invalidSentence,
		"":                                         invalidSentence,
		"Jane <jane@example.org>":                  invalidSentence,
		"jane@example.org, joe@example.org":        invalidSentence,
		"\"jane doe\"@example.org":                 invalidSentence,
		"jane@[127.0.0.1]":                         invalidSentence,
		"jane@127.0.0.1":                           invalidSentence,
		"jane@-example.org":                        invalidSentence,
		"jane@example_1.org":                       invalidSentence,
		"jane@xn--":                                invalidSentence,
		strings.Repeat("j", 65) + "@e.org":         invalidSentence,
		"jane@" + strings.Repeat("e", 64) + ".org": invalidSentence,
		strings.Repeat("j", 250) + "@e.org":        "Enter an email address of at most 254 characters.",
	} {
		err := account.CheckEmail(email)
		if want == "" && err == nil {
			continue
		}
		var invalid *account.InvalidError
		if !errors.As(err, &invalid) || invalid.Field != account.FieldEmail || invalid.Sentence != want {
			t.Errorf("%q: got %v, want %q", email, err, want)
		}
	}
}

// network is where the passwords of these tests come from.
const network = "192.0.2.1"

func TestHasher(t *testing.T) {
	t.Parallel()
	h := account.NewHasher()
	one, err := h.Hash(t.Context(), network, "a horse reads slowly")
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.Hash(t.Context(), network, "a horse reads slowly")
	if err != nil {
		t.Fatal(err)
	}
	if one == two {
		t.Error("the same password has the same hash twice")
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("it is not a PHC string with the documented parameters: %s", one)
	}
	for _, c := range []struct {
		password, hash string
		want           bool
	}{
		{"a horse reads slowly", one, true},
		{"a horse reads slowly", two, true},
		{"A horse reads slowly", one, false},
		{"", one, false},
		{"a horse reads slowly", "", false}, // there is no such account
	} {
		if got, err := h.Verify(t.Context(), network, c.password, c.hash); err != nil || got != c.want {
			t.Errorf("%q against %q: got %t, %v; want %t", c.password, c.hash, got, err, c.want)
		}
	}
	composed, err := h.Hash(t.Context(), network, "caf\u00e9 au lait")
	if err != nil {
		t.Fatal(err)
	}
	if same, err := h.Verify(t.Context(), network, "cafe\u0301 au lait", composed); err != nil || !same {
		t.Errorf("a decomposed accent is another password: %t, %v", same, err)
	}
	if _, err := h.Verify(t.Context(), network, "x", "$2y$10$abc"); err == nil {
		t.Error("a hash of another kind is accepted")
	}
}

// A flood of logins neither exhausts memory nor waits forever.
func TestHasherIsBounded(t *testing.T) {
	t.Parallel()
	h := account.NewHasher()
	ctx, cancel := context.WithCancel(t.Context())
	results := make(chan error)
	const many = 400
	for range many {
		go func() {
			_, err := h.Hash(ctx, network, "a horse reads slowly")
			results <- err
		}()
	}
	var busy, done int
	for range many {
		switch err := <-results; {
		case errors.Is(err, account.ErrBusy):
			busy++
		case err == nil, errors.Is(err, context.Canceled):
			done++
		default:
			t.Error(err)
		}
		if busy > 0 {
			cancel() // the rest need not be hashed
		}
	}
	cancel()
	if busy == 0 || done == 0 {
		t.Errorf("of %d at once %d were refused and %d had their turn", many, busy, done)
	}
}

// A flood of logins from one network, such as right ones of one user, neither delays nor refuses those of others.
func TestHasherIsFairToNetworks(t *testing.T) {
	t.Parallel()
	h := account.NewHasher()
	ctx, cancel := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	var hashed atomic.Int32
	var refused sync.Once
	full := make(chan struct{})
	for range 400 {
		flood.Go(func() {
			switch _, err := h.Hash(ctx, network, "a horse reads slowly"); {
			case err == nil:
				hashed.Add(1)
			case errors.Is(err, account.ErrBusy):
				refused.Do(func() { close(full) })
			}
		})
	}
	<-full
	before := hashed.Load()
	if _, err := h.Hash(ctx, "2001:db8::/64", "a horse reads slowly"); err != nil {
		t.Errorf("another network: %v", err)
	}
	if waited := hashed.Load() - before; waited > 32 { // half of those that were waiting
		t.Errorf("another network waited for %d passwords", waited)
	}
	cancel()
	flood.Wait()
}

// A password that has waited too long was not hashed because the site is busy, not because the database is unavailable.
func TestHasherIsBusyAfterTheTimeLimit(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := account.NewHasher().Hash(ctx, network, "a horse reads slowly"); !errors.Is(err, account.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
}
