package outage_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/testkit/operatortest"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
)

// Ends the connections of both programs. Those of the test have another application name.
const endConnections = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
	WHERE datname = current_database() AND application_name LIKE 'echoblogs-%'`

func TestPostgresHasNoConnectionLeft(t *testing.T) {
	t.Parallel()
	p := outagePlatform(t)
	p.AsAdministrator(`ALTER DATABASE ` + p.Database.Name + ` CONNECTION LIMIT 12`)
	free := p.takeAllConnections()
	p.EditTenant("alice", rename("Alice after the rush"))
	p.waitUnavailable("alice", "The database has no connection left.")
	p.want503("alice.example.com")
	p.wantFromMemory()
	p.wantStaleView()

	free()
	p.waitHealed("alice", operatortest.Title("Alice after the rush"))
}

// takeAllConnections opens connections until the server refuses more, and neither operator nor blog has one. The returned
// function closes them.
func (p *platform) takeAllConnections() (free func()) {
	p.T.Helper()
	var taken []*pgx.Conn
	p.Wait("only the test has connections", func(context.Context) error {
		p.AsAdministrator(endConnections)
		for {
			connection, err := pgx.Connect(p.T.Context(), p.Database.PortalURI)
			if postgres.Code(err) == "53300" {
				break
			}
			if err != nil {
				return err
			}
			taken = append(taken, connection)
		}
		// The sessions of the administrator count, too, and leave room when they end.
		p.AsAdministrator(fmt.Sprintf(`ALTER DATABASE %s CONNECTION LIMIT %d`, p.Database.Name, len(taken)), endConnections)
		for application, count := range p.serverConnections() {
			if slices.Contains([]string{"echoblogs-operator", "echoblogs-blog-reader", "echoblogs-blog-editor", "echoblogs-blog-directory", "echoblogs-blog-listen"}, application) {
				return fmt.Errorf("%s has %d", application, count)
			}
		}
		return nil
	})
	free = func() {
		for _, connection := range taken {
			connection.Close(context.Background())
		}
		taken = nil
	}
	p.T.Cleanup(free)
	return free
}

// The delay between attempts grows up to a maximum, and an unchanged result is written only once.
func TestRetriesBackOffAndReportOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.ReadyTenant("alice")
	p.AsAdministrator(`ALTER DATABASE `+p.Database.Name+` CONNECTION LIMIT 0`, endConnections)
	p.EditTenant("alice", rename("Alice after the outage"))
	p.waitUnavailable("alice", "The database has no connection left.")
	p.Wait("the Platform reports it, too", p.platformUnavailable)

	p.Writes.Reset()
	p.Queries.Reset()
	began := time.Now()
	const attempts = 20
	p.Wait("both are retried", func(context.Context) error {
		if got := len(p.Queries.Containing(operatortest.Connecting)); got < attempts {
			return fmt.Errorf("%d attempts to connect", got)
		}
		return nil
	})
	// There are two objects, each of which is retried at most once per maximum delay after the first attempts.
	if fastest := (attempts/2 - 5) * operatortest.MaxBackoff; time.Since(began) < fastest {
		t.Errorf("%d attempts took %s, want at least %s", attempts, time.Since(began), fastest)
	}
	if writes := p.Writes.All(); len(writes) > 0 {
		t.Errorf("an unchanged result was written again: %q", writes)
	}
	p.AsAdministrator(`ALTER DATABASE ` + p.Database.Name + ` CONNECTION LIMIT -1`)
	p.WaitBlog("alice.example.com", http.StatusOK, operatortest.Title("Alice after the outage"))
}

func TestPasswordIsChangedBeforeTheSecret(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "")
	p := outagePlatform(t, onServer(server))
	changed := p.changePassword("another-secret-word")
	p.AsAdministrator(endConnections)
	p.EditTenant("alice", rename("Alice after the change"))
	p.waitUnavailable("alice", "The database rejected the user name or password. Check the Secret of the database")
	p.WaitBlog("alice.example.com", http.StatusOK, "What was written before") // it has another role
	p.wantFromMemory()

	p.writeSecret(changed)
	p.waitHealed("alice", operatortest.Title("Alice after the change"))
}

// A password change in database and Secret causes no error: open connections stay, and new ones use the new password.
func TestPasswordIsChangedInBothPlaces(t *testing.T) {
	t.Parallel()
	server := postgrestest.NewServer(t, "")
	p := outagePlatform(t, onServer(server))
	before := p.Stores.Prepared(p.Key("default"))
	p.writeSecret(p.changePassword("another-secret-word"))
	p.PassMinute()
	p.Wait("the operator uses the new password", func(context.Context) error {
		if store := p.Stores.Prepared(p.Key("default")); store == nil || store == before {
			return errors.New("it has its old connections")
		}
		return nil
	})
	p.EditTenant("alice", rename("Alice after the change"))
	p.waitHealed("alice", operatortest.Title("Alice after the change"))
	for _, reason := range []string{v1alpha1.ReasonDatabaseUnavailable, v1alpha1.ReasonPlatformNotReady} {
		if notes := p.Notes("alice", reason); len(notes) > 0 {
			t.Errorf("the change caused an event: %q", notes)
		}
	}
}

// changePassword changes the password of the operator's role, and returns the new connection string.
func (p *platform) changePassword(to string) (uri string) {
	p.T.Helper()
	p.AsAdministrator(`ALTER ROLE ` + postgres.DefaultRolePrefix.Role(postgres.Operator) + ` PASSWORD '` + to + `'`)
	address, err := url.Parse(p.Database.OperatorURI)
	if err != nil {
		p.T.Fatal(err)
	}
	address.User = url.UserPassword(postgres.DefaultRolePrefix.Role(postgres.Operator), to)
	return address.String()
}

func (p *platform) writeSecret(uri string) {
	p.T.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "echoblogs-database", Namespace: p.Namespace}}
	patch := client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"stringData":{"uri":%q}}`, uri))
	if err := p.Client.Patch(p.T.Context(), secret, patch); err != nil {
		p.T.Fatal(err)
	}
}

