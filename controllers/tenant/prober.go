package tenant

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// TenantHeader is the response header in which the backend names the Tenant that it serves.
const TenantHeader = "Echoblogs-Tenant"

const (
	probeTimeout = 3 * time.Second
)

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

// await probes until the backend answers as expected, and returns what was wrong with the last answer, or "".
func (p *Prober) await(ctx context.Context, platform *v1alpha1.Platform, host, tenant string, suspended bool) string {
	failure := p.probe(ctx, platform, host, tenant, suspended)
	for _, delay := range probeDelays {
		if failure == "" {
			break
		}
		select {
		case <-ctx.Done():
			return failure
		case <-time.After(delay):
		}
		failure = p.probe(ctx, platform, host, tenant, suspended)
	}
	return failure
}

func (p *Prober) probe(ctx context.Context, platform *v1alpha1.Platform, host, tenant string, suspended bool) string {
	backend := platform.Spec.Backend
	address := fmt.Sprintf("http://%s.%s.svc:%d/", backend.Name, platform.Namespace, backend.PortOrDefault())
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return fmt.Sprintf("The address of the backend Service %q is invalid.", backend.Name)
	}
	request.Host = host
	request.Header.Set("User-Agent", "echoblogs-operator")
	response, err := p.client.Do(request)
	if err != nil {
		return fmt.Sprintf("The backend Service %q does not answer.", backend.Name)
	}
	response.Body.Close()
	want := http.StatusOK
	if suspended {
		want = http.StatusPaymentRequired
	}
	switch named := response.Header.Get(TenantHeader); {
	case named == "":
		return fmt.Sprintf("The backend answers %d for %q and does not serve the Tenant yet.", response.StatusCode, host)
	case named != tenant:
		return fmt.Sprintf("The backend answers for %q as the Tenant %q.", host, named)
	case response.StatusCode == http.StatusTooManyRequests && !suspended: // only a Tenant that is served has a rate limit
		return ""
	case response.StatusCode != want:
		return fmt.Sprintf("The backend answers %d for %q instead of %d.", response.StatusCode, host, want)
	}
	return ""
}
