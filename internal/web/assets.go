package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// AssetsPrefix is the path under which assets are served.
const AssetsPrefix = "/assets/"

// Assets serves files at URLs that contain their checksum, so that browsers can cache them forever.
type Assets struct {
	byName map[string]asset
}

type asset struct {
	address, contentType string
	content              []byte
}

// LoadAssets reads the named files. It returns an error if one is missing. In a style sheet, url("NAME") becomes the URL of an
// asset that comes before it.
func LoadAssets(files fs.FS, names ...string) (*Assets, error) {
	assets := &Assets{byName: map[string]asset{}}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		if path.Ext(name) == ".css" {
			content = assets.resolve(content)
		}
		assets.Add(path.Base(name), content)
	}
	return assets, nil
}

// Add adds a file and returns its URL. Call it before ServeHTTP.
func (a *Assets) Add(name string, content []byte) string {
	extension := path.Ext(name)
	contentType := mime.TypeByExtension(extension)
	if extension == ".woff2" { // package mime knows it on some systems only
		contentType = "font/woff2"
	}
	sum := sha256.Sum256(content)
	address := AssetsPrefix + strings.TrimSuffix(name, extension) + "." + hex.EncodeToString(sum[:8]) + extension
	a.byName[name] = asset{address, contentType, content}
	return address
}

// resolve replaces the names of assets in a style sheet by their URLs.
func (a *Assets) resolve(css []byte) []byte {
	for name, file := range a.byName {
		css = bytes.ReplaceAll(css, []byte(`url("`+name+`")`), []byte(`url("`+file.address+`")`))
	}
	return css
}

// Address returns the URL of the file called name. Empty: it was not loaded.
func (a *Assets) Address(name string) string { return a.byName[name].address }

// ServeHTTP serves a file. With another version's checksum, it serves the file without letting browsers cache it: during a
// rollout, old replicas get requests for the files of new pages, and vice versa.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	base, sum := splitChecksum(path.Base(r.URL.Path))
	file, ok := a.byName[base]
	if !ok || sum == "" || r.Method != http.MethodGet && r.Method != http.MethodHead {
		http.Error(w, "File not found.", http.StatusNotFound)
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