// The blog reads from a server that is read-only or no longer the primary. The operator waits.
func TestPostgresIsReadOnly(t *testing.T) {
	t.Parallel()
	p := outagePlatform(t)
	p.AsAdministrator(`ALTER DATABASE `+p.Database.Name+` SET default_transaction_read_only = on`, endConnections)
	p.EditTenant("alice", rename("Alice after the repair"))
	p.CreateTenant("bob")
	for _, name := range []string{"alice", "bob"} {
		p.waitUnavailable(name, "The database is read-only.")
	}
	p.Clock.SetTime(p.Clock.Now().Add(45 * time.Second))
	p.WaitBlog("alice.example.com", http.StatusOK, "What was written before")
	p.wantFromMemory()

	p.AsAdministrator(`SET default_transaction_read_only = off`, `ALTER DATABASE `+p.Database.Name+` RESET default_transaction_read_only`)
	p.waitHealed("alice", operatortest.Title("Alice after the repair"))
	p.waitHealed("bob", operatortest.Title("bob"))
}

func TestDiskOfPostgresIsFull(t *testing.T) {
	t.Parallel()
	disk := postgrestest.NewDisk(t, 128<<20)
	server := postgrestest.NewServer(t, disk.Folder)
	p := outagePlatform(t, onServer(server))
	disk.Fill()
	p.CreateTenant("bob")
	p.waitUnavailable("bob", "The disk of the database is full.")
	p.Clock.SetTime(p.Clock.Now().Add(45 * time.Second))
	p.WaitBlog("alice.example.com", http.StatusOK, "What was written before")
	p.Wait("the host is not found", func(context.Context) error {
		return p.Blog.Check("bob.example.com", "/", http.StatusNotFound, operatortest.NoBlog)
	})

	disk.Free()
	p.waitHealed("bob", operatortest.Title("bob"))
	p.EditTenant("alice", rename("Alice after the clean-up"))
	p.waitHealed("alice", operatortest.Title("Alice after the clean-up"))
}
