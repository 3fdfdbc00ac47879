package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// AddressFromEnv returns where the address of a database is, as the environment says: in the variable itself, or in the file
// that VARIABLE_FILE names. It returns "" if neither is set.
//
// An address is a connection URI of PostgreSQL, or the absolute path of a file that holds one. The file is read again for each
// new connection, so that a changed password, such as that of a mounted Secret, is used without a restart.
func AddressFromEnv(variable string) (string, error) {
	if uri := os.Getenv(variable); uri != "" {
		return uri, nil
	}
	name := os.Getenv(variable + "_FILE")
	if name == "" {
		return "", nil
	}
	path, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("find the file that %s_FILE names: %w", variable, err)
	}
	if _, err := readAddress(path); err != nil {
		return "", fmt.Errorf("%s_FILE: %w", variable, err)
	}
	return path, nil
}

// readAddress returns the connection URI of an address.
func readAddress(address string) (string, error) {
	if !filepath.IsAbs(address) {
		return address, nil
	}
	uri, err := os.ReadFile(address)
	if err != nil {
		return "", fmt.Errorf("read the file with the address of the database: %w", err)
	}
	if address := strings.TrimSpace(string(uri)); address != "" {
		return address, nil
	}
	// The driver would connect to the server of this machine.
	return "", &fs.PathError{Op: "read", Path: address, Err: errors.New("it is empty")}
}

// addressError explains why an address cannot be used. The driver's error quotes the address, which contains the password.
func addressError(err error) error {
	var file *fs.PathError
	switch {
	case errors.As(err, &file):
		return fmt.Errorf("read the database address: the file %s that it names cannot be read: %w", file.Path, file.Err)
	case strings.Contains(err.Error(), "unable to add CA to cert pool"):
		return errors.New("read the database address: the file that sslrootcert names holds no certificate in PEM format")
	case strings.Contains(err.Error(), "sslmode is invalid"):
		return errors.New("read the database address: its sslmode is unknown; use verify-full, verify-ca, require or disable")
	}
	return errors.New("read the database address: it is not of the form postgres://user:password@host:port/database")
}
