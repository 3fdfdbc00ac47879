// Package browser_test looks at the pages of the blog in a browser: axe-core, the checker that most accessibility tools are
// made of, is to report nothing, and the browser's console is to stay empty.
package browser_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/echoblogs/echoblogs/internal/blog"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/content/transfer"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/tenancy"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/tenancytest"
)

// site is one replica of the blog with some tenants. Browsers resolve every name under localhost by themselves.
type site struct {
	t      *testing.T
	port   string
	store  *tenancy.Store
	writer *pgxpool.Pool
}

func newSite(t *testing.T) *site {
	t.Helper()
	database := postgrestest.New(t)
	operator := connect(t, database.OperatorURI)
	store := tenancytest.Open(t, database, tenancy.Options{})
	served, err := blog.New(blog.Options{DatabaseURI: database.BlogURI, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(served.Handler())
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	s := &site{t: t, port: port, store: store, writer: connect(t, database.BlogURI)}
	err = store.Install(t.Context(), tenancy.Installation{
		Namespace: "echoblogs", Name: "default", PublicURL: "http://localhost:" + port,
	}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		served.Run(ctx)
	}()
	t.Cleanup(func() {
		server.Close()
		cancel()
		<-stopped
		served.Close()
	})
	s.fill()
	// Its posts are gone, and nobody but the database knows.
	if _, err := operator.Exec(t.Context(), `DROP TABLE carol.posts`); err != nil {
		t.Fatal(err)
	}
	return s
}

func connect(t *testing.T, uri string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.NewPool(uri, postgres.PoolOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// fill makes a blog with many posts, one without any, one that is suspended and one that fails.
func (s *site) fill() {
	s.t.Helper()
	year := time.Now().AddDate(1, 0, 0)
	s.create("alice", "Alice’s adventures in blogging", year)
	s.create("empty", "A blank page", year)
	s.create("bob", "Bob builds", time.Now().AddDate(0, 0, -1))
	s.create("carol", "Carol’s corner", year)

	file, err := os.ReadFile("testdata/rich.md")
	if err != nil {
		s.t.Fatal(err)
	}
	document, err := transfer.Parse(file)
	if err != nil {
		s.t.Fatal(err)
	}
	document.Slug, document.Date = "rich", time.Now().AddDate(0, -1, 0)
	s.save(document)
	for i := range 23 {
		s.save(post.Document{
			Title: titles[i%len(titles)], Slug: fmt.Sprintf("post-%d", i), Author: []string{"Alice Liddell", ""}[i%2],
			Content: strings.Repeat("The rabbit-hole went straight on like a tunnel for some way, and then dipped suddenly down. ", i%5),
			Date:    time.Now().AddDate(0, -2, -3*i),
		})
	}
}

var titles = []string{
	"On the virtue of short titles", "Tea",
	"Why is a raven like a writing desk, and other questions to which nobody has found an answer in a hundred and fifty years",
	"Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "Ten thousand tenants, one query",
}

func (s *site) create(name, title string, suspendAt time.Time) {
	s.t.Helper()
	err := s.store.Create(s.t.Context(), tenancy.Spec{
		Name: name, SchemaName: name, DisplayName: title, PrimaryHost: name + ".localhost", PaidUntil: suspendAt, SuspendAt: suspendAt,
	}, tenancy.CreateOptions{}, time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) save(document post.Document) {
	s.t.Helper()
	if _, err := post.NewStore("alice").Save(s.t.Context(), s.writer, post.SaveRequest{Document: document, Overwrite: true, Now: time.Now()}); err != nil {
		s.t.Fatal(err)
	}
}

// wait returns when a host answers with a status.
func (s *site) wait(host, path string, status int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:"+s.port+path, nil)
		if err != nil {
			s.t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == status {
				return
			}
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			s.t.Fatalf("%s%s does not answer %d", host, path, status)
		}
	}
}
