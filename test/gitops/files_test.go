package gitops_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
)

// example is the folder of Argo CD's example, and customizations has the scripts and their tests in the layout of Argo CD's
// own repository.
const (
	example        = "../../examples/gitops-argocd"
	customizations = example + "/resource_customizations/tenancy.echoblogs.io"
)

// readYAML reads a file of the example.
func readYAML(t testing.TB, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict(content, into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// The tests beside the scripts are those that Argo CD's repository runs. They have every phase and use every file.
func TestHealthFiles(t *testing.T) {
	t.Parallel()
	phases := map[string]bool{}
	for _, kind := range []string{"Tenant", "Platform"} {
		var file struct {
			Tests []struct {
				HealthStatus health `json:"healthStatus"`
				InputPath    string `json:"inputPath"`
			} `json:"tests"`
		}
		readYAML(t, filepath.Join(customizations, kind, "health_test.yaml"), &file)
		if len(file.Tests) == 0 {
			t.Errorf("%s has no tests", kind)
		}
		used := map[string]bool{}
		for _, test := range file.Tests {
			var object map[string]any
			readYAML(t, filepath.Join(customizations, kind, test.InputPath), &object)
			used[filepath.Join(customizations, kind, test.InputPath)] = true
			if phase, found, _ := unstructured.NestedString(object, "status", "phase"); found {
				phases[phase] = true
			}
			if got := checkHealth(t, kind, object); got != test.HealthStatus {
				t.Errorf("%s, %s: it is %+v, want %+v", kind, test.InputPath, got, test.HealthStatus)
			}
		}
		files, err := filepath.Glob(filepath.Join(customizations, kind, "testdata", "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !used[file] {
				t.Errorf("health_test.yaml does not use %s", file)
			}
		}
	}
	for _, phase := range v1alpha1.TenantPhases {
		if !phases[string(phase)] {
			t.Errorf("no test has a Tenant of the phase %s", phase)
		}
	}
}

func TestActionFiles(t *testing.T) {
	t.Parallel()
	var file struct {
		DiscoveryTests []struct {
			InputPath string      `json:"inputPath"`
			Result    []available `json:"result"`
		} `json:"discoveryTests"`
		ActionTests []struct {
			Action             string `json:"action"`
			InputPath          string `json:"inputPath"`
			ExpectedOutputPath string `json:"expectedOutputPath"`
		} `json:"actionTests"`
	}
	folder := filepath.Join(customizations, "Tenant", "actions")
	readYAML(t, filepath.Join(folder, "action_test.yaml"), &file)
	for _, test := range file.DiscoveryTests {
		var object map[string]any
		readYAML(t, filepath.Join(folder, test.InputPath), &object)
		want := map[string]bool{}
		for _, action := range test.Result {
			want[action.Name] = !action.Disabled
		}
		if difference := cmp.Diff(want, discover(t, object)); difference != "" {
			t.Errorf("%s: -want +got\n%s", test.InputPath, difference)
		}
	}
	tested := map[string]bool{}
	for _, test := range file.ActionTests {
		var object, want map[string]any
		readYAML(t, filepath.Join(folder, test.InputPath), &object)
		readYAML(t, filepath.Join(folder, test.ExpectedOutputPath), &want)
		if difference := cmp.Diff(want, act(t, test.Action, object)); difference != "" {
			t.Errorf("%s of %s: -want +got\n%s", test.Action, test.InputPath, difference)
		}
		tested[test.Action] = true
	}
	for _, action := range actionsOf(t) {
		if !tested[action] {
			t.Errorf("action_test.yaml does not test %s", action)
		}
	}
}

// actionsOf returns the actions of Tenants, each a folder.
func actionsOf(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(customizations, "Tenant", "actions", "*", "action.lua"))
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no actions: %v", err)
	}
	for _, file := range files {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	return names
}

// argocd-cm.yaml has the scripts in the form in which an installation of Argo CD reads them.
func TestConfigMap(t *testing.T) {
	t.Parallel()
	script := func(path string) string {
		content, err := os.ReadFile(filepath.Join(customizations, path))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	var b strings.Builder
	b.WriteString(header)
	for _, kind := range []string{"Platform", "Tenant"} {
		b.WriteString("  resource.customizations.health.tenancy.echoblogs.io_" + kind + ": |\n" + indent(4, script(kind+"/health.lua")))
	}
	b.WriteString("  resource.customizations.actions.tenancy.echoblogs.io_Tenant: |\n    discovery.lua: |\n" +
		indent(6, script("Tenant/actions/discovery.lua")) + "    definitions:\n")
	for _, action := range actionsOf(t) {
		b.WriteString("    - name: " + action + "\n      action.lua: |\n" + indent(8, script("Tenant/actions/"+action+"/action.lua")))
	}
	file := filepath.Join(example, "argocd-cm.yaml")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(content, []byte(b.String())) {
		t.Errorf("argocd-cm.yaml differs from the scripts. Run: go test -C test/gitops -run TestConfigMap . -update")
	}
	var parsed struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(content, &parsed); err != nil {
		t.Fatal(err)
	}
	var actions struct {
		Discovery   string `json:"discovery.lua"`
		Definitions []struct {
			Name   string `json:"name"`
			Action string `json:"action.lua"`
		} `json:"definitions"`
	}
	if err := yaml.UnmarshalStrict([]byte(parsed.Data["resource.customizations.actions.tenancy.echoblogs.io_Tenant"]), &actions); err != nil {
		t.Fatal(err)
	}
	if actions.Discovery != script("Tenant/actions/discovery.lua") || len(actions.Definitions) != len(actionsOf(t)) {
		t.Errorf("the actions are %+v", actions)
	}
}

// The command of docs/gitops.md adds the scripts to what a ConfigMap of Argo CD has.
func TestInstallConfigMap(t *testing.T) {
	t.Parallel()
	p := platformtest.New(t, apiserver.Shared(t).Client)
	p.CreateObject(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "argocd-cm"}, Data: map[string]string{"url": "https://argocd.example.com"}})
	var scripts unstructured.Unstructured
	readYAML(t, filepath.Join(example, "argocd-cm.yaml"), &scripts.Object)
	scripts.SetNamespace(p.Namespace)
	if err := p.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(&scripts), client.FieldOwner("echoblogs")); err != nil {
		t.Fatal(err)
	}
	var installed corev1.ConfigMap
	if err := p.Client.Get(t.Context(), p.Key("argocd-cm"), &installed); err != nil {
		t.Fatal(err)
	}
	if installed.Data["url"] == "" || len(installed.Data) != 4 {
		t.Errorf("it has %v", installed.Data)
	}
}

const header = `# Teaches Argo CD the health of Tenants and Platforms, and the actions of Tenants. Install it with
#   kubectl apply --server-side --field-manager=echoblogs -n argocd -f examples/gitops-argocd/argocd-cm.yaml
# The scripts come from resource_customizations.
apiVersion: v1
kind: ConfigMap
metadata:
  name: argocd-cm
  labels:
    app.kubernetes.io/name: argocd-cm
    app.kubernetes.io/part-of: argocd
data:
`

// indent indents each line of a script.
func indent(width int, script string) string {
	var b strings.Builder
	for line := range strings.Lines(script) {
		if strings.TrimSpace(line) != "" {
			b.WriteString(strings.Repeat(" ", width))
		}
		b.WriteString(line)
	}
	return b.String()
}
