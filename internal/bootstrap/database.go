package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/echoblogs/echoblogs/internal/postgres"
)

// retryInterval is how long a database that does not answer is left alone.
const retryInterval = 2 * time.Second

// DatabaseOptions configure Database.
type DatabaseOptions struct {
	// Client reads and creates Secrets.
	Client client.Client
	Log    *slog.Logger
	// Namespace of the Secrets.
	Namespace string
	// AdministratorSecret is the name of the Secret with the address of the database and an administrator's password.
	AdministratorSecret string
	// CASecret is the name of the Secret with the certificate of the database's authority. Empty: one that the system trusts.
	CASecret string
	// DatabaseName replaces the one in that Secret. Empty: it does not.
	DatabaseName string
	// RoleSecrets are the names of the Secrets of the roles, by program.
	RoleSecrets map[string]string
	// RolePrefix is the start of the names of the roles.
	RolePrefix postgres.RolePrefix
	// Application are the programs of the application.
	Application []string
	// Citus says that the server is a Citus cluster.
	Citus bool
	// ResetPasswords sets the passwords of existing roles to those in their Secrets, which are created where they are missing.
	ResetPasswords bool
	// Wait is how long a database that does not answer is tried.
	Wait time.Duration
}

// Database creates the roles of an installation and grants their privileges, and creates the Secrets that are missing, with
// random passwords. Secrets that exist stay.
//
// The transaction is committed after the Secrets are created. After a crash in between, the roles are missing and get the
// passwords in their Secrets; the other way round, the passwords would be lost.
func Database(ctx context.Context, o DatabaseOptions) error {
	administrator, ca, err := o.administrator(ctx)
	if err != nil {
		return err
	}
	pool, err := o.connect(ctx, administrator.String(), ca)
	if err != nil {
		return fmt.Errorf("connect to the database as the administrator in the Secret %s: %w", o.AdministratorSecret, err)
	}
	defer pool.Close()
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		roles, err := o.readRoles(ctx, tx)
		if err != nil {
			return err
		}
		if err := o.refuseOtherDatabase(ctx, administrator, roles); err != nil {
			return err
		}
		if err := o.refuseForeign(roles); err != nil {
			return err
		}
		if err := o.createRoles(ctx, tx, roles); err != nil {
			return err
		}
		if err := o.createSecrets(ctx, administrator, roles); err != nil {
			return err
		}
		return o.prepare(ctx, tx, roles)
	})
}

// connect retries while the database is unavailable.
func (o DatabaseOptions) connect(ctx context.Context, uri, ca string) (*postgres.Pool, error) {
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{MaxConns: 1, ApplicationName: "echoblogs-bootstrap", CA: ca})
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(o.Wait)
	for {
		err := pool.Ping(ctx)
		if err == nil {
			return pool, nil
		}
		// The driver's text has the address of the database.
		failure := errors.New(strings.TrimSuffix(postgres.LogText(err), "."))
		if !postgres.Unavailable(err) || ctx.Err() != nil || time.Now().After(deadline) {
			pool.Close()
			return nil, failure
		}
		o.Log.LogAttrs(ctx, slog.LevelWarn, "The database is unavailable, trying again", slog.String("cause", failure.Error()))
		select {
		case <-ctx.Done():
		case <-time.After(retryInterval):
		}
	}
}

// role is the database role of a program.
type role struct {
	name     string
	secret   string
	exists   bool // in the database
	password string
	stored   *url.URL // the address in the Secret. nil: there is none
}

// readRoles returns the roles, in a constant order, as they are in the database and in the Secrets.
func (o DatabaseOptions) readRoles(ctx context.Context, db postgres.Querier) ([]*role, error) {
	programs := append([]string{postgres.Operator, postgres.Portal}, o.Application...)
	roles := make([]*role, len(programs))
	for i, program := range programs {
		roles[i] = &role{name: o.RolePrefix.Role(program), secret: o.RoleSecrets[program]}
		if err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", roles[i].name).Scan(&roles[i].exists); err != nil {
			return nil, fmt.Errorf("look for the database role %s: %s", roles[i].name, postgres.LogText(err))
		}
		if err := o.readSecret(ctx, roles[i]); err != nil {
			return nil, err
		}
	}
	return roles, nil
}

