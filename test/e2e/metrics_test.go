//go:build e2e

package e2e_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
)

var (
	// sample is a line of the text format of Prometheus, and selector a metric in a query. Both have labels.
	sample   = regexp.MustCompile(`^([a-z_]+)(\{[^}]*\})? `)
	selector = regexp.MustCompile(`(echoblogs_[a-z_]+)(\{[^}]*\})?`)
	label    = regexp.MustCompile(`([a-z_]+)(=|!=|=~|!~)\\?"`)
)

// scraped are labels that Prometheus adds.
var scraped = map[string]bool{"namespace": true, "pod": true, "job": true}

// testMetrics compares what the alerts and the dashboard query with the metrics that the pods have. Some come a while after
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
			content, err := os.ReadFile("../../charts/echoblogs/files/" + file)
			if err != nil {
				return err
			}
			missing = append(missing, compareQueries(file, string(content), metrics))
		}
		return errors.Join(missing...)
	})
}

// compareQueries returns an error for each metric or label in a file's queries that no pod has.
func compareQueries(file, content string, metrics map[string]map[string]bool) error {
	queries := selector.FindAllStringSubmatch(content, -1)
	if len(queries) == 0 {
		return fmt.Errorf("%s has no query", file)
	}
	var missing []error
	for _, query := range queries {
		labels, ok := metrics[query[1]]
		if !ok {
			missing = append(missing, fmt.Errorf("%s queries %s, which no pod has", file, query[1]))
			continue
		}
		for _, found := range label.FindAllStringSubmatch(query[2], -1) {
			if !labels[found[1]] && !scraped[found[1]] {
				missing = append(missing, fmt.Errorf("%s queries the label %s of %s, which has %v", file, found[1], query[1], labels))
			}
		}
	}
	return errors.Join(missing...)
}

// scrape adds the metrics of a pod.
func (p *product) scrape(ctx context.Context, address string, metrics map[string]map[string]bool) error {
	client := &http.Client{Transport: &http.Transport{DialContext: p.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/metrics", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		found := sample.FindStringSubmatch(lines.Text())
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
	return lines.Err()
}
