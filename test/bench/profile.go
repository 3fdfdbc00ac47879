package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// profileSeconds is shorter than the creation of a large fleet.
const profileSeconds = "8"

// profile starts CPU profiles if they are enabled. The returned function waits for them.
func (b *benchmark) profile(ctx context.Context) (wait func() error, err error) {
	if b.profiles == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(b.profiles, 0o755); err != nil {
		return nil, fmt.Errorf("create the folder for profiles: %w", err)
	}
	const path = "/debug/pprof/profile"
	var takers errgroup.Group
	for part, take := range map[string]func() ([]byte, error){
		"operator": func() ([]byte, error) {
			return get(ctx, "http://"+b.stack.addresses.operatorProfiles+path+"?seconds="+profileSeconds)
		},
		"kube-apiserver": func() ([]byte, error) {
			return b.stack.client.Get().AbsPath(path).Param("seconds", profileSeconds).DoRaw(ctx)
		},
	} {
		takers.Go(func() error {
			content, err := take()
			if err == nil {
				err = os.WriteFile(filepath.Join(b.profiles, part+".prof"), content, 0o644)
			}
			if err != nil {
				return fmt.Errorf("take a profile of the %s: %w", part, err)
			}
			return nil
		})
	}
	return takers.Wait, nil
}
