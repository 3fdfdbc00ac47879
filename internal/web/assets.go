package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// AssetsPrefix is where assets are served.
const AssetsPrefix = "/assets/"

// Assets serves files under addresses that hold their checksum, so that browsers may keep them for ever.
type Assets struct {
	byName map[string]asset
}

type asset struct {
	address, contentType string
	content              []byte
}

// LoadAssets reads the named files. It returns an error when one is missing, so that a program that lacks one does not
// start.
func LoadAssets(files fs.FS, names ...string) (*Assets, error) {
	assets := &Assets{byName: map[string]asset{}}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		base, extension := path.Base(name), path.Ext(name)
		sum := sha256.Sum256(content)
		address := AssetsPrefix + strings.TrimSuffix(base, extension) + "." + hex.EncodeToString(sum[:8]) + extension
		assets.byName[base] = asset{address, mime.TypeByExtension(extension), content}
	}
	return assets, nil
}

// Address returns where the file called name is served. Empty: it was not loaded.
func (a *Assets) Address(name string) string { return a.byName[name].address }

// ServeHTTP answers for one file. Under a checksum that is not its own, the file is served too, but not to be kept:
// while replicas are replaced, an old one is asked for what a new one's page names, and the reverse.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	base, sum := splitChecksum(path.Base(r.URL.Path))
	file, ok := a.byName[base]
	if !ok || sum == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.contentType)
	if file.address == r.URL.Path {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		header.Set("Cache-Control", "no-cache")
	}
	w.Write(file.content)
}

// splitChecksum turns theme.0123456789abcdef.css into theme.css and the checksum.
func splitChecksum(name string) (base, sum string) {
	extension := path.Ext(name)
	stem := strings.TrimSuffix(name, extension)
	sum = path.Ext(stem)
	return strings.TrimSuffix(stem, sum) + extension, strings.TrimPrefix(sum, ".")
}
