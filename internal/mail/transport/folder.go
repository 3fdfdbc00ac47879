package transport

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/echoblogs/echoblogs/internal/mail"
)

// Folder is a mail.Transport that writes each email into a file instead of sending it: for demos and tests.
type Folder struct {
	// Path is the folder, which is created if it does not exist.
	Path string
	// From is the sender's address.
	From string
}

// Send writes an email into an .eml file.
func (f Folder) Send(_ context.Context, m mail.Message) error {
	message, err := compose(f.From, m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.Path, 0o700); err != nil {
		return fmt.Errorf("create folder for emails: %w", err)
	}
	// The file gets its final name when it is complete: readers may be waiting for it.
	file, err := os.CreateTemp(f.Path, ".mail-*")
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	_, err = message.WriteTo(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		name := time.Now().UTC().Format("20060102T150405.000000000Z") + filepath.Base(file.Name())[len(".mail"):] + ".eml"
		err = os.Rename(file.Name(), filepath.Join(f.Path, name))
	}
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return nil
}
