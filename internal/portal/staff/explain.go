package staff

import (
	"github.com/echoblogs/echoblogs/internal/explain"
	"github.com/echoblogs/echoblogs/internal/portal/site"
	"github.com/echoblogs/echoblogs/internal/web"
)

// explanationView is an explanation as the page shows it.
type explanationView struct {
	// Summary names the first problem.
	Summary string
	// Problems are the layers that are not ok, and Others the rest.
	Problems, Others []layerView
}

// layerView is a layer of an explanation.
type layerView struct {
	Name, State, Cause string
	// Next is what to do, and Command the command for that. Empty: none.
	Next, Command string
	Changes       []changeView
}

type changeView struct{ What, By, At string }

// explain explains a tenant. What could not be read is logged.
func (p *Pages) explain(r *site.Request, name string) explanationView {
	explanation, err := explain.Tenant(r.Context(), p.Explain, name)
	if err != nil { // the page is useful without
		p.logUnread(r, "explanation", err)
		return explanationView{Summary: "The explanation is unavailable at the moment."}
	}
	if explanation.AuditErr != nil {
		p.logUnread(r, "audit log", explanation.AuditErr)
	}
	view := explanationView{Summary: explanation.Summary()}
	for _, layer := range explanation.Layers {
		if layer.Err != nil {
			p.logUnread(r, layer.Name, layer.Err)
		}
		if layer.State == explain.OK {
			view.Others = append(view.Others, viewOfLayer(layer))
		} else {
			view.Problems = append(view.Problems, viewOfLayer(layer))
		}
	}
	return view
}

func viewOfLayer(l explain.Layer) layerView {
	v := layerView{Name: l.Name, State: string(l.State), Cause: l.Cause, Next: l.Next, Command: l.Command}
	for _, change := range l.Changes {
		v.Changes = append(v.Changes, changeView{What: change.What, By: change.By, At: web.Moment(change.At)})
	}
	return v
}
