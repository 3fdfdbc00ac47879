//go:build e2e

package e2e_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// blobCache is a folder that buildah writes to as root, whatever its settings are.
const blobCache = "/var/lib/containers/cache"

// buildah runs buildah with all of its state in one folder.
type buildah struct {
	folder, repository string
	// flags are those of every build.
	flags string
}

// newBuildah returns a buildah that builds images for an architecture. It has a base image with the name in the Dockerfile, which
// consists of a shell; Go and its caches are those of this machine, so that no build needs a network or compiles what this machine
// has compiled.
func newBuildah(t *testing.T, repository, architecture string) buildah {
	t.Helper()
	//nolint:usetesting // it must not be deleted while something is mounted in it
	folder, err := os.MkdirTemp("", "echoblogs-buildah-")
	if err != nil {
		t.Fatalf("create a folder: %v", err)
	}
	_, err = os.Stat(blobCache)
	absent := errors.Is(err, fs.ErrNotExist)
	t.Cleanup(func() {
		if absent {
			deleteBlobCache(t)
		}
		if mounts := read(t, "/proc/self/mounts"); strings.Contains(mounts, folder) {
			t.Errorf("mounts are left in %s:\n%s", folder, mounts)
			return
		}
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("delete the folder of buildah: %v", err)
		}
	})
	b := buildah{folder: folder, repository: repository}
	b.write(t, "storage.conf", "[storage]\ndriver = \"vfs\"\ngraphroot = \""+folder+"/graph\"\nrunroot = \""+folder+"/run\"\n")
	b.write(t, "policy.json", `{"default": [{"type": "insecureAcceptAnything"}]}`)
	b.write(t, "tmp/.keep", "")
	b.flags = "--platform=linux/" + architecture + " --pull-never --identity-label=false --signature-policy=" + folder + "/policy.json" +
		" --volume=" + goEnv(t, "GOROOT") + ":/usr/local/go:ro" +
		" --volume=" + goEnv(t, "GOMODCACHE") + ":/cache/modules:ro" +
		" --volume=" + goEnv(t, "GOCACHE") + ":/cache/build"
	b.createBase(t, architecture)
	return b
}

func deleteBlobCache(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(blobCache); err != nil {
		t.Errorf("delete the cache of buildah: %v", err)
	}
	// The folder above it is left if something else has written to it.
	_ = os.Remove(filepath.Dir(blobCache))
}

// createBase creates the base image. Buildah 1.28 looks for one of the target's architecture, although the Dockerfile names that of
// this machine, which the shell has.
func (b buildah) createBase(t *testing.T, architecture string) {
	t.Helper()
	shell, err := exec.LookPath("busybox")
	if err != nil {
		t.Fatalf("find the shell of the base image: %v", err)
	}
	container := strings.TrimSpace(b.run(t, "buildah", "from", "scratch"))
	b.run(t, "buildah", "copy", container, shell, "/bin/sh")
	// A builder needs a folder for temporary files.
	b.run(t, "buildah", "copy", container, filepath.Join(b.folder, "tmp"), "/tmp")
	b.run(t, "buildah", "config", "--arch="+architecture,
		"--env=PATH=/usr/local/go/bin:/usr/local/bin:/bin", "--env=GOTOOLCHAIN=local", "--env=GOPROXY=off",
		"--env=GOMODCACHE=/cache/modules", "--env=GOCACHE=/cache/build", container)
	b.run(t, "buildah", "commit", "--rm", "--signature-policy="+b.folder+"/policy.json", container, baseImage(t, b.repository))
}

// baseImage returns the name of the image that the Dockerfile compiles in.
func baseImage(t *testing.T, repository string) string {
	t.Helper()
	for line := range strings.Lines(read(t, filepath.Join(repository, "Dockerfile"))) {
		if fields := strings.Fields(line); len(fields) == 5 && fields[0] == "FROM" && fields[4] == "build" {
			return "docker.io/library/" + fields[2]
		}
	}
	t.Fatal("the Dockerfile has no stage with the name build")
	return ""
}

// run runs a command in the repository, and returns what it writes to its standard output.
func (b buildah) run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	output, _ := b.runBoth(t, name, arguments...)
	return output
}

// runBoth runs a command in the repository, and returns what it writes.
func (b buildah) runBoth(t *testing.T, name string, arguments ...string) (stdout, stderr string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = b.repository
	command.Env = append(os.Environ(), "CONTAINERS_STORAGE_CONF="+b.folder+"/storage.conf", "STORAGE_DRIVER=vfs",
		"BUILDAH_ISOLATION=chroot", "TMPDIR="+b.folder+"/tmp")
	var output, messages strings.Builder
	command.Stdout, command.Stderr = &output, &messages
	if err := command.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(arguments, " "), err, output.String(), messages.String())
	}
	return output.String(), messages.String()
}

func (b buildah) write(t *testing.T, name, content string) {
	t.Helper()
	file := filepath.Join(b.folder, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatalf("create a folder: %v", err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatalf("write %s: %v", name, err)
	}
}

// goEnv returns a setting of the Go command.
func goEnv(t *testing.T, name string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatalf("go env %s: %v", name, err)
	}
	return strings.TrimSpace(string(output))
}
