// Package programs builds the programs of a node from their published Go modules, once per machine.
package programs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/echoblogs/echoblogs/test/testkit/controlplane"
)

// Folders are where the programs are.
type Folders struct {
	// Kubernetes has kubelet, kubectl and the control plane, and Others has everything else. Images is for what is built
	// from the programs: files in it are named after the version.
	Kubernetes, Others, Images string
}

// manifestsFolder is where the manifests of a module are, in the folder of its programs.
const manifestsFolder = "manifests"

// Build builds what this machine does not have of the programs for every node and for add-ons, and returns the folders.
func Build(ctx context.Context, progress func(string), addOns ...string) (Folders, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return Folders{}, fmt.Errorf("find the cache folder: %w", err)
	}
	folders := Folders{Others: filepath.Join(cache, "echoblogs", "node", "bin"), Images: filepath.Join(cache, "echoblogs", "node", "images")}
	for _, folder := range []string{folders.Others, folders.Images} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return Folders{}, fmt.Errorf("create the folder of the programs: %w", err)
		}
	}
	unlock, err := lock(ctx, filepath.Join(cache, "echoblogs", "node", ".lock"), progress)
	if err != nil {
		return Folders{}, err
	}
	defer unlock()
	if folders.Kubernetes, err = controlplane.Programs(ctx, kubernetes...); err != nil {
		return Folders{}, err
	}
	for _, p := range pins {
		if p.addOn != "" && !slices.Contains(addOns, p.addOn) {
			continue
		}
		if err := p.build(ctx, folders.Others, progress); err != nil {
			return Folders{}, fmt.Errorf("build %s %s: %w", p.module, p.version, err)
		}
		if err := p.keepManifests(ctx, folders.Others); err != nil {
			return Folders{}, fmt.Errorf("keep the manifests of %s %s: %w", p.module, p.version, err)
		}
	}
	return folders, nil
}

// Path returns the file of a program: name is that of a package, such as kubelet or ctr.
func (f Folders) Path(name string) string {
	for _, p := range pins {
		for _, program := range p.programs() {
			if program == name {
				return filepath.Join(p.folder(f.Others), name)
			}
		}
	}
	return filepath.Join(f.Kubernetes, name)
}

// Version returns the version of the module of a program that is not part of Kubernetes.
func Version(name string) string {
	for _, p := range pins {
		for _, program := range p.programs() {
			if program == name {
				return p.version
			}
		}
	}
	return ""
}

// Manifests returns the contents of the manifests that are kept with a program.
func (f Folders) Manifests(program string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(f.Path(program)), manifestsFolder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("find the manifests of %s: %w", program, err)
	}
	contents := make([]string, len(files))
	for i, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read a manifest of %s: %w", program, err)
		}
		contents[i] = string(content)
	}
	return contents, nil
}

