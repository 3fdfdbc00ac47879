// Package probe asks the backend of a Platform whether it serves a Tenant, and its ingress controller whether it routes to it.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/echoblogs/echoblogs/internal/application"
)

// timeout bounds one request.
const timeout = 3 * time.Second

// delays are those between probes of a Tenant that has just changed: the backend's replicas are notified of the
// change, which takes some milliseconds.
var delays = []time.Duration{5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 80 * time.Millisecond, 160 * time.Millisecond}

// Prober requests a page of a Tenant from the backend.
type Prober struct {
	client *http.Client
}

// New returns a Prober that connects to an address, or to the Platform's backend Service if the address is empty.
func New(address string) *Prober {
	dialer := &net.Dialer{Timeout: timeout}
	return &Prober{client: &http.Client{
		Timeout:       timeout,
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

// Target is one host of a Tenant, and what is expected of it.
type Target struct {
	// App says how the Tenant is recognized, and which Service serves it.
	App application.Application
	// Namespace is that of the Service.
	Namespace string
	// Host is the host, and Tenant the name of the Tenant that it belongs to.
	Host, Tenant string
	// Suspended reports whether readers are not to read it.
	Suspended bool
}

// expected returns the expected statuses, the usual one first.
func (t Target) expected() []int {
	if t.Suspended {
		return t.App.Probe.Suspended
	}
	return t.App.Probe.Active
}

// Await probes for a moment, until the backend answers as expected, and returns what was wrong with the last answer, or "". A
// backend that hangs holds up one attempt, not all of them.
func (p *Prober) Await(ctx context.Context, target Target) string {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	failure := p.serves(ctx, target)
	for _, delay := range delays {
		if failure == "" {
			break
		}
		select {
		case <-ctx.Done():
			return failure
		case <-time.After(delay):
		}
		failure = p.serves(ctx, target)
	}
	return failure
}

// serves returns what is wrong with the answer of the backend, or "". A Tenant whose readers exceed its limit is served.
func (p *Prober) serves(ctx context.Context, target Target) string {
	status, failure := p.request(ctx, target)
	if failure == "" && status != http.StatusTooManyRequests && !slices.Contains(target.expected(), status) {
		return fmt.Sprintf("The backend answers %d for %q instead of %d.", status, target.Host, target.expected()[0])
	}
	return failure
}

// Answers reports whether the backend answers for the Tenant, whatever the Tenant's state is, because a date may just have
// passed; and, if not, whether it answers at all.
func (p *Prober) Answers(ctx context.Context, target Target) (forTenant, atAll bool) {
	status, failure := p.request(ctx, target)
	return failure == "" && (status == http.StatusPaymentRequired || status == http.StatusTooManyRequests ||
		slices.Contains(target.App.Probe.Active, status) || slices.Contains(target.App.Probe.Suspended, status)), status != 0
}

// Route asks an ingress controller at an address once for a Tenant. It returns why the request does not reach the Tenant, or "",
// and whether the ingress controller was silent: it cannot be connected to, or does not answer in time.
func (p *Prober) Route(ctx context.Context, address string, encrypted bool, target Target) (failure string, silent bool) {
	scheme := "http"
	if encrypted {
		scheme = "https"
	}
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: timeout}).DialContext(ctx, network, address)
		},
		TLSClientConfig: &tls.Config{ServerName: target.Host, InsecureSkipVerify: true}, //nolint:gosec // the step of certificates checks them, and nothing secret is sent
	}
	client := &http.Client{Timeout: timeout, CheckRedirect: p.client.CheckRedirect, Transport: transport}
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, scheme+"://"+target.Host+target.App.Probe.Path, nil)
	if err != nil {
		return fmt.Sprintf("The host name %q is invalid.", target.Host), false
	}
	request.Header.Set("User-Agent", "echoblogs-operator")
	response, err := client.Do(request)
	if err != nil {
		return NoRoute(address, target.Host), isSilence(err)
	}
	response.Body.Close()
	if response.Header.Get(target.App.Probe.Header) != target.Tenant {
		return fmt.Sprintf("The ingress controller at %s answers %d for %q and does not route it to the Tenant yet.", address, response.StatusCode, target.Host), false
	}
	return "", false
}

// isSilence reports whether the failure of a request would be the same for any host.
func isSilence(err error) bool {
	var (
		dial *net.OpError
		slow net.Error
	)
	return errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &slow) && slow.Timeout()
}

// NoRoute says that an ingress controller does not answer.
func NoRoute(address, host string) string {
	return fmt.Sprintf("The ingress controller at %s does not answer for %q.", address, host)
}

// request returns the status of the backend's answer, or 0, and why it is not one for the Tenant, or "".
func (p *Prober) request(ctx context.Context, target Target) (status int, failure string) {
	backend := target.App.Backend
	address := fmt.Sprintf("http://%s.%s.svc:%d%s", backend.Service, target.Namespace, backend.Port, target.App.Probe.Path)
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, address, nil)
	if err != nil {
		return 0, fmt.Sprintf("The address of the backend Service %q is invalid.", backend.Service)
	}
	request.Host = target.Host
	request.Header.Set("User-Agent", "echoblogs-operator")
	response, err := p.client.Do(request)
	if err != nil {
		return 0, fmt.Sprintf("The backend Service %q does not answer.", backend.Service)
	}
	response.Body.Close()
	switch named := response.Header.Get(target.App.Probe.Header); named {
	case "":
		return response.StatusCode, fmt.Sprintf("The backend answers %d for %q and does not serve the Tenant yet.", response.StatusCode, target.Host)
	case target.Tenant:
		return response.StatusCode, ""
	default:
		return response.StatusCode, fmt.Sprintf("The backend answers for %q as the Tenant %q.", target.Host, named)
	}
}

// NoAnswer says that a backend answers for none of the Tenants that were asked for.
func NoAnswer(backend application.Backend) string {
	return fmt.Sprintf("The backend Service %q answers for no Tenant.", backend.Service)
}
