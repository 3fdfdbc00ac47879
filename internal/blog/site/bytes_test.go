package site_test

import (
	"errors"
	"testing"

	"github.com/echoblogs/echoblogs/internal/blog/site"
)

func TestBytesAreSharedFairly(t *testing.T) {
	t.Parallel()
	bytes := site.NewBytes(1000)
	held := map[int64]int64{}
	var releases []func()
	for tenant := range int64(4) { // each takes all that it may
		for {
			release, err := bytes.Reserve(tenant, 1)
			if err != nil {
				if !errors.Is(err, site.ErrBusy) {
					t.Fatal(err)
				}
				break
			}
			held[tenant]++
			releases = append(releases, release)
		}
	}
	if held[0] != 500 {
		t.Errorf("the first tenant holds %d of 1000 bytes, want half", held[0])
	}
	if _, err := bytes.Reserve(5, 60); err != nil {
		t.Errorf("another tenant does not get 60 bytes: %v", err)
	}
	for _, release := range releases {
		release()
	}
	if _, err := bytes.Reserve(6, 470); err != nil {
		t.Errorf("released bytes are not free: %v", err)
	}
}
