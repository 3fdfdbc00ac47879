// Package archive writes images of static programs as OCI archives, without a container engine: docker load, podman load
// and ctr images import read them. The same input results in the same bytes.
package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// created is the time of every file and image, so that they do not depend on when they were built.
var created = time.Unix(0, 0).UTC()

// defaultPath is the environment that container engines give to every image that they build.
const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Image is the content of an image for one platform.
type Image struct {
	// Architecture is that of the programs, such as amd64.
	Architecture string
	// Programs are the files to copy, by absolute path in the image. Everyone may execute them.
	Programs map[string]string
	// Files are the contents of other files, by absolute path in the image.
	Files map[string][]byte
	// Entrypoint and Command are those of a Dockerfile.
	Entrypoint, Command []string
	// User is the user ID and group ID, such as 65532:65532. Defaults to root.
	User string
	// Labels describe the image. Defaults to none.
	Labels map[string]string
}

// Write writes an archive with one image for each architecture under a name, such as docker.io/library/blog:dev, and
// returns the digest of the image, or of the index if there are several.
func Write(file, name string, images ...Image) (digest string, err error) {
	folder, err := os.MkdirTemp(filepath.Dir(file), ".image-")
	if err != nil {
		return "", fmt.Errorf("create a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	layoutFolder := filepath.Join(folder, "layout")
	path, err := layout.Write(layoutFolder, empty.Index)
	if err != nil {
		return "", fmt.Errorf("create an OCI layout: %w", err)
	}
	_, tag, _ := strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	names := layout.WithAnnotations(map[string]string{
		"io.containerd.image.name":          name,
		"org.opencontainers.image.ref.name": tag,
	})
	hash, err := appendTo(path, names, images)
	if err != nil {
		return "", fmt.Errorf("create the image %s: %w", name, err)
	}
	finished := filepath.Join(folder, "archive.tar")
	if err := pack(layoutFolder, finished); err != nil {
		return "", fmt.Errorf("write %s: %w", file, err)
	}
	return hash.String(), os.Rename(finished, file)
}

// appendTo adds an image or, for several, an index of them.
func appendTo(path layout.Path, names layout.Option, images []Image) (v1.Hash, error) {
	if len(images) == 1 {
		image, err := images[0].build()
		if err != nil {
			return v1.Hash{}, err
		}
		if err := path.AppendImage(image, names, layout.WithPlatform(images[0].platform())); err != nil {
			return v1.Hash{}, err
		}
		return image.Digest()
	}
	var index v1.ImageIndex = empty.Index
	for _, i := range images {
		image, err := i.build()
		if err != nil {
			return v1.Hash{}, err
		}
		platform := i.platform()
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	if err := path.AppendIndex(index, names); err != nil {
		return v1.Hash{}, err
	}
	return index.Digest()
}

func (i Image) platform() v1.Platform { return v1.Platform{OS: "linux", Architecture: i.Architecture} }

// build returns the image with one layer.
func (i Image) build() (v1.Image, error) {
	content, err := i.layer()
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(1))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.AppendLayers(image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", i.Architecture, v1.Time{Time: created}
	config.Config = v1.Config{
		Entrypoint: i.Entrypoint, Cmd: i.Command, User: i.User, Labels: i.Labels, WorkingDir: "/", Env: []string{defaultPath},
	}
	return mutate.ConfigFile(image, config)
}

// layer returns an archive of the files, in order of their paths, each after the folders above it.
func (i Image) layer() ([]byte, error) {
	var buffer bytes.Buffer
	archive := tar.NewWriter(&buffer)
	folders := make(map[string]bool)
	for _, file := range slices.Sorted(maps.Keys(merge(i.Programs, i.Files))) {
		for _, folder := range parents(file) {
			if folders[folder] {
				continue
			}
			folders[folder] = true
			if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: folder + "/", Mode: 0o755, ModTime: created}); err != nil {
				return nil, err
			}
		}
		content, mode, err := i.read(file)
		if err != nil {
			return nil, err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(file, "/"), Mode: int64(mode), Size: int64(len(content)), ModTime: created}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// merge returns the paths of both.
func merge(programs map[string]string, files map[string][]byte) map[string]bool {
	paths := make(map[string]bool, len(programs)+len(files))
	for file := range programs {
		paths[file] = true
	}
	for file := range files {
		paths[file] = true
	}
	return paths
}

// parents returns the folders above an absolute path, without the root, topmost first.
func parents(file string) []string {
	var folders []string
	for folder := path.Dir(file); folder != "/"; folder = path.Dir(folder) {
		folders = append(folders, strings.TrimPrefix(folder, "/"))
	}
	slices.Reverse(folders)
	return folders
}

// pack writes the files of a folder as an archive.
func pack(folder, file string) error {
	target, err := os.Create(file)
	if err != nil {
		return err
	}
	defer target.Close()
	archive := tar.NewWriter(target)
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content)), ModTime: created}); err != nil {
			return err
		}
		_, err = archive.Write(content)
		return err
	})
	if err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return target.Close()
}
