package portal

import (
	"maps"
	"net/http"
)

// accountRoutes are the pages that people look after their blog and account by.
func (p *Portal) accountRoutes() map[string]handler {
	routes := map[string]handler{
		"GET /account/{$}": member(p.showAccount),
	}
	for _, some := range []map[string]handler{p.resetRoutes(), p.confirmRoutes()} {
		maps.Copy(routes, some)
	}
	return routes
}

func (p *Portal) showAccount(w http.ResponseWriter, r *visit) error {
	return p.show(w, r, page{name: "account", title: "Account"})
}
