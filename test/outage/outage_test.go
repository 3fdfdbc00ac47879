package outage_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/platformtest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// onServer puts the database on the test's own server.
func onServer(server *postgrestest.Server) func(*operatortest.Platform) {
	return func(p *operatortest.Platform) { p.Database = server.NewDatabase() }
}

// inEarnest gives the operator the same delays between attempts as in a cluster.
func inEarnest(p *operatortest.Platform) { p.MaxBackoff = 0 }

// outagePlatform returns a Platform with the Tenants alice, who has a post, and sue, who is suspended. All delays are
// those of a cluster.
func outagePlatform(t *testing.T, options ...func(*operatortest.Platform)) *platform {
	t.Helper()
	p := newNamespace(t, append(options, inEarnest)...)
	p.Start()
	p.ReadyTenant("alice")
	p.ReadyTenant("sue", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(true) })
	p.WritePost("alice", "What was written before")
	p.WaitBlog("alice.example.com", http.StatusOK, "What was written before")
	p.wantNoLeaks()
	return p
}

// rename changes the display name, which readers see.
func rename(to string) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { t.Spec.DisplayName = to }
}

// waitUnavailable waits until a condition and an event of a Tenant report the problem of the database, and the Tenant is
// Reconciling, not Stalled.
func (p *platform) waitUnavailable(name, text string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("%s reports %q", name, text), func(context.Context) error {
		tenant := p.Tenant(name)
		conditions := tenant.Status.Conditions
		for _, kind := range []string{v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionReady} {
			err := platformtest.HasCondition(conditions, tenant.Generation, kind, metav1.ConditionFalse, v1alpha1.ReasonDatabaseUnavailable)
			if err != nil {
				return err
			}
		}
		database := meta.FindStatusCondition(conditions, v1alpha1.ConditionDatabaseReady)
		if !contains(database.Message, text) {
			return fmt.Errorf("its message is %q", database.Message)
		}
		if !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling) || meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled) != nil {
			return fmt.Errorf("it is not Reconciling: %v", conditions)
		}
		p.wantPlainWords(database.Message)
		return nil
	})
	p.Wait(fmt.Sprintf("an event about %s reports %q", name, text), func(context.Context) error {
		notes := p.Notes(name, v1alpha1.ReasonDatabaseUnavailable)
		for _, note := range notes {
			p.wantPlainWords(note)
		}
		if !slices.ContainsFunc(notes, func(note string) bool { return contains(note, text) }) {
			return fmt.Errorf("the events are %q", notes)
		}
		return nil
	})
}

// wantPlainWords fails the test if a public text contains details of the database or terms of programmers.
func (p *platform) wantPlainWords(text string) {
	p.T.Helper()
	address, err := url.Parse(p.Database.OperatorURI)
	if err != nil {
		p.T.Fatal(err)
	}
	password, _ := address.User.Password()
	for _, part := range []string{password, address.Hostname(), address.Port(), address.User.Username(), "://", "SQLSTATE", "FATAL", "ERROR", "dial", "pgx", "EOF", "context"} {
		if contains(text, part) {
			p.T.Errorf("%q is in a public text: %s", part, text)
		}
	}
}

// wantFromMemory checks the pages that the blog serves without its database.
func (p *platform) wantFromMemory() {
	p.T.Helper()
	p.WantBlog("nobody.example.com", http.StatusNotFound, operatortest.NoBlog)
	p.WantBlog("sue.example.com", http.StatusPaymentRequired, operatortest.SuspendedTitle("sue"))
}

// want503 checks that the blog responds with 503, Retry-After and a text without technical details. Pages in memory are shown for some
// seconds more.
func (p *platform) want503(host string) {
	p.T.Helper()
	p.WaitBlog(host, http.StatusServiceUnavailable, "")
	page := p.Blog.Get(host, "/")
	if page.Status != http.StatusServiceUnavailable || page.Header.Get("Retry-After") == "" {
		p.T.Errorf("%s has the status %d and Retry-After %q, want 503 and a time", host, page.Status, page.Header.Get("Retry-After"))
	}
	for _, part := range []string{"SQLSTATE", "127.0.0.1", "postgres", "timeout"} {
		if contains(page.Body, part) {
			p.T.Errorf("%q is on the page of %s:\n%s", part, host, page.Body)
		}
	}
}

// wantStaleView checks that the blog serves no host once its snapshot of the registry is too old.
func (p *platform) wantStaleView() {
	p.T.Helper()
	p.Clock.SetTime(p.Clock.Now().Add(45 * time.Second))
	for _, host := range []string{"alice.example.com", "sue.example.com", "nobody.example.com"} {
		p.want503(host)
	}
}

// waitHealed waits after an outage until a Tenant is Ready and its home page contains a text.
func (p *platform) waitHealed(name, text string) {
	p.T.Helper()
	began := time.Now()
	p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitBlog(name+".example.com", http.StatusOK, text)
	p.T.Logf("%s is Ready and its blog serves %.1f s after the end of the outage", name, time.Since(began).Seconds())
	p.wantFromMemory()
	p.wantNoLeaks()
}

// wantNoLeaks waits until the server has exactly the connections of the pools, all of them idle and within the limits, and
// one that listens.
func (p *platform) wantNoLeaks() {
	p.T.Helper()
	p.Wait("the pools own all connections", func(context.Context) error {
		want := map[string]int{"echoblogs-blog-listen": 1}
		for name, stat := range p.Stores.Stats() {
			if stat.AcquiredConns() > 0 || stat.ConstructingConns() > 0 || stat.TotalConns() > 4 {
				return fmt.Errorf("%s has %d connections, of which %d are acquired and %d are being established", name, stat.TotalConns(), stat.AcquiredConns(), stat.ConstructingConns())
			}
			want["echoblogs-operator"] += int(stat.TotalConns())
		}
		open := p.blogConnections()
		for _, pool := range []string{"reader", "editor", "directory"} {
			want["echoblogs-blog-"+pool] = open[pool]
		}
		if open["reader"] > 2 || open["editor"] > 0 || open["directory"] > 1 {
			return fmt.Errorf("the blog has %v connections", open)
		}
		have := p.serverConnections()
		for application, count := range want {
			if have[application] != count {
				return fmt.Errorf("the server has the connections %v, the pools %v", have, want)
			}
		}
		return nil
	})
}

// blogConnections returns the number of open connections of each pool of the blog.
func (p *platform) blogConnections() map[string]int {
	p.T.Helper()
	open := map[string]int{}
	registry := prometheus.NewRegistry()
	registry.MustRegister(p.Blog.Collectors()...)
	families, err := registry.Gather()
	if err != nil {
		p.T.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() == "echoblogs_database_pool_open_connections" {
			for _, metric := range family.GetMetric() {
				open[metric.GetLabel()[0].GetValue()] = int(metric.GetGauge().GetValue())
			}
		}
	}
	return open
}

// serverConnections returns the number of connections to the test's database, by application name.
func (p *platform) serverConnections() map[string]int {
	p.T.Helper()
	rows := query[string](p, `SELECT coalesce(string_agg(application_name, ','), '') FROM pg_stat_activity WHERE datname = current_database()`)
	have := map[string]int{}
	for application := range strings.SplitSeq(rows, ",") {
		have[application]++
	}
	return have
}
