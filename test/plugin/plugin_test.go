// Package plugin_test tests the kubectl plugin as users install it: from an archive, and by krew.
package plugin_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/echoblogs/echoblogs/hack/plugin/archive"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/docpage"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/repository"
)

const version = "v1.2.3"

// folder is where the archives of this machine's platform are.
var folder string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if folder, err = os.MkdirTemp("", "echoblogs-test-plugin-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(folder)
	return apiserver.Main(m)
}

// build builds the archives once.
var build = sync.OnceValue(func() error { return buildInto(folder) })

// buildInto builds the archive of this machine's platform, the checksums and the manifest into a folder.
func buildInto(folder string) error {
	root, err := repository.Root()
	if err != nil {
		return err
	}
	builder := exec.Command("go", "run", "./hack/plugin", "--output="+folder, "--version="+version, "--revision=abc")
	builder.Dir = root
	if output, err := builder.CombinedOutput(); err != nil {
		return fmt.Errorf("build the plugin: %w\n%s", err, output)
	}
	return nil
}

// archiveFile returns the path of the archive of this machine's platform.
func archiveFile(t *testing.T) string {
	t.Helper()
	if err := build(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "kubectl-echoblogs_"+version+"_"+runtime.GOOS+"_"+runtime.GOARCH+".*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the archives are %v, %v", files, err)
	}
	return files[0]
}

// command runs a command, which must succeed, and returns what it prints to stdout.
func command(t *testing.T, environment []string, name string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, arguments...)
	cmd.Env = append(os.Environ(), environment...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(arguments, " "), err, output, stderr.String())
	}
	return string(output)
}

// installed is a machine with kubectl and the plugin.
type installed struct {
	*platformtest.Platform
	t           *testing.T
	environment []string
}

// install unpacks the archive as docs/install.md says, and returns a machine whose kubectl has a namespace of its own.
func install(t *testing.T) *installed {
	t.Helper()
	bin := t.TempDir()
	command(t, nil, "tar", "-xzf", archiveFile(t), "-C", bin, "kubectl-echoblogs", "kubectl_complete-echoblogs")
	server := apiserver.Shared(t)
	i := &installed{Platform: platformtest.New(t, server.Client), t: t}
	i.environment = []string{"KUBECONFIG=" + server.Kubeconfig, "PATH=" + strings.Join([]string{bin, filepath.Dir(server.Kubectl), os.Getenv("PATH")}, ":")}
	return i
}

// kubectl runs kubectl, and returns what it prints.
func (i *installed) kubectl(arguments ...string) string {
	i.t.Helper()
	return command(i.t, i.environment, apiserver.Shared(i.t).Kubectl, arguments...)
}

// complete returns what a shell offers for the last argument of a command, without the descriptions.
func (i *installed) complete(arguments ...string) []string {
	i.t.Helper()
	var offers []string
	for line := range strings.Lines(i.kubectl(append([]string{"__complete", "echoblogs"}, arguments...)...)) {
		if offer, _, _ := strings.Cut(strings.TrimSpace(line), "\t"); !strings.HasPrefix(offer, ":") {
			offers = append(offers, offer)
		}
	}
	return offers
}

func TestVersion(t *testing.T) {
	t.Parallel()
	var info struct{ Version, Revision string }
	output := install(t).kubectl("echoblogs", "version", "--output=json")
	if err := json.Unmarshal([]byte(output), &info); err != nil || info.Version != version || info.Revision != "abc" {
		t.Errorf("it prints %q, %v", output, err)
	}
}

