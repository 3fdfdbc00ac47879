package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
)

// Seal encrypts data with a key that is derived from a text with a secret in it. Hash of the same text does not tell the key.
func Seal(text string, data []byte) []byte {
	return aead(text).Seal(nil, nil, data, nil) //nolint:gosec // the nonce is random, and a part of the result
}

// Open decrypts what Seal returned for the same text.
func Open(text string, sealed []byte) ([]byte, error) {
	data, err := aead(text).Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, errors.New("decrypt: the data was not encrypted with this key")
	}
	return data, nil
}

// aead returns AES-256-GCM with random nonces.
func aead(text string) cipher.AEAD {
	key := sha256.Sum256([]byte("seal\x00" + text))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has a valid size
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has a valid block size
	}
	return sealer
}
