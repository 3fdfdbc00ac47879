package chart_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// folder is the chart.
const folder = "../../charts/echoblogs"

// required are the three values that an installation needs.
const required = `
domain: blogs.example.com
postgres: {bootstrap: {administratorSecret: administrator}}
mail: {from: Blogs <noreply@example.com>, host: smtp.example.com}
`

// kubeVersion is the version of Kubernetes that charts are rendered for.
const kubeVersion = "v1.37.2"

// render renders the chart with values, a list of YAML documents of which later ones take precedence, as an installation in a
// namespace. The result has the files by name, also NOTES.txt.
func render(t testing.TB, namespace string, documents ...string) (map[string]string, error) {
	t.Helper()
	return renderChart(t, folder, "echoblogs", namespace, documents...)
}

// renderChart renders a chart as a release with values.
func renderChart(t testing.TB, folder, release, namespace string, documents ...string) (map[string]string, error) {
	t.Helper()
	chart, err := loader.LoadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for _, document := range documents {
		var more map[string]any
		if err := yaml.Unmarshal([]byte(document), &more); err != nil {
			t.Fatal(err)
		}
		values = merge(values, more)
	}
	capabilities := common.DefaultCapabilities.Copy()
	version, err := common.ParseKubeVersion(kubeVersion)
	if err != nil {
		t.Fatal(err)
	}
	capabilities.KubeVersion = *version
	all, err := util.ToRenderValues(chart, values, common.ReleaseOptions{Name: release, Namespace: namespace, Revision: 1, IsInstall: true}, capabilities)
	if err != nil {
		return nil, err
	}
	return engine.Render(chart, all)
}

// merge returns base with the fields of more, at every level.
func merge(base, more map[string]any) map[string]any {
	result := maps.Clone(base)
	for key, value := range more {
		from, ok := result[key].(map[string]any)
		to, both := value.(map[string]any)
		if ok && both {
			value = merge(from, to)
		}
		result[key] = value
	}
	return result
}

// objects renders the chart, which must succeed, and returns its objects in a constant order.
func objects(t testing.TB, namespace string, documents ...string) []*unstructured.Unstructured {
	t.Helper()
	files, err := render(t, namespace, documents...)
	if err != nil {
		t.Fatal(err)
	}
	var all []*unstructured.Unstructured
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) != ".yaml" {
			continue
		}
		some, err := parse(files[name])
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, files[name])
		}
		all = append(all, some...)
	}
	return all
}

func parse(file string) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	reader := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(file)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict(document, &object.Object); err != nil {
			return nil, fmt.Errorf("%w:\n%s", err, document)
		}
		if len(object.Object) > 0 && len(bytes.TrimSpace(document)) > 0 {
			all = append(all, object)
		}
	}
}

// find returns the object of a kind and name, or nil.
func find(all []*unstructured.Unstructured, kind, name string) *unstructured.Unstructured {
	i := slices.IndexFunc(all, func(o *unstructured.Unstructured) bool { return o.GetKind() == kind && o.GetName() == name })
	if i < 0 {
		return nil
	}
	return all[i]
}

// isHook reports whether Helm creates an object for a job of an install, an upgrade or an uninstallation.
func isHook(o *unstructured.Unstructured) bool {
	hook := o.GetAnnotations()["helm.sh/hook"]
	return strings.HasPrefix(hook, "pre-") || strings.HasPrefix(hook, "post-")
}
