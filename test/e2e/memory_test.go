//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// processors are those of a large node, on which as many posts would be rendered at once if memory did not limit them.
const processors = "16"

// testMemory lets the owners of eight blogs publish four posts of 1 MB each at the same time, in one pod with the chart's limit
// of memory. The pod survives, and each post is published.
func (p *product) testMemory() {
	const owners, posts = 8, 4
	p.kubectl("set", "env", "deployment/echoblogs-blog", "GOMAXPROCS="+processors)
	p.scaleBlog(1)
	pod := p.pods("blog")

	browsers := make(map[string]browser)
	for i := range owners {
		name := fmt.Sprintf("memory%d", i)
		b := p.signUp(name).browser
		b.Timeout = time.Minute
		if err := p.openEditor(p.t.Context(), b, name); err != nil {
			p.t.Fatal(err)
		}
		browsers[name] = b
	}
	var publishing sync.WaitGroup
	began := time.Now()
	for name, b := range browsers {
		for i := range posts {
			publishing.Go(func() { p.publishLong(b, name, fmt.Sprintf("long-%d", i)) })
		}
	}
	publishing.Wait()
	p.t.Logf("%d posts of 1 MB were published in %.1f s", owners*posts, time.Since(began).Seconds())
	if after := p.pods("blog"); after != pod || p.restarts("blog") != 0 {
		p.t.Errorf("the blog was restarted %d times; its pod is %s, and was %s", p.restarts("blog"), after, pod)
	}
	p.kubectl("set", "env", "deployment/echoblogs-blog", "GOMAXPROCS-")
	p.scaleBlog(2)
}

// scaleBlog returns when the blog has exactly as many pods.
func (p *product) scaleBlog(replicas int) {
	p.t.Helper()
	p.kubectl("scale", "deployment/echoblogs-blog", fmt.Sprintf("--replicas=%d", replicas))
	p.kubectl("rollout", "status", "deployment/echoblogs-blog", "--timeout=90s")
	p.wait("the other pods are gone", func(context.Context) error {
		if pods := strings.Fields(p.pods("blog")); len(pods) != replicas {
			return fmt.Errorf("the pods are %s", pods)
		}
		return nil
	})
}

// longText is 1 MB of ordinary Markdown.
var longText = strings.Repeat("Some *ordinary* words, with [a link](https://example.com/) and `code`, make a paragraph.\n\n", 11_000)

// publishLong publishes a post of 1 MB, and reads it. The blog may ask the owner to try again.
func (p *product) publishLong(b browser, name, slug string) {
	text := "The first words of " + slug
	var address string
	err := eventuallyNil(p.t.Context(), func(ctx context.Context) error {
		var err error
		address, err = p.publish(ctx, b, name, slug, text+"\n\n"+longText)
		return err
	})
	if err == nil {
		err = p.browser().read(p.t.Context(), address, text)
	}
	if err != nil {
		p.t.Error(err)
	}
}

// pods returns the names of the pods of a program.
func (p *product) pods(program string) string {
	p.t.Helper()
	return p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-"+program, "--output=jsonpath={.items[*].metadata.name}")
}

// restarts returns how often the containers of a program's pods were started again.
func (p *product) restarts(program string) (sum int) {
	p.t.Helper()
	counts := p.kubectl("get", "pods", "--selector=app.kubernetes.io/name=echoblogs-"+program, "--output=jsonpath={.items[*].status.containerStatuses[*].restartCount}")
	for count := range strings.FieldsSeq(counts) {
		n := 0
		if _, err := fmt.Sscan(count, &n); err != nil {
			p.t.Fatalf("read the number of restarts: %v", err)
		}
		sum += n
	}
	return sum
}
