// Package secret generates the secrets in cookies, links and codes, and hashes them for storage.
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// New returns a secret of 160 random bits, more than the 128 that OWASP requires of a session ID.
func New() string {
	random := make([]byte, 20)
	rand.Read(random) // never fails
	return base64.RawURLEncoding.EncodeToString(random)
}

// Hash returns the form in which a secret is stored. Secrets are random, so they need no slow hash.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