// SearchPath returns the folders for PATH.
func (f Folders) SearchPath() string {
	folders := []string{f.Kubernetes}
	for _, p := range pins {
		folders = append(folders, p.folder(f.Others))
	}
	return strings.Join(append(folders, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"), ":")
}

// CNI returns the folder of the network plugins.
func (f Folders) CNI() string { return filepath.Dir(f.Path("ptp")) }

var majorSuffix = regexp.MustCompile(`/v\d+$`)

// name returns the last element of the module's path, without the major version.
func (p pin) name() string { return path.Base(majorSuffix.ReplaceAllString(p.module, "")) }

// folder returns the folder of the module's programs.
func (p pin) folder(others string) string { return filepath.Join(others, p.name()+"-"+p.version) }

// programs returns the names of the module's programs.
func (p pin) programs() []string {
	var names []string
	for _, program := range p.packages {
		if program == "." {
			names = append(names, p.name())
			continue
		}
		names = append(names, path.Base(program))
	}
	return names
}

// build builds the programs in a temporary folder, and then renames it.
func (p pin) build(ctx context.Context, others string, progress func(string)) error {
	folder := p.folder(others)
	if _, err := os.Stat(folder); err == nil {
		return nil
	}
	work, err := os.MkdirTemp(others, ".building-")
	if err != nil {
		return fmt.Errorf("create a folder: %w", err)
	}
	defer os.RemoveAll(work)
	source, built := filepath.Join(work, "source"), filepath.Join(work, "bin")
	if err := os.Mkdir(built, 0o755); err != nil {
		return fmt.Errorf("create a folder: %w", err)
	}
	if err := p.copySource(ctx, source); err != nil {
		return err
	}
	arguments := append([]string{"-n", "10", "go", "build", "-v", "-trimpath", "-ldflags=-s -w", "-tags=" + p.tags, "-o", built + "/"}, p.flags...)
	build := exec.CommandContext(ctx, "nice", append(arguments, p.packages...)...)
	build.Dir = source
	build.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0")
	if p.cgo {
		build.Env = append(build.Env, "CGO_ENABLED=1")
	}
	if err := follow(build, "Building "+p.name()+" "+p.version, progress); err != nil {
		return err
	}
	// The binary of a module's root package has the name of its path's last element, which may be the major version.
	return os.Rename(built, folder)
}

// keepManifests copies the module's manifests into a folder beside its programs, in a temporary folder that it then renames.
func (p pin) keepManifests(ctx context.Context, others string) error {
	kept := filepath.Join(p.folder(others), manifestsFolder)
	if _, err := os.Stat(kept); p.manifests == "" || err == nil {
		return nil
	}
	module, err := p.download(ctx)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(module, p.manifests))
	if err != nil {
		return fmt.Errorf("find %s: %w", p.manifests, err)
	}
	if len(files) == 0 {
		return fmt.Errorf("the module has no %s", p.manifests)
	}
	work, err := os.MkdirTemp(others, ".keeping-")
	if err != nil {
		return fmt.Errorf("create a folder: %w", err)
	}
	defer os.RemoveAll(work)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read a manifest: %w", err)
		}
		if err := os.WriteFile(filepath.Join(work, filepath.Base(file)), content, 0o644); err != nil {
			return fmt.Errorf("write a manifest: %w", err)
		}
	}
	return os.Rename(work, kept)
}

// download returns the folder of the module in Go's cache.
func (p pin) download(ctx context.Context) (string, error) {
	download := exec.CommandContext(ctx, "go", "mod", "download", "-json", p.module+"@"+p.version)
	download.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	download.Dir = os.TempDir()
	output, err := download.Output()
	if err != nil {
		return "", fmt.Errorf("download the module: %w\n%s", err, output)
	}
	var module struct{ Dir, Sum string }
	if err := json.Unmarshal(output, &module); err != nil {
		return "", fmt.Errorf("download the module: %w", err)
	}
	if module.Sum != p.sum {
		return "", fmt.Errorf("the module has the checksum %s, want %s", module.Sum, p.sum)
	}
	return module.Dir, nil
}

// copySource copies the module into a folder, because that in Go's cache is read-only.
func (p pin) copySource(ctx context.Context, to string) error {
	module, err := p.download(ctx)
	if err != nil {
		return err
	}
	if err := os.CopyFS(to, os.DirFS(module)); err != nil {
		return fmt.Errorf("copy the module: %w", err)
	}
	for name, content := range p.files {
		file := filepath.Join(to, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(content), 0o644)); err != nil {
			return fmt.Errorf("add a file to the source: %w", err)
		}
	}
	// With -mod=mod, go build writes both.
	if err := errors.Join(os.Chmod(filepath.Join(to, "go.mod"), 0o644), os.Chmod(filepath.Join(to, "go.sum"), 0o644)); err != nil {
		return fmt.Errorf("make the files of the module writable: %w", err)
	}
	return p.editModule(ctx, to)
}

// editModule changes the go.mod of the copied source.
func (p pin) editModule(ctx context.Context, folder string) error {
	if len(p.edits) == 0 {
		return nil
	}
	edit := exec.CommandContext(ctx, "go", append([]string{"mod", "edit"}, p.edits...)...)
	edit.Dir = folder
	if output, err := edit.CombinedOutput(); err != nil {
		return fmt.Errorf("go mod edit: %w\n%s", err, output)
	}
	return nil
}

// lock waits until no other process builds.
func lock(ctx context.Context, file string, progress func(string)) (func(), error) {
	handle, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the folder of the programs: %w", err)
	}
	unlock := func() { handle.Close() }
	if err := syscall.Flock(int(handle.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		return unlock, nil
	}
	progress("Waiting for another build of the node's programs")
	for {
		err := syscall.Flock(int(handle.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return unlock, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			unlock()
			return nil, fmt.Errorf("lock the folder of the programs: %w", err)
		}
		if err := pause(ctx); err != nil {
			unlock()
			return nil, err
		}
	}
}
