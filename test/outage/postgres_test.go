package outage_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

func TestPostgresIsStopped(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "")
	p := outagePlatform(t, onServer(server))
	p.ReadyTenant("bob")

	server.Stop()
	p.EditTenant("alice", rename("Alice after the outage"))
	p.waitUnavailable("alice", "Nothing answers at the address of the database.")
	if err := p.Client.Delete(t.Context(), p.Tenant("bob")); err != nil {
		t.Fatal(err)
	}
	p.waitUnavailable("bob", "Nothing answers at the address of the database.")
	p.want503("alice.example.com")
	p.wantFromMemory()
	p.wantStaleView()
	p.Wait("the Platform reports it, too", func(context.Context) error { return p.platformUnavailable(t.Context()) })

	server.Start()
	p.waitHealed("alice", operatortest.Title("Alice after the outage"))
	p.WantBlog("alice.example.com", http.StatusOK, "What was written before")
	p.WaitGone("bob")
	p.WantNoIngress("bob")
	if n := query[int](p, `SELECT count(*) FROM public.tenants WHERE name = 'bob' AND state = 'tombstone'`); n != 1 {
		t.Error("bob was deleted during the outage, and has no tombstone")
	}
	p.WaitReady()
}

// A hung server is worse than a stopped one: connections stay open and requests never complete.
func TestPostgresIsPaused(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "")
	p := outagePlatform(t, onServer(server))

	server.Pause()
	paused := time.Now()
	p.EditTenant("alice", rename("Alice after the pause"))
	for time.Since(paused) < 30*time.Second {
		p.want503("alice.example.com")
		p.wantFromMemory()
	}
	p.waitUnavailable("alice", "The database does not answer in time.")
	p.wantStaleView()

	server.Resume()
	p.waitHealed("alice", operatortest.Title("Alice after the pause"))
}

// Operator and blog wait for a server that is not running when they start.
func TestPostgresStartsLast(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "")
	p := newNamespace(t, onServer(server), inEarnest)
	server.Stop()
	p.StartOperator(nil)
	p.CreateDefault()
	p.CreateTenant("alice")
	p.Wait("the Platform reports the problem", p.platformUnavailable)
	p.want503("alice.example.com")

	server.Start()
	began := time.Now()
	p.WaitCondition("alice", "Ready", "True", "")
	p.WaitBlog("alice.example.com", http.StatusOK, operatortest.Title("alice"))
	t.Logf("alice is Ready and her blog serves %.1f s after the start of the database", time.Since(began).Seconds())
	p.wantNoLeaks()
}

func (p *platform) platformUnavailable(context.Context) error {
	object := p.ReadPlatform()
	for _, c := range object.Status.Conditions {
		if c.Type == "DatabaseReady" && c.Status == "False" && c.Reason == "DatabaseUnavailable" {
			p.wantPlainWords(c.Message)
			return nil
		}
	}
	return fmt.Errorf("it reports %v", object.Status.Conditions)
}
