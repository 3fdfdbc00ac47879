package web

import (
	"fmt"
	"os"
	"strings"
)

// SecretFromEnv returns a secret from an environment variable, or from the file that VARIABLE_FILE names, or "". Errors do
// not contain the value.
func SecretFromEnv(variable string) (string, error) {
	if value := os.Getenv(variable); value != "" {
		return value, nil
	}
	path := os.Getenv(variable + "_FILE")
	if path == "" {
		return "", nil
	}
	value, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the file that %s_FILE names: %w", variable, err)
	}
	return strings.TrimSpace(string(value)), nil
}