// The plugin talks to the cluster of kubectl.
func TestCommand(t *testing.T) {
	t.Parallel()
	i := install(t)
	if output := i.kubectl("echoblogs", "deletions", "-n", i.Namespace); !strings.Contains(output, "No deletions are held in the namespace") {
		t.Errorf("it prints %q", output)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.CreateTenant("alice")
	i.CreateTenant("alan")
	i.CreateTenant("bob")
	namespace := "--namespace=" + i.Namespace
	for _, test := range []struct {
		arguments, want []string
	}{
		{[]string{"de"}, []string{"deletions"}},
		{[]string{"staff", ""}, []string{"add", "remove"}},
		{[]string{"staff", "add", "--user"}, []string{"--username"}},
		{[]string{namespace, "invite", "al"}, []string{"alan", "alice"}},
		{[]string{"post", namespace, ""}, []string{"alan", "alice", "bob"}},
		{[]string{"post", namespace, "bob", ""}, []string{"md", "zip"}}, // the extensions of the files
		{[]string{"invite", namespace, "bob", ""}, nil},
		{[]string{"deletions", "approve", namespace, ""}, nil},
		{[]string{"doctor", ""}, nil},
	} {
		if got := i.complete(test.arguments...); !slices.Equal(got, test.want) {
			t.Errorf("%q is completed with %q, want %q", test.arguments, got, test.want)
		}
	}
}

// Two builds result in the same archive, which has the license.
func TestArchive(t *testing.T) {
	t.Parallel()
	first, again := archiveFile(t), t.TempDir()
	if err := buildInto(again); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"SHA256SUMS", "echoblogs.yaml", filepath.Base(first)} {
		one, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		two, err := os.ReadFile(filepath.Join(again, name))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(one, two) {
			t.Errorf("two builds of %s differ", name)
		}
	}
	check := exec.CommandContext(t.Context(), "sha256sum", "--check", "SHA256SUMS")
	check.Dir = folder
	if output, err := check.CombinedOutput(); err != nil {
		t.Errorf("the checksums are wrong: %v: %s", err, output)
	}
	listed := strings.Fields(command(t, nil, "tar", "-tf", first))
	if want := []string{"LICENSE", "kubectl-echoblogs", "kubectl_complete-echoblogs"}; !slices.Equal(listed, want) {
		t.Errorf("the archive has %q, want %q", listed, want)
	}
}

// The commands of the page install the plugin. What they download is in a folder here.
func TestInstall(t *testing.T) {
	t.Parallel()
	archives, bin, downloads := filepath.Dir(archiveFile(t)), t.TempDir(), t.TempDir()
	commands := strings.NewReplacer("v0.1.0", version, "linux_amd64", runtime.GOOS+"_"+runtime.GOARCH, "/usr/local/bin", bin).
		Replace(docpage.Commands(t, "install.md", "The kubectl plugin", 0))
	curl := `curl() { for argument; do case $argument in https://*) cp "$ARCHIVES/${argument##*/}" .;; esac; done; }` + "\n"
	environment := []string{"ARCHIVES=" + archives, "PATH=" + bin + ":" + filepath.Dir(apiserver.Shared(t).Kubectl) + ":" + os.Getenv("PATH")}
	output := command(t, environment, "bash", "-euc", "cd "+downloads+"\n"+curl+commands)
	if !strings.Contains(output, ".tar.gz: OK\n") || !strings.Contains(output, "\n"+version+" ") {
		t.Errorf("it prints %q", output)
	}
}

// krew installs the plugin from the archive of this platform.
func TestKrew(t *testing.T) {
	t.Parallel()
	file, root := archiveFile(t), t.TempDir()
	environment := []string{"KREW_ROOT=" + root, "KREW_NO_UPGRADE_CHECK=1", "PATH=" + filepath.Join(root, "bin") + ":" + os.Getenv("PATH")}
	command(t, environment, "go", "tool", "krew", "install", "--manifest="+filepath.Join(folder, "echoblogs.yaml"), "--archive="+file)
	if output := command(t, environment, apiserver.Shared(t).Kubectl, "echoblogs", "version"); !strings.HasPrefix(output, version+" ") {
		t.Errorf("it prints %q", output)
	}
}

// krew accepts the manifest of all platforms.
func TestManifest(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	release := archive.Release{Version: version, URL: "https://example.com/releases"}
	var archives []archive.Archive
	for _, platform := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"} {
		archives = append(archives, pack(t, release, folder, platform))
	}
	manifest := filepath.Join(folder, "echoblogs.yaml")
	if err := release.WriteManifest(manifest, archives); err != nil {
		t.Fatal(err)
	}
	command(t, nil, "go", "tool", "validate-krew-manifest", "-manifest="+manifest, "-skip-install")
}

// pack packs a file that is not a program.
func pack(t *testing.T, release archive.Release, folder, platform string) archive.Archive {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(program, []byte("a program"), 0o700); err != nil {
		t.Fatal(err)
	}
	parsed, err := archive.ParsePlatform(platform)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := release.Pack(folder, parsed, program)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// The archive of Windows has the names that Windows needs.
func TestWindowsArchive(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	packed := pack(t, archive.Release{Version: version}, folder, "windows/amd64")
	reader, err := zip.OpenReader(filepath.Join(folder, packed.Name))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	var names []string
	for _, file := range reader.File {
		names = append(names, file.Name)
	}
	if want := []string{"LICENSE", "kubectl-echoblogs.exe", "kubectl_complete-echoblogs.cmd"}; !slices.Equal(names, want) {
		t.Errorf("%s has %q, want %q", packed.Name, names, want)
	}
}
