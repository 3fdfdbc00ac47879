package web

import (
	"fmt"
	"os"
	"strings"
)

// Setting returns a secret setting, from the variable or from the file that variable_FILE names, or "". It is never
// shown.
func Setting(variable string) (string, error) {
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
