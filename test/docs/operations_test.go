package docs_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/test/testkit/certificate"
	"github.com/echoblogs/echoblogs/test/testkit/mailserver"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// inNamespace is what a kubectl whose context has the namespace of the installation does.
const inNamespace = `kubectl() {
	if [[ $1 == echoblogs ]]; then command kubectl "$@" --namespace="$NAMESPACE"; else command kubectl --namespace="$NAMESPACE" "$@"; fi
}
`

// operate runs a block of the page on operations with words replaced, and returns what it prints.
func (i *installation) operate(heading string, index int, replacements ...string) string {
	i.t.Helper()
	return i.scriptIn(i.take(operationPage, heading, index, replacements...))
}

// take returns a block of a page with words replaced.
func (i *installation) take(page, heading string, index int, replacements ...string) string {
	i.t.Helper()
	b, err := takeBlock(page, heading, index)
	if err != nil {
		i.t.Fatal(err)
	}
	return strings.NewReplacer(append(replacements, "-n echoblogs", `-n "$NAMESPACE"`)...).Replace(b.Content)
}

// scriptIn runs commands of a page that names no namespace.
func (i *installation) scriptIn(commands string) string {
	i.t.Helper()
	// The plugin runs the program of the public site, which has no pod here.
	return i.script("export ECHOBLOGS_PORTAL=portal ECHOBLOGS_DATABASE_URI='" + i.Database.PortalURI + "'\n" + inNamespace + commands)
}

func owned(t *v1alpha1.Tenant) {
	t.Spec.Owner = &v1alpha1.TenantOwner{Username: t.Name, Email: t.Name + "@example.com"}
}

func TestOperations(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	i.ReadyTenant("alice", owned)
	i.write("alice", "Written before")
	for heading, want := range map[string]string{
		"Operate":                "alice",
		"Ingresses":              "tenant-alice",
		"Find orphans and drift": "No problems found.",
	} {
		if printed := i.operate(heading, 0); !strings.Contains(printed, want) {
			t.Errorf("%s: it prints %q", heading, printed)
		}
	}
	if printed := i.operate("Staff and owners", 0); strings.Count(printed, "token=") != 2 {
		t.Errorf("it prints %s", printed)
	}
	if printed := i.script(i.take(sizingPage, "Your own figures", 0)); !strings.Contains(printed, "alice") || !strings.Contains(printed, "echoblogs-blog-reader") {
		t.Errorf("it prints %s", printed)
	}
	i.operate("Dates", 0)
	i.operate("Dates", 1)
	i.waitBlog("alice", http.StatusPaymentRequired, "Payment is overdue.")
	if printed := i.operate("Explain one Tenant", 0); !strings.HasPrefix(printed, "First problem: Active. Suspended by spec.suspended") {
		t.Errorf("it prints %s", printed)
	}
	i.operator.Stop()
	i.script(`kubectl -n "$NAMESPACE" delete tenant alice --wait=false`)
	i.operate("A Tenant cannot be deleted", 0, "NAME", "alice")
	i.WaitGone("alice")
	i.operator = i.StartOperator() // it ends with the test
}

// The commands about one mail server reach another one.
func TestOperationsOfEmail(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	folder := t.TempDir()
	trusted, err := certificate.New(folder)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSpace(i.take(operationPage, "Email", 0)), "\n")
	for index, security := range []mailserver.Security{mailserver.StartTLS, mailserver.Implicit} {
		host, port, err := net.SplitHostPort(mailserver.New(t, security, trusted).Address)
		if err != nil {
			t.Fatal(err)
		}
		line := regexp.MustCompile(`smtp\.example\.com:\d+`).ReplaceAllString(lines[index], host+":"+port)
		line = strings.NewReplacer("smtp.example.com", "localhost", "</dev/null", "-CAfile "+filepath.Join(folder, "ca.crt")+" </dev/null 2>&1").Replace(line)
		if printed := i.script(line); !strings.Contains(printed, "Verification: OK") {
			t.Errorf("%s prints %s", line, printed)
		}
	}
	i.script("cd " + folder + "\n" + i.take(operationPage, "Email", 1))
}

func TestOperationsOfDeletions(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	for _, name := range []string{"alice", "bob", "carol", "dave"} {
		i.ReadyTenant(name)
		i.write(name, "Written before")
	}
	i.EditPlatform(func(p *v1alpha1.Platform) { p.Spec.Protection.MaxDeletionsPerHour = new(int32(1)) })
	i.DeleteTenants("dave")
	i.script(`kubectl -n "$NAMESPACE" delete tenants alice bob --wait=false`)
	i.Wait("both deletions are held", func(context.Context) error {
		if i.Tenant("alice").Status.DeletionHold == nil || i.Tenant("bob").Status.DeletionHold == nil {
			return errors.New("they are not")
		}
		return nil
	})
	i.operate("Too many deletions", 0)
	i.WaitGone("bob")
	i.operate("Too many deletions", 1)
	i.WaitTenantsReady("alice")

	lines := strings.SplitAfter(i.take(operationPage, "Delete and restore", 0), "\n")
	for command, name := range map[int]string{1: "dave", 2: "bob"} {
		i.CreateTenant(name)
		i.WaitCondition(name, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTombstoneExists)
		named := strings.NewReplacer("alice", name)
		printed := i.scriptIn(named.Replace(lines[0]))
		id := regexp.MustCompile(`"id":(\d+)`).FindStringSubmatch(printed)
		if id == nil {
			t.Fatalf("it prints %s", printed)
		}
		i.scriptIn(strings.ReplaceAll(named.Replace(lines[command]), "/42", "/"+id[1]))
		i.WaitTenantsReady(name)
	}
	i.waitBlog("dave", http.StatusOK, "Written before")
	i.wantNot("bob", "Written before")
}

func TestOperationsOfOrphans(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	names := []string{"alice", "bob", "carol", "dave"}
	for _, name := range names {
		i.ReadyTenant(name)
		i.write(name, "Written before")
	}
	uid := string(i.Tenant("alice").UID)
	i.operator.Stop()
	for _, name := range names {
		i.EditTenant(name, func(t *v1alpha1.Tenant) { t.Finalizers = nil })
	}
	i.DeleteTenants(names...)
	i.CreateTenant("alice")
	i.operator = i.StartOperator()
	i.WaitCondition("alice", v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonOrphanExists)
	const heading = "Find orphans and drift"
	printed := i.operate(heading, 1)
	for _, name := range names {
		if !strings.Contains(printed, name+".example.com") {
			t.Errorf("%s is missing in %s", name, printed)
		}
	}
	i.operate(heading, 2, "=UID", "="+uid)
	i.WaitTenantsReady("alice")
	i.operate(heading, 4, "alice", "dave")
	recreate := strings.SplitAfter(i.take(operationPage, heading, 3, "alice", "bob"), "\n")
	for index, name := range []string{"bob", "carol"} {
		i.scriptIn(recreate[index])
		i.WaitTenantsReady(name)
		i.waitBlog(name, http.StatusOK, "Written before")
	}
	if n := i.Count(`SELECT count(*) FROM public.tenants WHERE name = 'dave' AND state = 'tombstone'`); n != 1 {
		t.Errorf("dave has %d tombstones", n)
	}
}
