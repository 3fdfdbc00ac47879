package archive_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"

	"github.com/echoblogs/echoblogs/hack/images/archive"
)

const name = "docker.io/library/program:dev"

// image returns an image with a program and a file, whose times are those of now.
func image(t *testing.T, architecture string) archive.Image {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("a program for "+architecture), 0o700); err != nil {
		t.Fatalf("write a program: %v", err)
	}
	return archive.Image{
		Architecture: architecture,
		Programs:     map[string]string{"/program": program},
		Files:        map[string][]byte{"/etc/ssl/certs/ca.crt": []byte("an authority")},
		Entrypoint:   []string{"/program"},
		Command:      []string{"run"},
		User:         "65532:65532",
	}
}

func TestTheSameInputResultsInTheSameBytes(t *testing.T) {
	t.Parallel()
	var contents [2][]byte
	var digests [2]string
	for i := range contents {
		file := filepath.Join(t.TempDir(), "image.tar")
		var err error
		if digests[i], err = archive.Write(file, name, image(t, "amd64"), image(t, "arm64")); err != nil {
			t.Fatalf("write an archive: %v", err)
		}
		if contents[i], err = os.ReadFile(file); err != nil {
			t.Fatalf("read the archive: %v", err)
		}
	}
	if digests[0] != digests[1] || !bytes.Equal(contents[0], contents[1]) {
		t.Errorf("two archives of one input have the digests %v and %d and %d bytes, want the same", digests, len(contents[0]), len(contents[1]))
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "image.tar")
	if _, err := archive.Write(file, name, image(t, "arm64")); err != nil {
		t.Fatalf("write an archive: %v", err)
	}
	written := open(t, file)
	config, err := written.ConfigFile()
	if err != nil {
		t.Fatalf("read the configuration: %v", err)
	}
	if config.OS != "linux" || config.Architecture != "arm64" || config.Config.User != "65532:65532" ||
		!slices.Equal(config.Config.Entrypoint, []string{"/program"}) || !slices.Equal(config.Config.Cmd, []string{"run"}) {
		t.Errorf("the configuration is %+v", config)
	}
	layers, err := written.Layers()
	if err != nil || len(layers) != 1 {
		t.Fatalf("the layers are %v, %v; want one", layers, err)
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatalf("read the layer: %v", err)
	}
	want := []string{"etc/ 755", "etc/ssl/ 755", "etc/ssl/certs/ 755", "etc/ssl/certs/ca.crt 644", "program 755"}
	var got []string
	each(t, content, func(header *tar.Header, _ io.Reader) {
		got = append(got, header.Name+" "+mode(header))
	})
	if !slices.Equal(got, want) {
		t.Errorf("the layer has %q, want %q", got, want)
	}
}

func TestFolder(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "root")
	if err := image(t, "amd64").WriteFolder(folder); err != nil {
		t.Fatalf("write a folder: %v", err)
	}
	want := []string{". 755", "etc 755", "etc/ssl 755", "etc/ssl/certs 755", "etc/ssl/certs/ca.crt 644", "program 755"}
	var got []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.ModTime().Equal(time.Unix(0, 0)) {
			t.Errorf("%s is of %v, want the same time in every build", path, info.ModTime())
		}
		name, err := filepath.Rel(folder, path)
		got = append(got, fmt.Sprintf("%s %o", name, info.Mode().Perm()))
		return err
	})
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("the folder has %q, %v; want %q", got, err, want)
	}
}

// open unpacks an archive, and returns its image.
func open(t *testing.T, file string) v1.Image {
	t.Helper()
	folder := t.TempDir()
	handle, err := os.Open(file)
	if err != nil {
		t.Fatalf("open the archive: %v", err)
	}
	defer handle.Close()
	each(t, handle, func(header *tar.Header, content io.Reader) {
		path := filepath.Join(folder, header.Name)
		data, err := io.ReadAll(content)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o600)); err != nil {
			t.Fatalf("unpack the archive: %v", err)
		}
	})
	index, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		t.Fatalf("read the layout: %v", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 1 || manifest.Manifests[0].Annotations["io.containerd.image.name"] != name {
		t.Fatalf("the index is %+v, %v; want one image with the name %s", manifest, err, name)
	}
	found, err := index.Image(manifest.Manifests[0].Digest)
	if err != nil {
		t.Fatalf("read the image: %v", err)
	}
	return found
}

// each calls do with each entry of a tar archive.
func each(t *testing.T, content io.Reader, do func(*tar.Header, io.Reader)) {
	t.Helper()
	for entries := tar.NewReader(content); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("read an archive: %v", err)
		}
		do(header, entries)
	}
}

func mode(header *tar.Header) string {
	const octal = "01234567"
	return string([]byte{octal[header.Mode>>6&7], octal[header.Mode>>3&7], octal[header.Mode&7]})
}
