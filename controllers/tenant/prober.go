package tenant

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/internal/application"
)

// probeTimeout bounds one request.
const probeTimeout = 3 * time.Second

// probeDelays are the delays between probes of a Tenant that has just changed: the backend's replicas are notified of the
// change, which takes some milliseconds.
var probeDelays = []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond, 160 * time.Millisecond}

// Prober requests a page of a Tenant from the backend.
type Prober struct {
	client *http.Client
}

// NewProber returns a Prober that connects to an address, or to the Platform's backend Service if the address is empty.
func NewProber(address string) *Prober {
	dialer := &net.Dialer{Timeout: probeTimeout}
	return &Prober{client: &http.Client{
		Timeout:       probeTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     30 * time.Second,
			DialContext: func(ctx context.Context, network, service string) (net.Conn, error) {
				if address != "" {
					service = address
				}
				return dialer.DialContext(ctx, network, service)
			},
		},
	}}
}

// probe is one host of a Tenant, and what is expected of it.
type probe struct {
	app application.Application
	// namespace is that of the backend Service.
	namespace    string
	host, tenant string
	suspended    bool
}

// statuses returns the expected statuses, the usual one first.
func (p probe) statuses() []int {
	if p.suspended {
		return p.app.Probe.Suspended
	}
	return p.app.Probe.Active
}

// await probes until the backend answers as expected, and returns what was wrong with the last answer, or "".
func (p *Prober) await(ctx context.Context, of probe) string {
	failure := p.request(ctx, of)
	for _, delay := range probeDelays {
		if failure == "" {
			break
		}
		select {
		case <-ctx.Done():
			return failure
		case <-time.After(delay):
		}
		failure = p.request(ctx, of)
	}
	return failure
}

func (p *Prober) request(ctx context.Context, of probe) string {
	backend := of.app.Backend
	address := fmt.Sprintf("http://%s.%s.svc:%d%s", backend.Service, of.namespace, backend.Port, of.app.Probe.Path)
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return fmt.Sprintf("The address of the backend Service %q is invalid.", backend.Service)
	}
	request.Host = of.host
	request.Header.Set("User-Agent", "echoblogs-operator")
	response, err := p.client.Do(request)
	if err != nil {
		return fmt.Sprintf("The backend Service %q does not answer.", backend.Service)
	}
	response.Body.Close()
	switch named := response.Header.Get(of.app.Probe.Header); {
	case named == "":
		return fmt.Sprintf("The backend answers %d for %q and does not serve the Tenant yet.", response.StatusCode, of.host)
	case named != of.tenant:
		return fmt.Sprintf("The backend answers for %q as the Tenant %q.", of.host, named)
	case !slices.Contains(of.statuses(), response.StatusCode):
		return fmt.Sprintf("The backend answers %d for %q instead of %d.", response.StatusCode, of.host, of.statuses()[0])
	}
	return ""
}
