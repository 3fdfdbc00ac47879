package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// Answer is the response of a blog.
type Answer struct {
	// Status is the status code.
	Status int
	// Tenant is the tenant that the response is for. Empty: none.
	Tenant string
	// Body is the response body.
	Body string
}

// maxPage is the maximum size of a page in bytes. The rest is not read.
const maxPage = 1 << 20

// Get requests a page of a host from the program at an address, HOST:PORT. It does not follow redirects.
func Get(ctx context.Context, address, host, path string) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("get %s from %s: %w", path, address, err)
	}
	request.Host = host
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return Answer{}, fmt.Errorf("get %s from %s: %w", path, address, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxPage))
	if err != nil {
		return Answer{}, fmt.Errorf("read %s from %s: %w", path, address, err)
	}
	return Answer{Status: response.StatusCode, Tenant: response.Header.Get("Echoblogs-Tenant"), Body: string(body)}, nil
}
