package tenant

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// TenantHeader is the response header in which the backend names the Tenant that it answers for.
const TenantHeader = "Echoblogs-Tenant"

const (
	probeTimeout = 3 * time.Second
)

// probeDelays are the waits between looks at a Tenant that has just changed: the replicas learn of it by a
// notification, which takes some milliseconds.
var probeDelays = []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond, 160 * time.Millisecond}

// Prober asks the backend for a page of a Tenant.
type Prober struct {
	client *http.Client
}

// NewProber returns a Prober that connects to address, or to the Platform's backend Service when address is empty.
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

// await asks until the backend answers as it should, and returns what was wrong with the last answer, or "".
func (p *Prober) await(ctx context.Context, platform *v1alpha1.Platform, host, tenant string, suspended bool) string {
	failure := p.ask(ctx, platform, host, tenant, suspended)
	for _, delay := range probeDelays {
		if failure == "" {
			break
		}
		select {
		case <-ctx.Done():
			return failure
		case <-time.After(delay):
		}
		failure = p.ask(ctx, platform, host, tenant, suspended)
	}
	return failure
}

func (p *Prober) ask(ctx context.Context, platform *v1alpha1.Platform, host, tenant string, suspended bool) string {
	backend := platform.Spec.Backend
	address := fmt.Sprintf("http://%s.%s.svc:%d/", backend.Name, platform.Namespace, backend.PortOrDefault())
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return fmt.Sprintf("The address of the backend Service %q cannot be used.", backend.Name)
	}
	request.Host = host
	request.Header.Set("User-Agent", "echoblogs-operator")
	response, err := p.client.Do(request)
	if err != nil {
		return fmt.Sprintf("The backend Service %q does not answer: check that the blog runs.", backend.Name)
	}
	response.Body.Close()
	want := http.StatusOK
	if suspended {
		want = http.StatusPaymentRequired
	}
	switch named := response.Header.Get(TenantHeader); {
	case named == "":
		return fmt.Sprintf("The backend answers %d for %q and does not know the Tenant yet.", response.StatusCode, host)
	case named != tenant:
		return fmt.Sprintf("The backend answers for %q in the name of the Tenant %q.", host, named)
	case response.StatusCode == http.StatusTooManyRequests && !suspended: // it answers its readers, and only then is at its limit
		return ""
	case response.StatusCode != want:
		return fmt.Sprintf("The backend answers %d for %q instead of %d.", response.StatusCode, host, want)
	}
	return ""
}
