package explain

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/databasesecret"
	"github.com/echoblogs/echoblogs/internal/diagnosis"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/routing"
	"github.com/echoblogs/echoblogs/internal/tenancy"
)

// liveRow reports whether the registry has a live row of the name.
func (f *facts) liveRow() bool { return f.row != nil && f.row.State == tenancy.StateLive }

// registryUnread returns a layer that the registry could not tell about, and whether that is so.
func (f *facts) registryUnread(name string) (Layer, bool) {
	switch {
	case f.platform == nil && f.platformErr == nil:
		return Layer{Name: name, State: Waiting, Cause: "Without a Platform, there is no registry."}, true
	case f.platform == nil:
		return unread(name, "The registry could not be read, because the Platform could not.", f.platformErr), true
	case f.registryErr != nil:
		return unread(name, "The registry could not be read."+describeRegistryError(f.registryErr), f.registryErr), true
	}
	return Layer{}, false
}

// describeRegistryError says in a sentence why the registry could not be read. Empty: only the error says it.
func describeRegistryError(err error) string {
	var inUse *tenancy.InUseError
	var invalid *databasesecret.InvalidError
	switch {
	case errors.As(err, &inUse):
		return " " + diagnosis.DescribeInUse(inUse)
	case errors.As(err, &invalid):
		return fmt.Sprintf(" The Secret %q of the database is not usable: %s.", invalid.Secret, invalid.Problem)
	case !postgres.Unreadable(err):
		return " " + postgres.Explain(err)
	}
	return ""
}

// registryLayer is the row of the registry, and whose it is.
func (f *facts) registryLayer() Layer {
	const name = "Registry"
	if l, isUnread := f.registryUnread(name); isUnread {
		return l
	}
	if !f.liveRow() {
		return f.withoutRow(name)
	}
	l := Layer{
		Name: name, State: OK, Cause: fmt.Sprintf("Its row has the ID %d.", f.row.ID),
		Changes: []Change{{What: "row", By: routing.FieldManager, At: f.row.UpdatedAt}},
	}
	switch {
	case f.tenant == nil && diagnosis.AwaitsTenant(*f.row, f.now):
		l.State, l.Cause = Waiting, "The deletion of its Tenant was cancelled, and the Tenant is about to be created again."
	case f.tenant == nil:
		l.State, l.Cause, l.Next = Wrong, diagnosis.ProblemOrphan, diagnosis.OrphanRemedy(f.name)
		l.Command = f.subject().Fill("kubectl echoblogs -n NAMESPACE orphans")
	case diagnosis.LeftBehind(f.tenant, *f.row):
		f.fail(&l, v1alpha1.ReasonOrphanExists, diagnosis.DescribeLeftBehind(*f.row))
	case f.isCurrent():
		if drift := diagnosis.DescribeDrift(f.platform, f.tenant, *f.row); drift != "" {
			l.State, l.Cause = Waiting, drift
			f.checkOperator(&l)
		}
	}
	return l
}

// withoutRow is the layer of the registry if it has no live row.
func (f *facts) withoutRow(name string) Layer {
	l := Layer{Name: name, State: Waiting, Cause: diagnosis.ProblemNoRow}
	switch {
	case f.tenant == nil:
		l.State, l.Cause = OK, "The registry has no live row of this name."
	case !f.tenant.DeletionTimestamp.IsZero():
	case f.isCurrent():
		l.State = Wrong
		f.checkOperator(&l)
	}
	return l
}

// isCurrent reports whether the operator has reconciled the last change of the spec with success, as far as the database goes.
func (f *facts) isCurrent() bool {
	schema := f.layer("", f.tenant, v1alpha1.ConditionDatabaseReady, "")
	return schema.State == OK && f.tenant.Status.ObservedGeneration >= f.tenant.Generation
}

// schemaLayer is the schema and its migrations.
func (f *facts) schemaLayer() Layer {
	l := f.layer("Schema", f.tenant, v1alpha1.ConditionDatabaseReady, "The operator has not created the schema yet.")
	if !f.liveRow() {
		if command := f.restoreCommand(); l.State == Wrong && command != "" {
			l.Command = command
		}
		return l
	}
	newest := f.platform.Status.SchemaVersion
	switch {
	case l.State == Wrong && newest != "":
		l.Cause += fmt.Sprintf(" The schema %q is at version %s; the newest is %s.", f.row.SchemaName, f.row.SchemaVersion, newest)
	case l.State == Wrong:
	case !f.row.SchemaExists && f.isCurrent():
		f.fail(&l, v1alpha1.ReasonSchemaMissing, diagnosis.DescribeMissingSchema(*f.row))
	case len(f.row.Defects) > 0:
		reason, problem := diagnosis.DescribeDefects(f.platform, f.row.Defects)
		f.fail(&l, reason, problem)
	case newest != "" && f.row.SchemaVersion != newest:
		l.State, l.Cause = Waiting, diagnosis.DescribeOldSchema(*f.row, newest)
	case newest != "":
		l.Cause += " That is the newest version."
	}
	return l
}

// hostsLayer is the host names in the registry.
func (f *facts) hostsLayer() Layer {
	l := f.layer("Hosts", f.tenant, v1alpha1.ConditionDomainsReady, "The operator has not registered the host names yet.")
	if f.liveRow() {
		l.Cause += " The registry has " + strings.Join(append([]string{f.row.PrimaryHost}, f.row.CustomHosts...), ", ") + "."
	}
	return l
}

// tombstonesLayer is the data of deleted Tenants of the same name.
func (f *facts) tombstonesLayer() Layer {
	const name = "Tombstones"
	if l, isUnread := f.registryUnread(name); isUnread {
		return l
	}
	l := Layer{Name: name, State: OK, Cause: "There is no data of a deleted Tenant of this name."}
	if len(f.tombstones) == 0 {
		return l
	}
	var kept []string
	for _, t := range f.tombstones {
		kept = append(kept, fmt.Sprintf("%d, deleted at %s, kept until %s", t.ID, t.ReleasedAt.UTC().Format(time.RFC3339), t.PurgeAt.UTC().Format(time.DateOnly)))
	}
	l.Cause = fmt.Sprintf("The data of deleted Tenants of this name is kept: %s.", strings.Join(kept, "; "))
	newest := f.tombstones[0]
	l.Changes = []Change{{What: "deletion", By: routing.FieldManager, At: newest.ReleasedAt}}
	f.audited(&l, "delete", "restore")
	if newest.State != tenancy.StateTombstone {
		return l
	}
	if f.tenant == nil {
		l.Next = fmt.Sprintf("The name stays taken. To restore the data, create the Tenant with the annotation %s: %s/%d.", v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneRestore, newest.ID)
		return l
	}
	l.State = Waiting // the schema's condition says what is wrong
	l.Next = "Decide whether the Tenant gets the data of the first one, or an empty schema."
	l.Command = f.restoreCommand()
	return l
}

// restoreCommand is the command that restores the data of the tombstone of the same name. Empty: there is no such tombstone.
func (f *facts) restoreCommand() string {
	if len(f.tombstones) == 0 || f.tombstones[0].State != tenancy.StateTombstone {
		return ""
	}
	return f.subject().Fill(fmt.Sprintf("kubectl -n NAMESPACE annotate tenant TENANT %s=%s/%d", v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneRestore, f.tombstones[0].ID))
}
