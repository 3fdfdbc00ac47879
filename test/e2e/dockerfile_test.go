//go:build e2e

package e2e_test

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

var (
	// programs are those that have an image.
	programs = []string{"operator", "blog", "portal"}
	// architectures are those of a release.
	architectures = []string{"amd64", "arm64"}
)

// The version and revision of each build.
const (
	version  = "v1.2.3-test"
	revision = "0123456789abcdef0123456789abcdef01234567"
)

// labels are the beginnings of those that an image has.
var labels = map[string]string{
	"title": "EchoBlogs ", "description": "", "licenses": "Apache-2.0", "source": "https://github.com/echoblogs/", "version": version, "revision": revision,
}

// TestDockerfile builds the images with buildah, twice, and compares them with those of make images. It does not run in
// parallel with tests of nodes: they compare the machine with before, and buildah mounts folders and writes to blobCache.
func TestDockerfile(t *testing.T) { //nolint:paralleltest // see above
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	want := newBuildah(t, root, runtime.GOARCH).makeImages(t)
	for _, architecture := range architectures {
		first := newBuildah(t, root, architecture).dockerBuild(t, architecture)
		// Another buildah has none of the first one's layers.
		second := newBuildah(t, root, architecture).dockerBuild(t, architecture)
		for _, program := range programs {
			t.Run(architecture+"/"+program, func(t *testing.T) {
				want, first, second := want[architecture][program], first[program], second[program]
				if first, second := digest(t, first), digest(t, second); first != second {
					t.Errorf("two builds of the Dockerfile have the digests %v and %v, want the same", first, second)
				}
				if diff := cmp.Diff(content(t, want), content(t, first)); diff != "" {
					t.Errorf("the files in the image (-make images +Dockerfile):\n%s", diff)
				}
				if diff := cmp.Diff(settings(t, want), settings(t, first)); diff != "" {
					t.Errorf("the settings of the image (-make images +Dockerfile):\n%s", diff)
				}
				for name, want := range labels {
					if got := labelsOf(t, first)["org.opencontainers.image."+name]; !strings.HasPrefix(got, want) || got == "" {
						t.Errorf("the label %s is %q, want %q", name, got, want)
					}
				}
				if architecture == runtime.GOARCH {
					if got, want := printedVersion(t, first, program), version+" (revision "+revision; !strings.HasPrefix(got, want) {
						t.Errorf("the program in the image says that it is %q, want %q", got, want)
					}
				}
			})
		}
	}
}

// variables are those of make in each build.
func variables() []string {
	arguments := []string{"VERSION=" + version, "REVISION=" + revision}
	for _, program := range programs {
		arguments = append(arguments, strings.ToUpper(program)+"_IMG=image.test/"+program+":test")
	}
	return arguments
}

// makeImages returns the images of make images by architecture and program.
func (b buildah) makeImages(t *testing.T) map[string]map[string]v1.Image {
	t.Helper()
	archives := filepath.Join(b.folder, "archives")
	b.run(t, "make", append([]string{"images", "IMAGES=" + archives, "ARCHITECTURES=" + strings.Join(architectures, ",")}, variables()...)...)
	images := make(map[string]map[string]v1.Image)
	for _, architecture := range architectures {
		images[architecture] = make(map[string]v1.Image)
	}
	for _, program := range programs {
		to := filepath.Join(archives, program)
		if err := os.MkdirAll(to, 0o755); err != nil {
			t.Fatalf("create a folder: %v", err)
		}
		b.run(t, "tar", "-xf", filepath.Join(archives, program+".tar"), "-C", to)
		all := imagesIn(t, to)
		if len(all) != len(architectures) {
			t.Fatalf("%s.tar has %d images, want %d", program, len(all), len(architectures))
		}
		for _, image := range all {
			images[architectureOf(t, image)][program] = image
		}
	}
	return images
}

// dockerBuild returns the images of make docker-build for an architecture by program.
func (b buildah) dockerBuild(t *testing.T, architecture string) map[string]v1.Image {
	t.Helper()
	stdout, stderr := b.runBoth(t, "make",
		append([]string{"docker-build", "CONTAINER_TOOL=buildah", "CONTAINER_BUILD_FLAGS=" + b.flags}, variables()...)...)
	if count := strings.Count(stdout+stderr, "Compiling operator, blog, portal for"); count != 1 {
		t.Errorf("make docker-build has compiled %d times, want once for all images", count)
	}
	images := make(map[string]v1.Image)
	for _, program := range programs {
		to := filepath.Join(b.folder, "images", program)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatalf("create a folder: %v", err)
		}
		b.run(t, "buildah", "push", "--signature-policy="+b.folder+"/policy.json", "image.test/"+program+":test", "oci:"+to)
		all := imagesIn(t, to)
		if len(all) != 1 || architectureOf(t, all[0]) != architecture {
			t.Fatalf("there are %d images of %s, want one for %s", len(all), program, architecture)
		}
		images[program] = all[0]
	}
	return images
}

