package outage_test

import (
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/apiserver"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
)

// onAPIServer puts the Platform on the test's own API server.
func onAPIServer(api *apiserver.Own) func(*operatortest.Platform) {
	return func(p *operatortest.Platform) { p.API = api.Server }
}

func TestAPIServerIsKilled(t *testing.T) {
	t.Parallel()
	api := apiserver.New(t)
	p := outagePlatform(t, onAPIServer(api))
	p.ReadyTenant("carol", func(t *v1alpha1.Tenant) { t.Spec.PaidUntil = v1alpha1.NewDate(p.Clock.Now()) })

	api.Kill()
	p.Exec(`UPDATE alice.posts SET title = 'What was written meanwhile'`)
	p.Clock.SetTime(p.Clock.Now().AddDate(0, 0, 30)) // past a due date
	look := time.NewTicker(time.Second)
	defer look.Stop()
	for killed := time.Now(); time.Since(killed) < time.Minute; <-look.C {
		p.WaitBlog("alice.example.com", http.StatusOK, "What was written meanwhile")
		p.WaitBlog("carol.example.com", http.StatusPaymentRequired, operatortest.SuspendedTitle("carol"))
		p.wantFromMemory()
	}

	api.Restart()
	started := time.Now()
	p.EditTenant("alice", rename("Alice after the outage"))
	p.CreateTenant("bob")
	p.EditTenant("sue", func(t *v1alpha1.Tenant) { t.Spec.Suspended = new(false) })
	p.WaitBlog("alice.example.com", http.StatusOK, operatortest.Title("Alice after the outage"))
	p.WaitBlog("sue.example.com", http.StatusOK, "")
	for _, name := range []string{"alice", "bob", "sue"} {
		p.WaitCondition(name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	}
	t.Logf("what was changed as soon as the API server was back was done %.1f s later", time.Since(started).Seconds())
	p.PassMinute()
	p.WaitCondition("carol", v1alpha1.ConditionActive, metav1.ConditionFalse, v1alpha1.ReasonPaymentDue)
	p.wantNoLeaks()
}
