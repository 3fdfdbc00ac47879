// Package router is a small ingress controller for a control plane without nodes: it
// routes requests by the Ingress objects to programs that run on this machine.
package router

import (
	"cmp"
	"context"
	"fmt"
	"html"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"time"
)

// seeRules tells how to list the rules of the router.
const seeRules = "See the rules with: kubectl get ingress"

// New returns a handler that routes each request by the table to one of the named
// Services. It does not change host or body, and supports connection upgrades.
func New(table *Table, services map[string]*Service, logger *slog.Logger) http.Handler {
	h := &handler{table: table, services: services, proxies: make(map[string]*httputil.ReverseProxy), logger: logger}
	for name, service := range services {
		h.proxies[name] = h.newProxy(name, service)
	}
	return h
}

type handler struct {
	table    *Table
	services map[string]*Service               // by their names
	proxies  map[string]*httputil.ReverseProxy // by the names of their Services
	logger   *slog.Logger
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	backend, found := h.table.Lookup(r.Host, r.URL.Path)
	if !found {
		h.logger.InfoContext(r.Context(), "No rule", "host", r.Host, "path", r.URL.Path)
		answer(w, http.StatusNotFound, fmt.Sprintf("The router has no Ingress rule for the host %q and the path %q.", r.Host, r.URL.Path), seeRules)
		return
	}
	service, found := h.services[backend.Service]
	if !found || !service.hasPort(backend.Port) {
		port := cmp.Or(backend.Port.Name, strconv.Itoa(int(backend.Port.Number)))
		h.logger.InfoContext(r.Context(), "No such Service", "host", r.Host, "path", r.URL.Path, "service", backend.Service, "port", port)
		answer(w, http.StatusServiceUnavailable, fmt.Sprintf("The Ingress rule for the host %q leads to the port %s of the Service %q, which the router does not know.", r.Host, port, backend.Service), seeRules)
		return
	}
	h.proxies[backend.Service].ServeHTTP(w, r)
}

// newProxy returns a reverse proxy for a Service, which balances requests over its
// replicas and keeps connections alive.
func (h *handler) newProxy(name string, service *Service) *httputil.ReverseProxy {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			connection, err := new(net.Dialer).DialContext(ctx, network, address)
			if err != nil {
				return service.dial(ctx)
			}
			return connection, nil
		},
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     10 * time.Second,
		// Compression is negotiated by client and program.
		DisableCompression: true,
	}
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.URL.Host = service.pick()
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		ModifyResponse: func(response *http.Response) error {
			r := response.Request
			h.logger.InfoContext(r.Context(), "Routed", "host", r.Host, "method", r.Method, "path", r.URL.Path, "service", name, "status", response.StatusCode)
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			h.logger.WarnContext(r.Context(), "No answer", "host", r.Host, "path", r.URL.Path, "service", name, "error", err)
			answer(w, http.StatusBadGateway, fmt.Sprintf("The Service %q does not answer.", name), "Its programs' logs say why.")
		},
		ErrorLog: slog.NewLogLogger(h.logger.Handler(), slog.LevelWarn),
	}
}

// answer writes an error page of the router.
func answer(w http.ResponseWriter, status int, what, hint string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><title>%d %s</title><h1>%[1]d %[2]s</h1><p>%[3]s</p><p>%[4]s</p></html>\n",
		status, http.StatusText(status), html.EscapeString(what), html.EscapeString(hint))
}
