package portal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	tenancyv1alpha1 "github.com/echoblogs/echoblogs/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/audit"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// tombstonesPage is what was deleted and is still kept.
type tombstonesPage struct {
	Text  string
	Rows  []tombstoneRow
	After string
}

type tombstoneRow struct {
	tenancy.Tombstone
	// Size is empty when it is not known.
	Size string
	// Command restores it where the public site may not. Empty: it may.
	Command string
	// Superseded says that another blog has its name.
	Superseded bool
}

func (p *Portal) showTombstones(w http.ResponseWriter, r *visit) error {
	text := searchText(r)
	kept, err := tenancy.NewReader(p.db).ListTombstones(r.Context(), text, number(r.URL.Query().Get("before")), tenantsPerPage)
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
		row := tombstoneRow{Tombstone: k, Superseded: k.State == tenancy.StateSuperseded}
		if size, known := sizes[k.TombstoneSchema]; known {
			row.Size = bytesInWords(size)
		}
		if row.Command, err = p.restoreCommand(k); err != nil {
			return err
		}
		shown.Rows = append(shown.Rows, row)
	}
	if len(kept) == tenantsPerPage {
		shown.After = fmt.Sprintf("/staff/tombstones/?q=%s&before=%d", queryEscape(text), kept[len(kept)-1].ID)
	}
	return p.show(w, r, page{name: "staff_tombstones", title: "Deleted blogs", data: shown})
}

// restoreCommand restores a tombstone whose Tenant named its schema: the public site may not choose schemas. Empty: the
// public site may restore it.
func (p *Portal) restoreCommand(k tenancy.Tombstone) (string, error) {
	var spec v1alpha1.TenantSpec
	if err := json.Unmarshal(k.SpecJSON, &spec); err != nil {
		return "", fmt.Errorf("read what the deleted Tenant %s said: %w", k.Name, err)
	}
	if spec.SchemaName == "" {
		return "", nil
	}
	content, err := manifestOf(metav1.ObjectMeta{
		Name: k.Name, Namespace: p.tenants.Namespace, Annotations: map[string]string{v1alpha1.AnnotationOnTombstone: v1alpha1.OnTombstoneRestore},
	}, spec)
	return "kubectl apply -f - <<'END'\n" + string(content) + "END", err
}

// restoreTombstone makes the Tenant of a tombstone anew, which has the operator bring its data back.
func (p *Portal) restoreTombstone(w http.ResponseWriter, r *visit) error {
	name := plainText(r.PathValue("name"))
	kept, err := tenancy.NewReader(p.db).FindTombstone(r.Context(), name)
	switch {
	case errors.Is(err, tenancy.ErrNotFound):
		return &failure{
			status: http.StatusNotFound, title: "Nothing is kept under this name", lead: "It was restored, or dropped when its time was over.",
			link: &web.Link{Address: "/staff/tombstones/", Text: "Deleted blogs"},
		}
	case err != nil:
		return err
	}
	switch command, err := p.restoreCommand(kept); {
	case err != nil:
		return err
	case command != "":
		return &failure{
			status: http.StatusUnprocessableEntity, title: "This cannot be restored here", lead: "Its manifest named the schema, which the public site may not choose.",
			steps: []string{"Run the command that the list of deleted blogs shows."}, link: &web.Link{Address: "/staff/tombstones/?q=" + queryEscape(name), Text: "Deleted blogs"},
		}
	}
	_, err = p.tenants.GetLive(r.Context(), name)
	if err == nil {
		return &failure{
			status: http.StatusConflict, title: "There is a tenant of this name already", lead: "It waits to be told what to do with the data that is kept.",
			steps: []string{fmt.Sprintf("Run: kubectl --namespace=%s annotate tenant %s %s=%s", p.tenants.Namespace, name, v1alpha1.AnnotationOnTombstone, v1alpha1.OnTombstoneRestore)},
			link:  &web.Link{Address: tenantAddress(name), Text: "Open it"},
		}
	} else if !errors.Is(err, tenants.ErrNotFound) {
		return err
	}
	again, err := p.again(kept)
	if err != nil {
		return err
	}
	err = p.tenants.Apply(r.Context(), again)
	switch {
	case apierrors.IsInvalid(err), apierrors.IsForbidden(err):
		return &failure{status: http.StatusUnprocessableEntity, title: "The API server refuses it", lead: apiSentence(err)}
	case err != nil:
		return err
	}
	return p.done(w, r, audit.Entry{Action: "restore", Tenant: name, Username: kept.Owner, Detail: "from " + kept.TombstoneSchema}, "restored", tenantAddress(name))
}

// again returns the Tenant that a tombstone was. It says what that one said; the date paid until, where it said none, is in
// the registry.
func (p *Portal) again(k tenancy.Tombstone) (*tenancyv1alpha1.TenantApplyConfiguration, error) {
	spec := tenancyv1alpha1.TenantSpec()
	if err := json.Unmarshal(k.SpecJSON, spec); err != nil {
		return nil, fmt.Errorf("read what the deleted Tenant %s said: %w", k.Name, err)
	}
	return tenancyv1alpha1.Tenant(k.Name, p.tenants.Namespace).
		WithAnnotations(map[string]string{v1alpha1.AnnotationOnTombstone: v1alpha1.OnTombstoneRestore}).WithSpec(spec), nil
}
