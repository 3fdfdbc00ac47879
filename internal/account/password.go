package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

const (
	// MinPasswordLength is the shortest that a password may be, in characters.
	MinPasswordLength = 10
	// MaxPasswordLength is the longest, in characters: it keeps hashing cheap.
	MaxPasswordLength = 200

	// The least that the OWASP Password Storage Cheat Sheet asks of argon2id.
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16 // bytes; RFC 9106 section 3.1 recommends 16
	argonKey     = 32 // bytes
	// hashesAtOnce bounds how many passwords are hashed at the same time, and hashesWaiting how many more wait: a flood
	// of logins takes 19 MiB for each of the former, and is refused beyond the latter.
	hashesAtOnce  = 4
	hashesWaiting = 256
)

// ErrBusy says that too many passwords are being hashed already.
var ErrBusy = errors.New("too many passwords are being checked at once")

// PasswordError says why a password cannot be used, in a sentence for the person who chose it.
type PasswordError struct{ Sentence string }

func (e *PasswordError) Error() string { return e.Sentence }

//go:embed passwords.txt
var passwordList string

// knownPasswords are those of at least MinPasswordLength characters that attackers try first, in lower case.
var knownPasswords = func() map[string]bool {
	known := make(map[string]bool)
	for line := range strings.Lines(passwordList) {
		known[strings.TrimSpace(line)] = true
	}
	return known
}()

// CheckPassword returns a *PasswordError when a password is too short, too long, or among the first that are tried. The
// rules are those of NIST SP 800-63B section 5.1.1.2: length and a list, and no rule about characters.
func CheckPassword(password, username, email string) error {
	lower := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case n < MinPasswordLength:
		return &PasswordError{fmt.Sprintf("Use at least %d characters; a few words are easy to remember.", MinPasswordLength)}
	case n > MaxPasswordLength:
		return &PasswordError{fmt.Sprintf("Use at most %d characters.", MaxPasswordLength)}
	case knownPasswords[lower], strings.Count(lower, lower[:1]) == len(lower):
		return &PasswordError{"This password is among the first that are tried by others: choose another one."}
	case lower == EmailKey(email), lower == strings.ToLower(username):
		return &PasswordError{"Choose a password that is not your user name or address."}
	}
	return nil
}

// Hasher hashes and verifies passwords, a few at a time. The zero value is not usable; NewHasher makes one.
type Hasher struct {
	running, waiting chan struct{}
	dummy            string
}

// NewHasher returns a Hasher.
func NewHasher() *Hasher {
	h := &Hasher{running: make(chan struct{}, hashesAtOnce), waiting: make(chan struct{}, hashesAtOnce+hashesWaiting)}
	h.dummy = encode(make([]byte, argonSalt), make([]byte, argonKey))
	return h
}

// Hash returns the PHC string of a password. It waits its turn, and returns ErrBusy when too many wait, or the context's
// error.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails
	key, err := h.derive(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return encode(salt, key), nil
}

// Verify reports whether a password is the one of a PHC string. An empty string stands for an account that does not
// exist: it takes as long and is never right, so that the answer's time does not tell.
func (h *Hasher) Verify(ctx context.Context, password, phc string) (bool, error) {
	exists := phc != ""
	if !exists {
		phc = h.dummy
	}
	salt, want, err := decode(phc)
	if err != nil {
		return false, err
	}
	got, err := h.derive(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && exists, nil
}

func (h *Hasher) derive(ctx context.Context, password string, salt []byte) ([]byte, error) {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return nil, ErrBusy
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the turn of a password: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey), nil
}

var phcPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonThreads)

func encode(salt, key []byte) string {
	return phcPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

func decode(phc string) (salt, key []byte, err error) {
	saltText, keyText, ok := strings.Cut(strings.TrimPrefix(phc, phcPrefix), "$")
	if !ok || !strings.HasPrefix(phc, phcPrefix) {
		return nil, nil, errors.New("a stored password hash is not of the form that is written here")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(saltText); err == nil {
		key, err = base64.RawStdEncoding.DecodeString(keyText)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("decode a stored password hash: %w", err)
	}
	return salt, key, nil
}
