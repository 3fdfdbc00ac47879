package chart_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// buildHelm3 returns the path of Helm 3, and builds it once per machine.
var buildHelm3 = sync.OnceValues(func() (string, error) {
	build := exec.Command(filepath.Join(root, "hack", "helm3", "build.sh"))
	build.Stderr = os.Stderr
	program, err := build.Output()
	if err != nil {
		return "", fmt.Errorf("build Helm 3: %w", err)
	}
	return strings.TrimSpace(string(program)), nil
})

func newHelm3(t *testing.T, namespace string) helmProgram {
	t.Helper()
	program, err := buildHelm3()
	if err != nil {
		t.Fatal(err)
	}
	return helmProgram{t: t, program: program, namespace: namespace, home: t.TempDir()}
}

// Helm 3 finds no problem, and renders what Helm 4 renders.
func TestHelm3Renders(t *testing.T) {
	t.Parallel()
	for name, values := range matrix {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHelm3(t, "blogs")
			arguments := append(h.values(required, values), "--kube-version="+kubeVersion)
			h.run(append(arguments, "lint", folder, "--strict")...)
			got, err := parse(h.run(append(arguments, "template", "echoblogs", folder)...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(byName(t, objects(t, "blogs", required, values)), byName(t, got)); diff != "" {
				t.Errorf("Helm 3 renders other objects than Helm 4 (-4 +3):\n%s", diff)
			}
		})
	}
}

// byName returns objects by kind, namespace and name, which must be unique.
func byName(t *testing.T, all []*unstructured.Unstructured) map[string]map[string]any {
	t.Helper()
	named := map[string]map[string]any{}
	for _, object := range all {
		name := object.GetKind() + " " + object.GetNamespace() + "/" + object.GetName()
		if named[name] != nil {
			t.Errorf("there are two of %s", name)
		}
		named[name] = object.Object
	}
	return named
}

func TestHelm3RefusesValues(t *testing.T) {
	t.Parallel()
	h := newHelm3(t, "blogs")
	for values, want := range refusedValues {
		_, problems, err := h.try(append(h.values(required, values), "template", "echoblogs", folder, "--kube-version="+kubeVersion)...)
		if err == nil || !strings.Contains(problems, want) {
			t.Errorf("%s: Helm 3 says %q (%v), want %q", values, problems, err, want)
		}
	}
}
