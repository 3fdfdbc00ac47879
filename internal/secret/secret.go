// Package secret generates the secrets in cookies, links and codes, and hashes them for storage.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// size is the number of random bytes in a secret.
const size = 20

// New returns a secret of 160 random bits, more than the 128 that OWASP requires of a session ID.
func New() string {
	random := make([]byte, size)
	rand.Read(random) // never fails
	return base64.RawURLEncoding.EncodeToString(random)
}

// IsSecret reports whether New can have returned text.
func IsSecret(text string) bool {
	random, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(random) == size
}

// Hash returns the form in which a secret is stored. Secrets are random, so they need no slow hash.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
