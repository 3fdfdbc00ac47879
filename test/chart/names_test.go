package chart_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// renderJSON renders the chart with each word replaced by the name that follows it, and returns the objects as JSON.
func renderJSON(t *testing.T, values []string, names ...string) string {
	t.Helper()
	replacer := strings.NewReplacer(names...)
	documents := []string{required}
	for _, document := range values {
		documents = append(documents, replacer.Replace(document))
	}
	files, err := renderChart(t, folder, replacer.Replace("_release"), replacer.Replace("_namespace"), documents...)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == "echoblogs/templates/NOTES.txt" {
			continue
		}
		some, err := parse(files[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, object := range some {
			text, err := json.MarshalIndent(object.Object, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(text)
			lines.WriteByte('\n')
		}
	}
	return lines.String()
}

// Names in Kubernetes may be what YAML takes for a number or a truth value.
func TestNamesAreStrings(t *testing.T) {
	t.Parallel()
	values := []string{
		matrix["autoscaling"], matrix["monitoring"], matrix["Traefik"],
		`image: {pullSecrets: ["_pull"]}`,
		`operator: {priorityClassName: "_class"}`,
		`ingress: {address: "traefik._ingress.svc:80"}`,
		`postgres: {bootstrap: {administratorSecret: "_admin"}, secrets: {operator: "_operator", blog: "_blog", portal: "_portal"}, caSecret: "_ca"}`,
		`mail: {secret: "_mail", caSecret: "_mca"}`,
	}
	names := []string{
		"_release", "2026", "_namespace", "1e3", "_pull", "0x10", "_class", "null", "_ingress", "yes", "_admin", "2027", "_operator", "2028",
		"_blog", "true", "_portal", "2029", "_ca", "no", "_mail", "2030", "_mca", "0o17",
	}
	var same []string
	for i := 0; i < len(names); i += 2 {
		same = append(same, names[i], "name-"+names[i][1:])
	}
	want := renderJSON(t, values, same...)
	for i := 0; i < len(names); i += 2 {
		want = strings.ReplaceAll(want, same[i+1], names[i+1])
	}
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(renderJSON(t, values, names...), "\n")); diff != "" {
		t.Errorf("names are rendered as something else (-want +got):\n%s", diff)
	}
}
