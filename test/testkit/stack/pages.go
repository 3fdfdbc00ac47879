package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Answer is what a blog has said.
type Answer struct {
	// Status is the status code.
	Status int
	// Tenant is in whose name it speaks. Empty: in nobody's.
	Tenant string
	// Body is the page.
	Body string
}

// maxPage bounds what is read of a page.
const maxPage = 1 << 20

// Get asks the blog at an address for a page of a host. Redirects are not followed.
func Get(ctx context.Context, address, host, path string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("ask %s for %s: %w", address, path, err)
	}
	request.Host = host
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return Answer{}, fmt.Errorf("ask %s for %s: %w", address, path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxPage))
	if err != nil {
		return Answer{}, fmt.Errorf("read %s of %s: %w", path, address, err)
	}
	return Answer{Status: response.StatusCode, Tenant: response.Header.Get("Echoblogs-Tenant"), Body: string(body)}, nil
}
