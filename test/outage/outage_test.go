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

// onServer puts the database on a server of the test's own.
func onServer(server *postgrestest.Server) func(*operatortest.Platform) {
	return func(p *operatortest.Platform) { p.Database = server.NewDatabase() }
}

// inEarnest lets the operator wait between attempts as long as it does in a cluster.
func inEarnest(p *operatortest.Platform) { p.MaxBackoff = 0 }

// outagePlatform is a Platform with the Tenant alice, who has a post, and with sue, who is suspended. Nothing about it
// is faster than in a cluster.
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

// rename is an edit that readers see.
func rename(to string) func(*v1alpha1.Tenant) {
	return func(t *v1alpha1.Tenant) { t.Spec.DisplayName = to }
}

// waitUnavailable waits until a Tenant says in a condition and in an event what is wrong with the database, and that
// nobody has to do anything with the Tenant.
func (p *platform) waitUnavailable(name, text string) {
	p.T.Helper()
	p.Wait(fmt.Sprintf("%s says %q", name, text), func(context.Context) error {
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
			return fmt.Errorf("it says %q", database.Message)
		}
		if !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling) || meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled) != nil {
			return fmt.Errorf("it does not say that it goes on by itself: %v", conditions)
		}
		p.wantPlainWords(database.Message)
		return nil
	})
	p.Wait(fmt.Sprintf("an event about %s says %q", name, text), func(context.Context) error {
		notes := p.Notes(name, v1alpha1.ReasonDatabaseUnavailable)
		for _, note := range notes {
			p.wantPlainWords(note)
		}
		if !slices.ContainsFunc(notes, func(note string) bool { return contains(note, text) }) {
			return fmt.Errorf("there are %q", notes)
		}
		return nil
	})
}

// wantPlainWords refuses what only an operator of the database may know, and what only a programmer understands.
func (p *platform) wantPlainWords(text string) {
	p.T.Helper()
	address, err := url.Parse(p.Database.OperatorURI)
	if err != nil {
		p.T.Fatal(err)
	}
	password, _ := address.User.Password()
	for _, part := range []string{password, address.Hostname(), address.Port(), address.User.Username(), "://", "SQLSTATE", "FATAL", "ERROR", "dial", "pgx", "EOF", "context"} {
		if contains(text, part) {
			p.T.Errorf("%q is in what everybody may read: %s", part, text)
		}
	}
}

// wantFromMemory checks what the blog knows without its database.
func (p *platform) wantFromMemory() {
	p.T.Helper()
	p.WantBlog("nobody.example.com", http.StatusNotFound, operatortest.NoBlog)
	p.WantBlog("sue.example.com", http.StatusPaymentRequired, operatortest.SuspendedTitle("sue"))
}

// want503 checks that the blog says when to come again, and why in plain words.
func (p *platform) want503(host string) {
	p.T.Helper()
	page := p.Blog.Get(host, "/")
	if page.Status != http.StatusServiceUnavailable || page.Header.Get("Retry-After") == "" {
		p.T.Errorf("%s answers %d with Retry-After %q, want 503 and a time", host, page.Status, page.Header.Get("Retry-After"))
	}
	for _, part := range []string{"SQLSTATE", "127.0.0.1", "postgres", "timeout"} {
		if contains(page.Body, part) {
			p.T.Errorf("%q is in what readers are told by %s:\n%s", part, host, page.Body)
		}
	}
}

// wantStaleView checks that the blog shows nothing at all once its view of who has which host may be out of date.
func (p *platform) wantStaleView() {
	p.T.Helper()
	p.Clock.SetTime(p.Clock.Now().Add(45 * time.Second))
	for _, host := range []string{"alice.example.com", "sue.example.com", "nobody.example.com"} {
		p.want503(host)
	}
}

// waitHealed waits, from the end of an outage on, until a Tenant is Ready as its spec says and its blog shows a text.
func (p *platform) waitHealed(name, text string) {
	p.T.Helper()
	began := time.Now()
	p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	p.WaitBlog(name+".example.com", http.StatusOK, text)
	p.T.Logf("%s is Ready and its blog serves %.1f s after the end of the outage", name, time.Since(began).Seconds())
	p.wantFromMemory()
	p.wantNoLeaks()
}

// wantNoLeaks waits until the server has exactly the connections that the pools know of, none of them in use and no
// more than they may have, and one that listens.
func (p *platform) wantNoLeaks() {
	p.T.Helper()
	p.Wait("there are no connections but those of the pools", func(context.Context) error {
		want := map[string]int{"echoblogs-blog-listen": 1}
		for name, stat := range p.Stores.Stats() {
			if stat.AcquiredConns() > 0 || stat.ConstructingConns() > 0 || stat.TotalConns() > 4 {
				return fmt.Errorf("of the connections of %s %d are open, %d in use and %d being made", name, stat.TotalConns(), stat.AcquiredConns(), stat.ConstructingConns())
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
				return fmt.Errorf("the server has the connections %v, the pools know of %v", have, want)
			}
		}
		return nil
	})
}

// blogConnections returns how many connections the blog's pools have open, by their names.
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

// serverConnections returns how many connections the test's database has, by application.
func (p *platform) serverConnections() map[string]int {
	p.T.Helper()
	rows := query[string](p, `SELECT coalesce(string_agg(application_name, ','), '') FROM pg_stat_activity WHERE datname = current_database()`)
	have := map[string]int{}
	for application := range strings.SplitSeq(rows, ",") {
		have[application]++
	}
	return have
}
