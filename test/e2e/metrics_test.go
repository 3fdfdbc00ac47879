//go:build e2e

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

var (
	// sample is a line of the text format of Prometheus, and selector a metric in a query. Both have labels, and grouping is a
	// list of some.
	sample   = regexp.MustCompile(`^([a-z_]+)(\{[^}]*\})? `)
	selector = regexp.MustCompile(`(echoblogs_[a-z_]+)(\{[^}]*\})?`)
	label    = regexp.MustCompile(`([a-z_]+)(=|!=|=~|!~)"`)
	// memoryLimit is Go's, in bytes.
	memoryLimit = regexp.MustCompile(`(?m)^go_gc_gomemlimit_bytes (.+)$`)
	grouping    = regexp.MustCompile(`by \(([^)]+)\)`)
)

// scraped are labels that Prometheus adds.
var scraped = map[string]bool{"namespace": true, "pod": true, "job": true}

// testMetrics compares what the alerts and the dashboard query with the metrics and labels that the pods have. Some come a while after
// the start: the operator looks for orphans after a minute.
func (p *product) testMetrics() {
	p.wait("the pods have the metrics of alerts and dashboard", func(ctx context.Context) error {
		metrics := make(map[string]map[string]bool) // labels by name
		for name, port := range map[string]string{"operator": "8080", "blog": "8081", "portal": "8081"} {
			// One operator leads, and one pod of the site has had the visitors.
			for _, address := range strings.Fields(p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-"+name, "--output=jsonpath={.items[*].status.podIP}")) {
				if err := p.scrape(ctx, net.JoinHostPort(address, port), metrics); err != nil {
					return fmt.Errorf("scrape %s: %w", name, err)
				}
			}
		}
		var missing []error
		for _, file := range []string{"alerts.yaml", "dashboard.json"} {
			queries, err := queriesOf("../../charts/echoblogs/files/" + file)
			if err != nil {
				return err
			}
			for _, query := range queries {
				if err := compareQuery(query, metrics); err != nil {
					missing = append(missing, fmt.Errorf("%s: %s: %w", file, query, err))
				}
			}
		}
		return errors.Join(missing...)
	})
	p.testMemoryLimits()
}

// testMemoryLimits checks that Go knows of each container's memory limit: it collects garbage before the kernel kills the program.
func (p *product) testMemoryLimits() {
	for name, port := range map[string]string{"operator": "8080", "blog": "8081", "portal": "8081"} {
		const pod = "{.items[0].status.podIP} {.items[0].spec.containers[0].resources.limits.memory}"
		address, limit, _ := strings.Cut(p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-"+name, "--output=jsonpath="+pod), " ")
		allowed, err := resource.ParseQuantity(limit)
		if err != nil {
			p.t.Fatalf("the memory limit of %s is %q: %v", name, limit, err)
		}
		text, err := p.readMetrics(p.t.Context(), net.JoinHostPort(address, port))
		if err != nil {
			p.t.Fatal(err)
		}
		found := memoryLimit.FindStringSubmatch(text)
		if found == nil {
			p.t.Fatalf("%s has no metric of its memory limit", name)
		}
		if known, err := strconv.ParseFloat(found[1], 64); err != nil || known >= allowed.AsApproximateFloat64() {
			p.t.Errorf("Go lets %s use %s bytes, error %v, and its container %s", name, found[1], err, limit)
		}
	}
}

// queriesOf returns the queries in a file of YAML or JSON.
func queriesOf(file string) (queries []string, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var parsed any
	if err := yaml.Unmarshal(content, &parsed); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	var collect func(value any)
	collect = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				collect(item)
			}
		case map[string]any:
			for name, item := range value {
				if query, ok := item.(string); ok && name == "expr" {
					queries = append(queries, query)
				}
				collect(item)
			}
		}
	}
	collect(parsed)
	if len(queries) == 0 {
		return nil, fmt.Errorf("%s has no query", file)
	}
	return queries, nil
}

// compareQuery returns an error for each metric in a query that no pod has, and for each label that its metrics do not have.
func compareQuery(query string, metrics map[string]map[string]bool) error {
	var missing []error
	all := maps.Clone(scraped)
	for _, found := range selector.FindAllStringSubmatch(query, -1) {
		labels, ok := metrics[found[1]]
		if !ok {
			missing = append(missing, fmt.Errorf("no pod has %s", found[1]))
			continue
		}
		maps.Copy(all, labels)
		for _, name := range label.FindAllStringSubmatch(found[2], -1) {
			if !labels[name[1]] && !scraped[name[1]] {
				missing = append(missing, fmt.Errorf("%s has the labels %v", found[1], labels))
			}
		}
	}
	for _, found := range grouping.FindAllStringSubmatch(query, -1) {
		for name := range strings.SplitSeq(found[1], ",") {
			if !all[strings.TrimSpace(name)] {
				missing = append(missing, fmt.Errorf("it groups by %s, and the labels are %v", name, all))
			}
		}
	}
	return errors.Join(missing...)
}

// scrape adds the metrics of a pod.
func (p *product) scrape(ctx context.Context, address string, metrics map[string]map[string]bool) error {
	text, err := p.readMetrics(ctx, address)
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		found := sample.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		if metrics[found[1]] == nil {
			metrics[found[1]] = make(map[string]bool)
		}
		for _, name := range label.FindAllStringSubmatch(found[2], -1) {
			metrics[found[1]][name[1]] = true
		}
	}
	return nil
}

// readMetrics returns the metrics of a pod, in the text format of Prometheus.
func (p *product) readMetrics(ctx context.Context, address string) (string, error) {
	client := &http.Client{Transport: &http.Transport{DialContext: p.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
