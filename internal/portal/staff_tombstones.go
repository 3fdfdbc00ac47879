package portal

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/accounts"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/registry"
	"github.com/echoblogs/echoblogs/internal/web"
)

// tombstonesPage is what was deleted and is still kept.
type tombstonesPage struct {
	Text  string
	Rows  []tombstoneRow
	After string
}

type tombstoneRow struct {
	registry.Kept
	// Size is empty when it is not known.
	Size string
	// Command restores it where the public site may not. Empty: it may.
	Command string
	// Superseded says that another blog has its name.
	Superseded bool
}

func (p *Portal) showTombstones(w http.ResponseWriter, r *visit) error {
	text := searchText(r)
	kept, err := registry.ListTombstones(r.Context(), p.db, text, number(r.URL.Query().Get("before")), tenantsPerPage)
	if err != nil {
		return err
	}
	shown := tombstonesPage{Text: text}
	schemas := make([]string, 0, len(kept))
	for _, k := range kept {
		schemas = append(schemas, k.TombstoneSchema)
	}
	sizes := p.measure(r, schemas)
	for _, k := range kept {
		row := tombstoneRow{Kept: k, Superseded: k.State == registry.Superseded}
		if size, known := sizes[k.TombstoneSchema]; known {
			row.Size = bytesInWords(size)
		}
		if k.SchemaName != naming.Schema(k.Name) {
			row.Command = p.restoreCommand(k)
		}
		shown.Rows = append(shown.Rows, row)
	}
	if len(kept) == tenantsPerPage {
		shown.After = fmt.Sprintf("/staff/tombstones/?q=%s&before=%d", queryEscape(text), kept[len(kept)-1].ID)
	}
	return p.show(w, r, page{name: "staff_tombstones", title: "Deleted blogs", data: shown})
}

// restoreCommand restores a tombstone whose schema is not called as its name asks for: the public site may not choose
// schemas.
func (p *Portal) restoreCommand(k registry.Kept) string {
	owner := ""
	if k.Owner != "" {
		owner = fmt.Sprintf("\n  owner: {username: %q}", k.Owner)
	}
	return fmt.Sprintf(`kubectl apply -f - <<'END'
apiVersion: %s
kind: Tenant
metadata:
  name: %q
  namespace: %q
  annotations: {%s: %s}
spec:
  schemaName: %q%s
END`, v1alpha1.GroupVersion, k.Name, p.cluster.namespace, v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneRestore, k.SchemaName, owner)
}

// restoreTombstone makes the Tenant of a tombstone anew, which has the operator bring its data back.
func (p *Portal) restoreTombstone(w http.ResponseWriter, r *visit) error {
	name := plainText(r.PathValue("name"))
	row, err := registry.Find(r.Context(), p.db, name)
	switch {
	case errors.Is(err, registry.ErrNoTenant), err == nil && row.State != registry.Tombstone:
		return &failure{
			status: http.StatusNotFound, title: "Nothing is kept under this name", lead: "It was restored, or dropped when its time was over.",
			link: &web.Link{Address: "/staff/tombstones/", Text: "Deleted blogs"},
		}
	case err != nil:
		return err
	case row.SchemaName != naming.Schema(name):
		return &failure{
			status: http.StatusUnprocessableEntity, title: "This cannot be restored here", lead: "Its schema has a name of its own, which the public site may not choose.",
			steps: []string{"Run the command that the list of deleted blogs shows."}, link: &web.Link{Address: "/staff/tombstones/?q=" + queryEscape(name), Text: "Deleted blogs"},
		}
	}
	_, err = p.cluster.liveTenant(r.Context(), name)
	if err == nil {
		return &failure{
			status: http.StatusConflict, title: "There is a tenant of this name already", lead: "It waits to be told what to do with the data that is kept.",
			steps: []string{fmt.Sprintf("Run: kubectl --namespace=%s annotate tenant %s %s=%s", p.cluster.namespace, name, v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneRestore)},
			link:  &web.Link{Address: tenantAddress(name), Text: "Open it"},
		}
	} else if !apierrors.IsNotFound(err) {
		return err
	}
	again, err := p.again(r, row)
	if err != nil {
		return err
	}
	err = p.cluster.apply(r.Context(), again)
	switch {
	case apierrors.IsInvalid(err), apierrors.IsForbidden(err):
		return &failure{status: http.StatusUnprocessableEntity, title: "The API server refuses it", lead: apiSentence(err)}
	case err != nil:
		return err
	}
	return p.done(w, r, accounts.Act{Action: "restore", Tenant: name, Username: row.Owner, Detail: "from " + row.TombstoneSchema}, "restored", tenantAddress(name))
}

// again returns the Tenant that a tombstone was. What the registry does not know of it, such as limits and the trial, is
// the Platform's default again.
func (p *Portal) again(r *visit, row registry.Tenant) (*tenancyv1alpha1.TenantApplyConfiguration, error) {
	spec := tenancyv1alpha1.TenantSpec()
	if p.cluster.platformName != v1alpha1.DefaultPlatform {
		spec.WithPlatformRef(tenancyv1alpha1.PlatformReference().WithName(p.cluster.platformName))
	}
	if row.DisplayName != row.Name {
		spec.WithDisplayName(row.DisplayName)
	}
	domain, under := strings.CutPrefix(row.PrimaryHost, row.Name+".")
	if under && domain != string(r.Platform.Spec.Domains[0]) {
		spec.WithDomain(domain)
	}
	for _, host := range row.CustomHosts {
		spec.WithCustomDomains(v1alpha1.CustomDomain(host))
	}
	if row.Owner != "" {
		owner := tenancyv1alpha1.TenantOwner().WithUsername(row.Owner)
		user, err := accounts.FindUser(r.Context(), p.db, row.Owner)
		if err != nil && !errors.Is(err, accounts.ErrNotFound) {
			return nil, err
		}
		if err == nil {
			owner.WithEmail(user.Email)
		}
		spec.WithOwner(owner)
	}
	return tenancyv1alpha1.Tenant(row.Name, p.cluster.namespace).
		WithAnnotations(map[string]string{v1alpha1.AnnotationOnTombstone: v1alpha1.OnTombstoneRestore}).WithSpec(spec), nil
}
