package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/test/bench/load"
)

// pageKind is a kind of request, with how it is compared.
type pageKind struct {
	what string
	load load.Load
	// queried says that the bare handler reads the rows of the page. Otherwise it has as many bytes in memory.
	queried bool
	// ratio is the part of the requests per second of the bare handler that is wanted. 0: any.
	ratio float64
}

// pageKinds returns the kinds of requests. picture is the path of a picture that each blog has.
func pageKinds(picture string) []pageKind {
	return []pageKind{
		{what: "a page from memory", ratio: 0.6},
		{what: "a page that has not changed (304)", load: load.Load{Header: "If-None-Match: *", Status: http.StatusNotModified}, ratio: 0.6},
		{what: "the feed from memory", load: load.Load{Path: "/feed.xml"}, ratio: 0.6},
		{what: "a page that is not in memory", load: load.Load{Different: true}, queried: true, ratio: 0.85},
		{what: "a picture", load: load.Load{Path: picture}},
	}
}

// sizeOf returns the size of the body of a response.
func (b *benchmark) sizeOf(ctx context.Context, l load.Load) (int64, error) {
	l.Hosts, l.Connections, l.Requests, l.Duration = l.Hosts[:1], 1, 1, 10*time.Second
	r, err := l.Run(ctx)
	if err != nil {
		return 0, fmt.Errorf("read a page of the blog: %w", err)
	}
	return r.Bytes, nil
}

// writePictures stores a picture in one blog with the product's code, copies it to the others, and returns its path.
func (b *benchmark) writePictures(ctx context.Context) (path string, err error) {
	pool, err := postgres.NewPool(b.stack.databases.administrator, postgres.PoolOptions{MaxConns: 1})
	if err != nil {
		return "", err
	}
	defer pool.Close()
	first := naming.Schema(b.fleet[0])
	file, err := media.NewReceiver().Receive(ctx, media.NewPostgres(media.UsePool(pool), first), media.Upload{
		TenantID: 1, Name: "picture.jpg", Size: -1, Body: bytes.NewReader(picture()), Now: time.Now,
	})
	if err != nil {
		return "", fmt.Errorf("store a picture: %w", err)
	}
	_, err = atOnce(ctx, 1, b.fleet[1:], func(ctx context.Context, _ int, name string) error {
		for _, table := range []string{"media", "media_chunks"} {
			source, target := pgx.Identifier{first, table}.Sanitize(), pgx.Identifier{naming.Schema(name), table}.Sanitize()
			if _, err := pool.Exec(ctx, "INSERT INTO "+target+" SELECT * FROM "+source, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("copy the picture: %w", err)
	}
	return file.Path(media.Original), nil
}

// picture returns a JPEG of about 40 kB.
func picture() []byte {
	drawn := image.NewRGBA(image.Rect(0, 0, 480, 320))
	for y := range 320 {
		for x := range 480 {
			drawn.Set(x, y, color.RGBA{uint8(x * y), uint8(x ^ y), uint8(x + y), 255})
		}
	}
	var encoded bytes.Buffer
	_ = jpeg.Encode(&encoded, drawn, &jpeg.Options{Quality: 60}) // a buffer accepts everything
	return encoded.Bytes()
}

// measurePageMemory reads the memory of the blog and of the largest backend, after pages of all hosts.
func (b *benchmark) measurePageMemory() error {
	memory, err := memoryOf(b.stack.blog.PID(), "VmRSS")
	if err != nil {
		return err
	}
	largest, err := largestBackend(b.stack.postgres.PID())
	if err != nil {
		return err
	}
	after := fmt.Sprintf(" after pages of %d hosts", len(b.fleet))
	b.add("Memory of the blog"+after, "MiB", memory)
	b.add("Private memory of the largest backend of PostgreSQL"+after, "MiB", largest)
	return nil
}
