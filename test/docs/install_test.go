package docs_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// Helm checks with the API server what it would create, and creates nothing: the jobs of the chart need a node.
const helmDryRun = `helm() { command helm "$@" --dry-run=server; }
`

// The chart is installed in a dry run; the test of the node installs it.
func TestInstall(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, postgrestest.New(t))
	fresh := i.Namespace + "-new"
	inFresh := []string{"namespace echoblogs", "namespace " + fresh, "-n echoblogs", "-n " + fresh}
	if printed := i.script(helmDryRun + i.take(installPage, "Three commands", 0, inFresh...)); !strings.Contains(printed, "kind: Platform") {
		t.Errorf("Helm prints %s", printed)
	}
	i.script(`kubectl apply --dry-run=server -f - <<END` + "\n" + i.take(installPage, "Without Helm", 0, "namespace: echoblogs", "namespace: "+fresh) + "END")

	i.installRoles(i.take(installPage, "The database", 0, inFresh...))
	for _, name := range []string{"echoblogs-database", "echoblogs-blog-database", "echoblogs-portal-database"} {
		i.script("kubectl -n " + fresh + " get secret " + name)
	}

	first := i.take(installPage, "Create the first blog", 0, "namespace: echoblogs", "namespace: "+i.Namespace)
	if printed := i.script(first); !strings.Contains(printed, "alice") || !strings.Contains(printed, "Active") {
		t.Errorf("it prints %s", printed)
	}

	values := "<<END\n" + i.take(installPage, "Network policies", 0) + "END\n"
	policies := "helm template echoblogs charts/echoblogs --set domain=example.com,mail.enabled=false,postgres.bootstrap.administratorSecret=admin --set ingress.address=10.0.0.1:80 --values=- "
	if printed := i.script(policies + values); !strings.Contains(printed, "cidr: 10.0.0.0/24") {
		t.Errorf("Helm prints %s", printed)
	}
	i.script(i.take(installPage, "Network policies", 1))

	second := i.take(installPage, "Several installations on one server", 0, "-n staging", "-n "+fresh, "staging.yaml", `"$VALUES"`)
	if printed := i.script(helmDryRun + second); !strings.Contains(printed, "kind: Deployment") {
		t.Errorf("Helm prints %s", printed)
	}
}

// installRoles creates the roles in the test's database, with the passwords that they have on the server of all tests. psql asks
// twice for each password, and reads it from its input where there is no terminal.
func (i *installation) installRoles(commands string) {
	i.t.Helper()
	var passwords strings.Builder
	for _, uri := range []string{i.Database.OperatorURI, i.Database.BlogURI, i.Database.PortalURI} {
		address, err := url.Parse(uri)
		if err != nil {
			i.t.Fatal(err)
		}
		password, _ := address.User.Password()
		fmt.Fprintf(&passwords, "%[1]s\n%[1]s\n", password)
	}
	i.script(fmt.Sprintf(`export ADMIN_URI='%s'
docker() { shift 3; operator "$@"; }
psql() { if [[ $* == *password* ]]; then printf '%%s' '%s' | setsid --wait psql "$@"; else command psql --quiet "$@"; fi; }
%s`, i.Database.AdminURI, passwords.String(), commands))
}
