package controllers_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// ownCluster is a control plane of the test's own, whose API server may be killed and started again.
type ownCluster struct {
	*envtest.Environment
	t   *testing.T
	pid string // a file
}

func newOwnCluster(t *testing.T) *ownCluster {
	t.Helper()
	c := &ownCluster{newEnvironment(), t, filepath.Join(t.TempDir(), "pid")}
	server := c.ControlPlane.GetAPIServer()
	// The same certificates after a start as before: those who knew the server know it again.
	server.CertDir = t.TempDir()
	// The library does not tell which process it has started.
	server.Path = filepath.Join(t.TempDir(), "kube-apiserver")
	script := fmt.Sprintf("#!/bin/sh\necho $$ >%s\nexec %s \"$@\"\n", c.pid, filepath.Join(assets, "kube-apiserver"))
	if err := os.WriteFile(server.Path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// kill ends the API server without a word.
func (c *ownCluster) kill() {
	c.t.Helper()
	content, err := os.ReadFile(c.pid)
	if err != nil {
		c.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		c.t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		c.t.Fatal(err)
	}
}

// startAgain starts the API server at its address and returns when it answers.
func (c *ownCluster) startAgain() {
	c.t.Helper()
	if err := c.ControlPlane.GetAPIServer().Start(); err != nil {
		c.t.Fatal(err)
	}
}

// inCluster puts the Platform into a control plane of the test's own.
func inCluster(c *ownCluster) func(*platform) {
	return func(p *platform) {
		p.administrator = c.Config
		p.administrator.QPS = -1
		var err error
		if p.admin, err = client.New(p.administrator, client.Options{Scheme: scheme}); err != nil {
			p.t.Fatal(err)
		}
	}
}

func TestAPIServerIsKilled(t *testing.T) {
	t.Parallel()
	cluster := newOwnCluster(t)
	p := outagePlatform(t, inCluster(cluster))
	p.readyTenant("carol", func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = v1alpha1.NewDate(p.clock.Now()) })

	cluster.kill()
	p.exec(`UPDATE alice.posts SET title = 'What was written meanwhile'`)
	p.clock.SetTime(p.clock.Now().AddDate(0, 0, 30)) // a day comes
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for killed := time.Now(); time.Since(killed) < time.Minute; <-look.C {
		p.waitBlog("alice.example.com", http.StatusOK, "What was written meanwhile")
		p.waitBlog("carol.example.com", http.StatusPaymentRequired, "carol")
		p.wantFromMemory()
	}

	cluster.startAgain()
	started := time.Now()
	p.edit("alice", rename("Alice after the outage"))
	p.createTenant("bob")
	p.edit("sue", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(false) })
	p.waitBlog("alice.example.com", http.StatusOK, "Alice after the outage")
	p.waitBlog("sue.example.com", http.StatusOK, "")
	for _, name := range []string{"alice", "bob", "sue"} {
		p.waitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	}
	t.Logf("what was changed as soon as the API server was back was done %.1f s later", time.Since(started).Seconds())
	p.aMinutePasses()
	p.waitCondition("carol", v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonPaymentDue)
	p.wantNoLeaks()
}