// imagesIn returns the images of an OCI layout.
func imagesIn(t *testing.T, folder string) []v1.Image {
	t.Helper()
	index, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		t.Fatalf("read the layout %s: %v", folder, err)
	}
	return imagesOf(t, index)
}

// imagesOf returns the images of an index, in which one for several architectures is an index itself.
func imagesOf(t *testing.T, index v1.ImageIndex) (images []v1.Image) {
	t.Helper()
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatalf("read an index: %v", err)
	}
	for _, descriptor := range manifest.Manifests {
		if descriptor.MediaType.IsIndex() {
			inner, err := index.ImageIndex(descriptor.Digest)
			if err != nil {
				t.Fatalf("read an index: %v", err)
			}
			images = append(images, imagesOf(t, inner)...)
			continue
		}
		image, err := index.Image(descriptor.Digest)
		if err != nil {
			t.Fatalf("read an image: %v", err)
		}
		images = append(images, image)
	}
	return images
}

func architectureOf(t *testing.T, image v1.Image) string {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatalf("read the settings of an image: %v", err)
	}
	return config.Architecture
}

func digest(t *testing.T, image v1.Image) v1.Hash {
	t.Helper()
	hash, err := image.Digest()
	if err != nil {
		t.Fatalf("compute the digest of an image: %v", err)
	}
	return hash
}

// content returns the type, permissions, owner, time and hash of each file in an image.
func content(t *testing.T, image v1.Image) map[string]string {
	t.Helper()
	reader := mutate.Extract(image)
	defer reader.Close()
	files := make(map[string]string)
	for entries := tar.NewReader(reader); ; {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatalf("read an image: %v", err)
		}
		hash := sha256.New()
		size, err := io.Copy(hash, entries)
		if err != nil {
			t.Fatalf("read %s in an image: %v", header.Name, err)
		}
		files[strings.Trim(header.Name, "./")] = fmt.Sprintf("type %c, mode %o, user %d:%d, time %d, %d bytes %x",
			header.Typeflag, header.Mode&0o7777, header.Uid, header.Gid, header.ModTime.Unix(), size, hash.Sum(nil))
	}
}

// printedVersion returns what the program of an image says about itself.
func printedVersion(t *testing.T, image v1.Image, program string) string {
	t.Helper()
	reader := mutate.Extract(image)
	defer reader.Close()
	entries := tar.NewReader(reader)
	for {
		header, err := entries.Next()
		if err != nil {
			t.Fatalf("find the program in an image: %v", err)
		}
		if strings.Trim(header.Name, "./") == program {
			break
		}
	}
	binary, err := io.ReadAll(entries)
	if err != nil {
		t.Fatalf("read the program in an image: %v", err)
	}
	file := filepath.Join(t.TempDir(), program)
	if err := os.WriteFile(file, binary, 0o700); err != nil {
		t.Fatalf("write a program: %v", err)
	}
	output, err := exec.CommandContext(t.Context(), file, "version").Output()
	if err != nil {
		t.Fatalf("%s version: %v", program, err)
	}
	return string(output)
}

func labelsOf(t *testing.T, image v1.Image) map[string]string {
	t.Helper()
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatalf("read the configuration of an image: %v", err)
	}
	return file.Config.Labels
}

// settings returns what a container gets from its image, except for its files.
func settings(t *testing.T, image v1.Image) map[string]string {
	t.Helper()
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatalf("read the configuration of an image: %v", err)
	}
	config := file.Config
	stated := make([]string, 0, len(config.Labels))
	for _, name := range slices.Sorted(maps.Keys(config.Labels)) {
		stated = append(stated, name+"="+config.Labels[name])
	}
	return map[string]string{
		"platform":    file.OS + "/" + file.Architecture,
		"created":     file.Created.UTC().String(),
		"user":        config.User,
		"entry point": strings.Join(config.Entrypoint, " "),
		"command":     strings.Join(config.Cmd, " "),
		"labels":      strings.Join(stated, "\n"),
		"folder":      config.WorkingDir,
		"environment": strings.Join(config.Env, "\n"),
		"volumes":     fmt.Sprint(config.Volumes),
		"ports":       fmt.Sprint(config.ExposedPorts),
	}
}
