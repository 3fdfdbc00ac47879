package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/spf13/cobra"
)

const (
	// checkTimeout bounds all requests of the command check.
	checkTimeout = time.Minute
	// requestTimeout bounds one request.
	requestTimeout = 5 * time.Second
	// checkInterval is the time between two requests of a URL that fails.
	checkInterval = time.Second
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "check URL...",
		Short:   "Request URLs until each answers 200",
		Long:    `Request URLs until each answers 200, for a minute. "helm test" runs this in a pod.`,
		Example: "  operator check http://echoblogs-blog/readyz?recheck http://echoblogs-portal/readyz?recheck",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, urls []string) error {
			ctx, cancel := context.WithTimeout(cmd.Context(), checkTimeout)
			defer cancel()
			var failures []error
			for _, url := range urls {
				err := awaitOK(ctx, url)
				if err == nil {
					_, err = fmt.Fprintln(cmd.OutOrStdout(), url, "answers 200")
				}
				failures = append(failures, err)
			}
			return errors.Join(failures...)
		},
	}
}

// awaitOK requests a URL until it answers 200, or the context ends.
func awaitOK(ctx context.Context, url string) error {
	for {
		err := requestOK(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(checkInterval):
		}
	}
}

func requestOK(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("request %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err // names method and URL
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", url, response.Status, body)
	}
	return nil
}
