package chart_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// decode returns the fields of an object for which there is no Go type.
func decode[T any](t *testing.T, object *unstructured.Unstructured) (fields T) {
	t.Helper()
	if object == nil {
		t.Fatal("the object is missing")
	}
	content, err := object.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// query is one of an alert or of a panel.
type query struct {
	name, expr string
	// texts show the labels of its result.
	texts []string
}

// monitored are the objects of a release with everything for Prometheus and Grafana.
func monitored(t *testing.T, namespace string) []*unstructured.Unstructured {
	t.Helper()
	return objects(t, namespace, required, matrix["monitoring"])
}

// alertQueries returns those of a release's alerts.
func alertQueries(t *testing.T, all []*unstructured.Unstructured) (queries []query) {
	t.Helper()
	rules := decode[struct {
		Spec struct {
			Groups []struct {
				Rules []struct {
					Alert, Expr string
					Annotations map[string]string
				}
			}
		}
	}](t, find(all, "PrometheusRule", "echoblogs"))
	for _, group := range rules.Spec.Groups {
		for _, rule := range group.Rules {
			queries = append(queries, query{rule.Alert, rule.Expr, []string{rule.Annotations["summary"], rule.Annotations["description"]}})
		}
	}
	if len(queries) == 0 {
		t.Fatal("there are no alerts")
	}
	return queries
}

// panelQueries returns those of the dashboard, with a namespace in place of its variable.
func panelQueries(t *testing.T, all []*unstructured.Unstructured, namespace string) (queries []query) {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
	}
	content := convert[corev1.ConfigMap](t, find(all, "ConfigMap", "echoblogs-dashboard")).Data["echoblogs.json"]
	if err := json.Unmarshal([]byte(content), &dashboard); err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$namespace", namespace, "$__rate_interval", "2m")
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries = append(queries, query{panel.Title, variables.Replace(target.Expr), []string{target.LegendFormat}})
		}
	}
	if len(queries) == 0 {
		t.Fatal("there are no panels")
	}
	return queries
}

var (
	// shown is a label in the text of an alert or a legend.
	shown = regexp.MustCompile(`\{\{ ?(?:\$labels\.)?([a-z_]+) ?\}\}`)
	// ofTargets are the labels that Prometheus gives to what it scrapes.
	ofTargets = []string{"namespace", "pod", "job"}
)

// Queries can be parsed, ask for the namespace of the release alone, for jobs that exist, and have the labels that are shown. The
// end-to-end test compares their metrics and labels with those of the pods.
func TestQueries(t *testing.T) {
	t.Parallel()
	const namespace = "blogs"
	all := monitored(t, namespace)
	jobs := map[string]bool{}
	for _, name := range []string{"operator", "blog", "portal"} {
		jobs[scrapedService(t, all, "echoblogs-"+name).Name] = true
	}
	for _, q := range append(alertQueries(t, all), panelQueries(t, all, namespace)...) {
		if err := q.check(namespace, jobs); err != nil {
			t.Errorf("%s: %s: %v", q.name, q.expr, err)
		}
	}
}

func (q query) check(namespace string, jobs map[string]bool) error {
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(q.expr)
	if err != nil {
		return err
	}
	var (
		problems []error
		grouping []string
		grouped  bool
	)
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			problems = append(problems, checkSelector(node, namespace, jobs))
		case *parser.AggregateExpr:
			grouped = true
			grouping = append(grouping, node.Grouping...)
		}
		return nil
	})
	for _, text := range q.texts {
		for _, found := range shown.FindAllStringSubmatch(text, -1) {
			if grouped && !slices.Contains(grouping, found[1]) || !grouped && !slices.Contains(ofTargets, found[1]) {
				problems = append(problems, fmt.Errorf("%q shows the label %s, which its result does not have", text, found[1]))
			}
		}
	}
	return errors.Join(problems...)
}

func checkSelector(selector *parser.VectorSelector, namespace string, jobs map[string]bool) error {
	values := map[string]string{}
	for _, matcher := range selector.LabelMatchers {
		values[matcher.Name] = matcher.Value
	}
	if values["namespace"] != namespace {
		return fmt.Errorf("%s has the namespace %q: another installation would change the result", selector.Name, values["namespace"])
	}
	if selector.Name == "up" && !jobs[values["job"]] {
		return fmt.Errorf("there is no job %q", values["job"])
	}
	return nil
}

// Each ServiceMonitor selects one Service, whose port leads to a port of the pods.
func TestServiceMonitors(t *testing.T) {
	t.Parallel()
	all := monitored(t, "blogs")
	for _, name := range []string{"echoblogs-operator", "echoblogs-blog", "echoblogs-portal"} {
		service := scrapedService(t, all, name)
		deployment := convert[appsv1.Deployment](t, find(all, "Deployment", name))
		if !labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(deployment.Spec.Template.Labels)) {
			t.Errorf("the Service %s does not select the pods of %s", service.Name, name)
		}
		target := service.Spec.Ports[0].TargetPort
		if !slices.ContainsFunc(deployment.Spec.Template.Spec.Containers[0].Ports, func(port corev1.ContainerPort) bool {
			return intstr.FromString(port.Name) == target
		}) {
			t.Errorf("the pods of %s have no port %s", name, target.String())
		}
	}
}

// scrapedService returns the Service that Prometheus scrapes for a program. Its name is that of the job.
func scrapedService(t *testing.T, all []*unstructured.Unstructured, program string) *corev1.Service {
	t.Helper()
	monitor := decode[struct {
		Spec struct {
			Endpoints []struct{ Port, Path string }
			Selector  struct{ MatchLabels map[string]string }
		}
	}](t, find(all, "ServiceMonitor", program))
	if len(monitor.Spec.Endpoints) != 1 || monitor.Spec.Endpoints[0].Path != "/metrics" {
		t.Fatalf("the ServiceMonitor %s has the endpoints %+v", program, monitor.Spec.Endpoints)
	}
	var selected []*corev1.Service
	for _, object := range all {
		if object.GetKind() != "Service" || !labels.SelectorFromSet(monitor.Spec.Selector.MatchLabels).Matches(labels.Set(object.GetLabels())) {
			continue
		}
		service := convert[corev1.Service](t, object)
		// A Service without the port has no target.
		if len(service.Spec.Ports) == 1 && service.Spec.Ports[0].Name == monitor.Spec.Endpoints[0].Port {
			selected = append(selected, &service)
		}
	}
	if len(selected) != 1 {
		t.Fatalf("the ServiceMonitor %s selects %d Services", program, len(selected))
	}
	return selected[0]
}

// An installation beside others has alerts about itself alone.
func TestAlertsOfTwoInstallations(t *testing.T) {
	t.Parallel()
	for _, namespace := range []string{"production", "staging"} {
		queries := alertQueries(t, monitored(t, namespace))
		if want := `absent(up{namespace="` + namespace + `",job="echoblogs-operator-metrics"} == 1)`; queries[0].expr != want {
			t.Errorf("the first alert of %s is %s, want %s", namespace, queries[0].expr, want)
		}
	}
}
