package transfer

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/echoblogs/echoblogs/internal/content/settings"
)

// maxSettingsFile is how much of SettingsFile is read. The longest settings take a fifth of it, if each character is written as an
// escape sequence.
const maxSettingsFile = 1 << 20

func (e *Export) addSettings(archive *zip.Writer) error {
	if e.settings.UpdatedAt.IsZero() {
		return nil
	}
	content, err := json.MarshalIndent(e.settings.Settings, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the settings: %w", err)
	}
	return addFile(archive, SettingsFile, content, e.settings.UpdatedAt)
}

// ReadSettings returns the settings of an archive. found is false if it has none: its owner had set nothing. Fields that this version
// does not know are ignored, as in front matter.
func ReadSettings(archive *zip.Reader) (read settings.Settings, found bool, err error) {
	file, err := archive.Open(SettingsFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return settings.Settings{}, false, nil
	case err != nil:
		return settings.Settings{}, false, fmt.Errorf("open %s: %w", SettingsFile, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxSettingsFile+1))
	if err == nil && len(content) > maxSettingsFile {
		err = fmt.Errorf("it has more than %d bytes", maxSettingsFile)
	}
	if err == nil {
		err = json.Unmarshal(content, &read)
	}
	if err != nil {
		return settings.Settings{}, false, fmt.Errorf("read %s: %w", SettingsFile, err)
	}
	return read, true, nil
}

// MoveSettings does for settings what MoveUploads does for a document.
func MoveSettings(s settings.Settings, moved map[string]string) settings.Settings {
	for _, text := range []*string{&s.AuthorPicture, &s.About, &s.Footer} {
		*text = moveAddresses(*text, moved)
	}
	links := s.Navigation
	s.Navigation = nil
	for _, link := range links {
		link.Address = moveAddresses(link.Address, moved)
		s.Navigation = append(s.Navigation, link)
	}
	return s
}
