package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/contentversion"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/test/bench/load"
	"github.com/echoblogs/echoblogs/test/bench/report"
	"github.com/echoblogs/echoblogs/test/testkit/process"
)

const (
	// readers is the number of connections that request pages.
	readers = 16
	// postsEach is the number of posts of each blog, which fill one page.
	postsEach = 10
	// blogConnections is the default pool size of the blog, and the pool size of the bare handler.
	blogConnections = 8
)

// measurePages requests the home pages of all hosts, from the blog and from the bare handler in alternation.
func (b *benchmark) measurePages(ctx context.Context) error {
	b.progress.say("Writing %d posts for each of %d blogs", postsEach, len(b.fleet))
	if err := b.writePosts(ctx); err != nil {
		return err
	}
	handler, err := b.startBare(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = within(context.WithoutCancel(ctx), handler.Stop) }() // it is killed if it does not stop
	picture, err := b.writePictures(ctx)
	if err != nil {
		return err
	}
	for _, hosts := range []int{b.sizes.hosts, len(b.fleet)} {
		for _, k := range pageKinds(picture) {
			if err := b.measureHosts(ctx, handler, min(hosts, len(b.fleet)), k); err != nil {
				return err
			}
		}
	}
	return b.measurePageMemory()
}

func (b *benchmark) measureHosts(ctx context.Context, handler *process.Process, count int, k pageKind) error {
	b.progress.say("%s, %d hosts", k.what, count)
	hosts := make([]string, count)
	for i := range hosts {
		hosts[i] = b.fleet[i] + "." + domain
	}
	var product, limit pageRounds
	product.use, limit.use = b.newCPUUse("%s, %d hosts", k.what, count), b.newCPUUse("the same by the bare handler")
	limit.use.server = handler.PID()
	k.load.Hosts, k.load.Connections, k.load.Requests, k.load.Duration = hosts, readers, 1<<20, b.sizes.pages
	k.load.Address = b.stack.addresses.blog
	bare := k.load
	bare.Address = b.stack.addresses.bare
	if !k.queried {
		size, err := b.sizeOf(ctx, k.load)
		if err != nil {
			return err
		}
		bare.Path = bytesPath + strconv.FormatInt(size, 10)
	}
	for round := range b.rounds() {
		err := inTurn(round,
			func() error { return b.read(ctx, round, k.load, &product) },
			func() error { return b.read(ctx, round, bare, &limit) })
		if err != nil {
			return err
		}
	}
	of, server := fmt.Sprintf(", %s, %d hosts, %d connections", k.what, count, readers), "bytes from memory"
	if k.queried {
		server = "bare handler"
	}
	requests := b.add("Requests"+of, "/s", product.rates...).WithLimit(server, limit.rates)
	if k.ratio > 0 {
		requests.RatioAtLeast(k.ratio)
	}
	b.add("p50"+of, "ms", product.middle...).WithLimit(server, limit.middle)
	b.add("p99"+of, "ms", product.slowest...).WithLimit(server, limit.slowest)
	return nil
}

// pageRounds are the results of requests to one server.
type pageRounds struct {
	rates, middle, slowest []float64 // requests per second, p50 and p99 in ms
	use                    *cpuUse
}

// read requests pages for a while; before the first round, until every database connection has used every schema.
func (b *benchmark) read(ctx context.Context, round int, run load.Load, into *pageRounds) error {
	if round == 0 {
		warm := run
		warm.Requests, warm.Duration = 4*blogConnections*len(run.Hosts), 4*b.sizes.pages
		if _, err := warm.Run(ctx); err != nil {
			return err
		}
	}
	stop := into.use.start()
	r, err := run.Run(ctx)
	stop(len(r.Latencies))
	into.rates = append(into.rates, perSecond(len(r.Latencies), r.Took))
	into.middle, into.slowest = append(into.middle, report.Quantile(r.Latencies, 0.5)), append(into.slowest, report.Quantile(r.Latencies, 0.99))
	return err
}

// writePosts writes the posts of one blog with the product's code, and copies them to the others.
func (b *benchmark) writePosts(ctx context.Context) error {
	connection, err := pgx.Connect(ctx, b.stack.databases.administrator)
	if err != nil {
		return fmt.Errorf("connect as the administrator: %w", err)
	}
	defer connection.Close(ctx)
	first := naming.Schema(b.fleet[0])
	for i := range postsEach {
		document := post.Document{
			Title:   fmt.Sprintf("Post %d of the benchmark", i+1),
			Slug:    fmt.Sprintf("post-%d", i+1),
			Author:  "Alice",
			Content: strings.Repeat("A paragraph of *some* length, as people write them, with [a link](https://example.com/) here & there.\n\n", 12),
		}
		if _, err := post.NewStore(first).Save(ctx, connection, post.SaveRequest{Document: document, Overwrite: true, Now: time.Now()}); err != nil {
			return err
		}
	}
	const columns = "slug, title, author, content, html, html_language, html_direction, html_link, summary, created_at, updated_at, published_at"
	source := pgx.Identifier{first, "posts"}.Sanitize()
	_, err = atOnce(ctx, 1, b.fleet[1:], func(ctx context.Context, _ int, name string) error {
		target := pgx.Identifier{naming.Schema(name), "posts"}.Sanitize()
		return contentversion.Change(ctx, connection, naming.Schema(name), func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO "+target+" ("+columns+") SELECT "+columns+" FROM "+source+" ORDER BY id", pgx.QueryExecModeSimpleProtocol)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("copy the posts: %w", err)
	}
	return nil
}

// startBare starts the bare handler in its own process, like the blog, with pages of the same size.
func (b *benchmark) startBare(ctx context.Context) (*process.Process, error) {
	size, err := b.sizeOf(ctx, load.Load{Address: b.stack.addresses.blog, Hosts: []string{b.fleet[0] + "." + domain}})
	if err != nil {
		return nil, err
	}
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	handler, err := process.Start(ctx, process.Spec{
		Name: "bare", Path: executable, LogFile: b.stack.log("bare"),
		Args: []string{
			"bare", "--address=" + b.stack.addresses.bare, "--uri-file=" + b.stack.databases.blogFile,
			"--connections=" + strconv.Itoa(blogConnections), "--size=" + strconv.FormatInt(size, 10),
		},
	})
	if err != nil {
		return nil, err
	}
	return handler, waitUntilReady(ctx, handler, b.stack.addresses.bare)
}
