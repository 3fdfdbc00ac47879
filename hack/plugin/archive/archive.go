// Package archive packs the kubectl plugin into archives for users, with their checksums and a manifest for krew. The same
// input results in the same bytes.
package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // for the scripts
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// plugin is the name of the program, from which kubectl makes that of the command.
const plugin = "kubectl-echoblogs"

// modified is the time of every file, so that archives do not depend on when they were built. Zip archives have no earlier one.
var modified = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

//go:embed kubectl_complete-echoblogs
var completion []byte

//go:embed kubectl_complete-echoblogs.cmd
var windowsCompletion []byte

// Platform is what a program is compiled for.
type Platform struct {
	// OS and Architecture are those of Go, such as linux and amd64.
	OS, Architecture string
}

// ParsePlatform parses a platform such as linux/amd64.
func ParsePlatform(text string) (Platform, error) {
	system, architecture, ok := strings.Cut(text, "/")
	if !ok || system == "" || architecture == "" {
		return Platform{}, fmt.Errorf("%q is not a platform such as linux/amd64", text)
	}
	return Platform{OS: system, Architecture: architecture}, nil
}

// Program returns the file name of the plugin.
func (p Platform) Program() string {
	if p.OS == "windows" {
		return plugin + ".exe"
	}
	return plugin
}

// file is a file of an archive.
type file struct {
	name    string
	mode    os.FileMode
	content []byte
}

// Release is a version of the plugin.
type Release struct {
	// Version is such as v1.2.3.
	Version string
	// License is the text of the license.
	License []byte
	// URL is the folder from which users download the archives.
	URL string
}

// Archive is an archive in a folder.
type Archive struct {
	Platform Platform
	// Name is the file name, and SHA256 the checksum in hexadecimal digits.
	Name, SHA256 string
}

// Pack packs the program of a platform into an archive in a folder.
func (r Release) Pack(folder string, platform Platform, program string) (Archive, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return Archive{}, fmt.Errorf("read the plugin: %w", err)
	}
	files := []file{{name: "LICENSE", mode: 0o644, content: r.License}, {name: platform.Program(), mode: 0o755, content: content}}
	archive := Archive{Platform: platform, Name: strings.Join([]string{plugin, r.Version, platform.OS, platform.Architecture}, "_")}
	pack := packTar
	if platform.OS == "windows" {
		archive.Name, pack = archive.Name+".zip", packZip
		files = append(files, file{name: "kubectl_complete-echoblogs.cmd", mode: 0o755, content: windowsCompletion})
	} else {
		archive.Name += ".tar.gz"
		files = append(files, file{name: "kubectl_complete-echoblogs", mode: 0o755, content: completion})
	}
	packed, err := pack(files)
	if err != nil {
		return Archive{}, fmt.Errorf("pack %s: %w", archive.Name, err)
	}
	sum := sha256.Sum256(packed)
	archive.SHA256 = hex.EncodeToString(sum[:])
	if err := os.WriteFile(filepath.Join(folder, archive.Name), packed, 0o644); err != nil {
		return Archive{}, fmt.Errorf("write an archive: %w", err)
	}
	return archive, nil
}

func packTar(files []file) ([]byte, error) {
	var buffer bytes.Buffer
	compressed := gzip.NewWriter(&buffer)
	archive := tar.NewWriter(compressed)
	for _, f := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Mode: int64(f.mode), Size: int64(len(f.content)), ModTime: modified}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	if err := compressed.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

func packZip(files []file) ([]byte, error) {
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: modified}
		header.SetMode(f.mode)
		writer, err := archive.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := writer.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// WriteChecksums writes the checksums of archives into a file for sha256sum --check.
func WriteChecksums(path string, archives []Archive) error {
	var b strings.Builder
	for _, archive := range archives {
		fmt.Fprintf(&b, "%s  %s\n", archive.SHA256, archive.Name)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		return fmt.Errorf("write the checksums: %w", err)
	}
	return nil
}
