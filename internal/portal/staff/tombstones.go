package staff

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/internal/tenants"
	"github.com/echoblogs/echoblogs/internal/web"
)

// tombstonesPage is one page of the deleted tenants whose data is kept.
type tombstonesPage struct {
	Text  string
	Rows  []tombstoneRow
	After string
}

type tombstoneRow struct {
	ID                 int64
	Name, Owner        string
	DeletedAt, PurgeAt time.Time
	SchemaName, KeptAs string
	// Size is empty if it is unknown.
	Size string
	// Command is the command that restores the tombstone, if the public site may not restore it. Empty: it may.
	Command string
	// Superseded reports whether another tenant has its name, or has had it since.
	Superseded bool
}

func (p *Pages) showTombstones(w http.ResponseWriter, r *site.Request) error {
	text := searchText(r)
	kept, err := p.Registry.ListTombstones(r.Context(), text, number(r.URL.Query().Get("before")), tenantsPerPage)
	if err != nil {
		return err
	}
	schemas := make([]string, len(kept))
	for i, k := range kept {
		schemas[i] = k.TombstoneSchema
	}
	sizes := p.measure(r, schemas)
	shown := tombstonesPage{Text: text}
	for _, k := range kept {
		row := tombstoneRow{
			ID: k.ID, Name: k.Name, Owner: k.Owner, DeletedAt: k.ReleasedAt, PurgeAt: k.PurgeAt,
			SchemaName: k.SchemaName, KeptAs: k.TombstoneSchema, Superseded: k.State == tenancy.StateSuperseded,
		}
		if size, known := sizes[k.TombstoneSchema]; known {
			row.Size = formatBytes(size)
		}
		if row.Command, err = p.restoreCommand(k); err != nil {
			return err
		}
		shown.Rows = append(shown.Rows, row)
	}
	if len(kept) == tenantsPerPage {
		shown.After = fmt.Sprintf("/staff/tombstones/?q=%s&before=%d", url.QueryEscape(text), kept[len(kept)-1].ID)
	}
	return p.Show(w, r, site.Page{Name: "tombstones", Title: "Deleted blogs", Data: shown})
}

// restoreCommand returns the command that restores a tombstone, or "" if the public site can restore it.
func (p *Pages) restoreCommand(k tenancy.Tombstone) (string, error) {
	manifest, err := tenants.RestoreManifest(k, p.Tenants.Namespace)
	if err != nil || manifest == nil {
		return "", err
	}
	return "kubectl apply -f - <<'END'\n" + string(manifest) + "END", nil
}

// restoreTombstone restores a deleted tenant.
func (p *Pages) restoreTombstone(w http.ResponseWriter, r *site.Request) error {
	tombstone, err := p.Changes.Restore(r.Context(), r.User.Username, number(r.PathValue("id")))
	name := tombstone.Name
	var invalid *tenants.InvalidError
	switch {
	case errors.Is(err, tenants.ErrNoTombstone):
		return &site.PageError{
			Status: http.StatusNotFound, Title: "This data is not kept any more", Lead: "It has already been restored, or its retention has ended.",
			Link: &web.Link{Address: "/staff/tombstones/", Text: "Deleted blogs"},
		}
	case errors.Is(err, tenants.ErrNamesSchema):
		return &site.PageError{
			Status: http.StatusUnprocessableEntity, Title: "This cannot be restored here", Lead: "Its manifest names the schema, which the public site is not permitted to do.",
			Steps: []string{"Run the command in the list of deleted blogs."}, Link: &web.Link{Address: "/staff/tombstones/?q=" + url.QueryEscape(name), Text: "Deleted blogs"},
		}
	case errors.Is(err, tenants.ErrExists):
		return &site.PageError{
			Status: http.StatusConflict, Title: "A tenant with this name already exists", Lead: "Nothing was changed.",
			Steps: []string{
				"If it waits for a decision about the data of a deleted tenant, restore the data by this command: " +
					fmt.Sprintf("kubectl --namespace=%s annotate tenant %s %s=%s", p.Tenants.Namespace, name, v1alpha1.AnnotationOnTombstone, v1alpha1.RestoreTombstone(tombstone.ID)),
				"If it is in use, delete it first: its data is retained, too.",
			},
			Link: &web.Link{Address: tenantAddress(name), Text: "Open the tenant"},
		}
	case errors.As(err, &invalid):
		return &site.PageError{Status: http.StatusUnprocessableEntity, Title: "The API server does not accept the tenant", Lead: invalid.Fields[0].Message}
	case err != nil:
		return err
	}
	return p.answerStaff(w, r, true, site.NoticeRestored, tenantAddress(name))
}