// refuseForeign refuses roles whose passwords are not known here: they may belong to another installation on the server.
func (o DatabaseOptions) refuseForeign(roles []*role) error {
	var refused []error
	for _, r := range roles {
		if r.exists && r.stored == nil && !o.ResetPasswords {
			refused = append(refused, fmt.Errorf("the database role %s exists, but the Secret %s/%s with its password does not", r.name, o.Namespace, r.secret))
		}
	}
	if len(refused) == 0 {
		return nil
	}
	return fmt.Errorf("%w\nIf the roles belong to another installation on this server, choose another postgres.rolePrefix. "+
		"If they are those of this installation, restore the Secrets, or set postgres.bootstrap.resetPasswords=true for new passwords", errors.Join(refused...))
}

// createRoles creates the roles that are missing. It fails if another installation with the same names, of another database on
// the server, has created them since readRoles: they are refused at the next attempt.
func (o DatabaseOptions) createRoles(ctx context.Context, tx pgx.Tx, roles []*role) error {
	for _, r := range roles {
		if r.exists {
			continue
		}
		if _, err := tx.Exec(ctx, "CREATE ROLE "+pgx.Identifier{r.name}.Sanitize()+" LOGIN"); err != nil {
			return fmt.Errorf("create the database role %s: %s", r.name, postgres.LogText(err))
		}
	}
	return nil
}

// refuseOtherDatabase refuses Secrets with another database of the server than the one that is prepared: the programs would go on
// with it. Another server may be a pooler before the same one, with a name of its own for the database, so that is logged.
func (o DatabaseOptions) refuseOtherDatabase(ctx context.Context, administrator *url.URL, roles []*role) error {
	for _, r := range roles {
		switch {
		case r.stored == nil:
		case administrator.Host != r.stored.Host:
			o.Log.LogAttrs(ctx, slog.LevelWarn, "The Secret of a database role has another server than the administrator's",
				slog.String("secret", r.secret), slog.String("server", r.stored.Host), slog.String("administrator", administrator.Host))
		case databaseOf(administrator) != databaseOf(r.stored):
			return fmt.Errorf("the Secret %s/%s has the database %q, and the administrator in the Secret %s prepares %q: correct the one that is wrong, "+
				"or delete the Secrets of the roles and set postgres.bootstrap.resetPasswords=true",
				o.Namespace, r.secret, databaseOf(r.stored), o.AdministratorSecret, databaseOf(administrator))
		}
	}
	return nil
}

// databaseOf returns the database of an address: by default, the one with the name of the user (libpq, section 34.1.2).
func databaseOf(uri *url.URL) string {
	if name := strings.TrimPrefix(uri.Path, "/"); name != "" {
		return name
	}
	return uri.User.Username()
}

// prepare grants the roles their privileges and sets the passwords of those that are new.
func (o DatabaseOptions) prepare(ctx context.Context, tx pgx.Tx, roles []*role) error {
	sql := postgres.BootstrapSQL(o.RolePrefix, o.Application)
	if o.Citus {
		sql += postgres.CitusBootstrapSQL(o.RolePrefix)
	}
	if _, err := tx.Conn().PgConn().Exec(ctx, sql).ReadAll(); err != nil {
		return fmt.Errorf("create the database roles and grant their privileges: %s", postgres.LogText(err))
	}
	for _, r := range roles {
		switch {
		case r.exists && !o.ResetPasswords:
			o.Log.LogAttrs(ctx, slog.LevelInfo, "The database role exists", slog.String("role", r.name))
			continue
		case r.password == "":
			o.Log.LogAttrs(ctx, slog.LevelInfo, "The Secret has no password for the database role", slog.String("role", r.name), slog.String("secret", r.secret))
			continue
		}
		if err := postgres.SetPassword(ctx, tx, r.name, r.password); err != nil {
			return err
		}
		o.Log.LogAttrs(ctx, slog.LevelInfo, "Set the password of the database role", slog.String("role", r.name), slog.Bool("created", !r.exists))
	}
	return nil
}
