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
	"golang.org/x/text/unicode/norm"

	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/slots"
)

const (
	// MinPasswordLength is the length of the shortest password, in characters.
	MinPasswordLength = 10
	// MaxPasswordLength is the length of the longest password, in characters. It keeps hashing cheap.
	MaxPasswordLength = 200

	// The minimum for argon2id in the OWASP Password Storage Cheat Sheet.
	argonMemory  = 19 << 10 // KiB
	argonTime    = 2
	argonThreads = 1
	argonSalt    = 16 // bytes; RFC 9106 section 3.1 recommends 16
	argonKey     = 32 // bytes
	// hashesAtOnce is how many passwords are hashed at the same time, each in 19 MiB. hashesWaiting is how many more may wait,
	// and hashesWaitingOfNetwork how many of one network. They bound the memory that a flood of logins uses.
	hashesAtOnce           = 4
	hashesWaiting          = 1024
	hashesWaitingOfNetwork = 64
)

// ErrBusy is returned when too many passwords, of all networks or of one, are waiting to be hashed, or when one has waited too long.
var ErrBusy = errors.New("too many passwords are waiting to be hashed")

//go:embed passwords.txt
var passwordList string

// commonPasswords are the passwords of at least MinPasswordLength characters that attackers try first, in lower case.
var commonPasswords = func() map[string]bool {
	common := make(map[string]bool)
	for line := range strings.Lines(passwordList) {
		common[strings.TrimSpace(line)] = true
	}
	return common
}()

// CheckPassword returns an *InvalidError if a password is too short, too long or easy to guess. As NIST SP 800-63B section
// 5.1.1.2 recommends, it checks the length and a list, and has no rules about characters.
func CheckPassword(password, username, email string) error {
	password = norm.NFC.String(password) // as it is hashed
	lower := strings.ToLower(password)
	var sentence string
	switch n := utf8.RuneCountInString(password); {
	case n < MinPasswordLength:
		sentence = fmt.Sprintf("Use at least %d characters. A few words are easy to remember.", MinPasswordLength)
	case n > MaxPasswordLength:
		sentence = fmt.Sprintf("Use at most %d characters.", MaxPasswordLength)
	case commonPasswords[lower], strings.Count(lower, lower[:1]) == len(lower):
		sentence = "This password is too easy to guess. Choose another one."
	case lower == naming.EmailKey(email), lower == strings.ToLower(username):
		sentence = "Choose a password other than your user name or email address."
	default:
		return nil
	}
	return &InvalidError{FieldPassword, sentence}
}

// Hasher hashes and verifies passwords, a few at a time. The networks that they come from take turns, so that a flood of
// logins from one does not delay those from others. Use NewHasher to create one.
type Hasher struct {
	running *slots.Slots[string]
	dummy   string
}

// NewHasher returns a Hasher.
func NewHasher() *Hasher {
	h := &Hasher{running: slots.New[string](slots.Limits{
		Total: hashesAtOnce, PerUser: hashesAtOnce, Waiting: hashesWaitingOfNetwork, WaitingInAll: hashesWaiting,
	})}
	h.dummy = encode(make([]byte, argonSalt), make([]byte, argonKey))
	return h
}

// Hash returns the PHC string of a password. network is where it comes from, as rate limits count it. Hash returns ErrBusy if
// too many passwords are waiting.
func (h *Hasher) Hash(ctx context.Context, network, password string) (string, error) {
	salt := make([]byte, argonSalt)
	rand.Read(salt) // never fails
	key, err := h.derive(ctx, network, password, salt)
	if err != nil {
		return "", err
	}
	return encode(salt, key), nil
}

// Verify reports whether a password matches a PHC string. An empty string stands for an account that does not exist: no
// password matches it, and the check takes as long as any other, so that its duration reveals nothing. network is where the
// password comes from. Verify returns ErrBusy if too many passwords are waiting.
func (h *Hasher) Verify(ctx context.Context, network, password, phc string) (bool, error) {
	exists := phc != ""
	if !exists {
		phc = h.dummy
	}
	salt, want, err := decode(phc)
	if err != nil {
		return false, err
	}
	got, err := h.derive(ctx, network, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && exists, nil
}

func (h *Hasher) derive(ctx context.Context, network, password string, salt []byte) ([]byte, error) {
	release, err := h.running.Acquire(ctx, network)
	switch {
	case errors.Is(err, slots.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		return nil, ErrBusy
	case err != nil:
		return nil, fmt.Errorf("wait to hash a password: %w", err)
	}
	defer release()
	// An é that was typed on another system may be e and an accent. RFC 8265 section 4.2.2 prescribes the form.
	password = norm.NFC.String(password)
	return argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey), nil
}

var phcPrefix = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$", argon2.Version, argonMemory, argonTime, argonThreads)

func encode(salt, key []byte) string {
	return phcPrefix + base64.RawStdEncoding.EncodeToString(salt) + "$" + base64.RawStdEncoding.EncodeToString(key)
}

func decode(phc string) (salt, key []byte, err error) {
	saltText, keyText, ok := strings.Cut(strings.TrimPrefix(phc, phcPrefix), "$")
	if !ok || !strings.HasPrefix(phc, phcPrefix) {
		return nil, nil, errors.New("decode password hash: unknown format or parameters")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(saltText); err == nil {
		key, err = base64.RawStdEncoding.DecodeString(keyText)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("decode password hash: %w", err)
	}
	return salt, key, nil
}
