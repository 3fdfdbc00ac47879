package browser_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"golang.org/x/sync/errgroup"

	"github.com/echoblogs/echoblogs/internal/naming"
	"github.com/echoblogs/echoblogs/test/testkit/postgrestest"
	"github.com/echoblogs/echoblogs/test/testkit/stack"
)

const (
	edits   = 500 // of all posts together
	tabs    = 4
	perPost = 30 // edits, after which a tab begins another post
	// ofEach is how many times browser, blog and database are killed.
	ofEach = 12
	// offline is how many of the kills of the browser come while the blog is unavailable, when it alone has the text.
	offline = 3
)

// victim is what is killed.
type victim string

const (
	theBrowser        victim = "browser"
	theBrowserOffline victim = "browser, with the blog away"
	theBlog           victim = "blog"
	theDatabase       victim = "database"
)

// Whatever the editor calls saved is in the database, and what the browser kept is offered, no matter what is killed when.
// ECHOBLOGS_TEST_SEED repeats the choices of an earlier run, though not their times.
func TestNoSaveIsLostByKills(t *testing.T) {
	t.Parallel()
	k := newKills(t)
	for i, next := range k.plan() {
		if err := k.round(next, edits/(3*ofEach)); err != nil {
			t.Fatalf("kill %d, of the %s: %v", i+1, next, err)
		}
		k.wantSaved()
	}
	// What the kills of the browser have prevented.
	for k.isLeft() {
		if err := k.write(min(perPost, edits-int(k.made.Load()))); err != nil {
			t.Fatal(err)
		}
	}
	k.wantSaved()
	saved, offered := 0, 0
	for _, a := range k.authors {
		saved, offered = saved+a.acknowledged, offered+a.offered
	}
	t.Logf("%d edits of %d posts, %d of them acknowledged, %d offered", k.made.Load(), len(k.posts()), saved, offered)
	if offered < offline*tabs {
		t.Errorf("the browser offered %d texts, want at least those of %d kills while the blog was away", offered, offline)
	}
}

// kills are a platform with its own database server, and authors who write in the tabs of one browser.
type kills struct {
	t       *testing.T
	p       *stack.Platform
	server  *postgrestest.Server
	replica *stack.Blog
	blog    string // its URL
	profile string
	browser context.Context
	killed  atomic.Bool // the browser: until it is started again, no step in it means anything
	authors []*author
	random  *rand.Rand
	made    atomic.Int64  // edits
	steps   atomic.Int64  // edits and acknowledgments
	stepped chan struct{} // receives after some of them
}

func newKills(t *testing.T) *kills {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("ECHOBLOGS_TEST_SEED"); given != "" {
		var err error
		if seed, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatalf("ECHOBLOGS_TEST_SEED: %v", err)
		}
	}
	t.Logf("ECHOBLOGS_TEST_SEED=%d", seed)
	server := postgrestest.NewServer(t, "")
	database := server.NewDatabase()
	p, site := stack.NewForBrowsersOn(t, database)
	// As on a real server, a commit is acknowledged when it is in the write-ahead log.
	p.Exec(`ALTER DATABASE ` + database.Name + ` SET synchronous_commit = on`)
	p.StartOperator()
	p.WaitReady()
	k := &kills{
		t: t, p: p, server: server, replica: p.StartBlog(0), blog: strings.Replace(site, "http://", "http://karen.", 1),
		profile: t.TempDir(), random: rand.New(rand.NewPCG(seed, 0)), stepped: make(chan struct{}, 1),
	}
	p.StartPortal(0, "--trusted-proxies=127.0.0.1", "--registrations-per-hour=1000")
	k.browser = newBrowser(t, chromedp.UserDataDir(k.profile))
	karen := &person{t: t, tab: k.newTab()}
	karen.register(site, "karen")
	karen.choose("Write", "You have no posts yet")
	// A browser stores new cookies after half a minute, or when it is closed.
	if err := chromedp.Cancel(k.browser); err != nil {
		t.Fatal(err)
	}
	for i := range tabs {
		k.authors = append(k.authors, &author{k: k, number: i, random: rand.New(rand.NewPCG(seed, uint64(1+i)))})
	}
	k.startBrowser()
	return k
}

// plan returns what is killed, in a random order.
func (k *kills) plan() []victim {
	var plan []victim
	for i := range ofEach {
		first := theBrowser
		if i < offline {
			first = theBrowserOffline
		}
		plan = append(plan, first, theBlog, theDatabase)
	}
	k.random.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	return plan
}

// round makes some edits in all tabs, kills something while they are made, and starts it again.
func (k *kills) round(next victim, count int) error {
	kill := k.steps.Load() + 1 + k.random.Int64N(2*int64(count))
	written := make(chan error, 1)
	go func() { written <- k.write(count) }()
	for k.steps.Load() < kill {
		select {
		case <-k.stepped:
		case err := <-written:
			written <- err
			kill = 0
		}
	}
	switch next {
	case theBlog:
		k.replica.Kill()
		k.replica = k.p.StartBlog(0)
	case theDatabase:
		k.server.Crash()
		k.server.Start()
	case theBrowser:
		k.killBrowser()
		if err := <-written; err != nil && !errors.Is(err, errBrowserGone) {
			return err
		}
		k.startBrowser()
		return k.reopen()
	case theBrowserOffline:
		return k.killOffline(<-written)
	}
	return <-written
}

// killOffline kills the browser when it alone has the text of each author, and blog and database are away.
func (k *kills) killOffline(err error) error {
	for _, a := range k.authors {
		if err == nil && a.title == "" {
			err = a.edit()
		}
	}
	if err != nil {
		return err
	}
	k.replica.Kill()
	k.server.Crash()
	group := errgroup.Group{}
	for _, a := range k.authors {
		group.Go(a.keep)
	}
	if err := group.Wait(); err != nil {
		return err
	}
	k.killBrowser()
	k.server.Start()
	k.replica = k.p.StartBlog(0)
	k.startBrowser()
	return k.reopen()
}

// write makes some edits in all tabs together, and returns when each of them is saved.
func (k *kills) write(count int) error {
	budget := atomic.Int64{}
	budget.Store(int64(count))
	group := errgroup.Group{}
	for _, a := range k.authors {
		group.Go(func() error {
			for budget.Add(-1) >= 0 && k.isLeft() {
				if err := a.edit(); err != nil {
					return fmt.Errorf("tab %d: %w", a.number, err)
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// isLeft reports whether there are edits to be made.
func (k *kills) isLeft() bool { return k.made.Load() < edits }

// step counts an edit or an acknowledgment.
func (k *kills) step() {
	k.steps.Add(1)
	select {
	case k.stepped <- struct{}{}:
	default:
	}
}

func (k *kills) newTab() context.Context {
	k.t.Helper()
	tab, closeTab := chromedp.NewContext(k.browser)
	k.t.Cleanup(closeTab)
	if err := chromedp.Do(tab, chromedp.EmulateViewport(1280, 800)); err != nil {
		k.t.Fatal(err)
	}
	return tab
}

func (k *kills) startBrowser() {
	k.t.Helper()
	// A browser stores what pages keep after some seconds, and later if that is often. Chromium's drivers make it store that at once.
	k.browser = newBrowser(k.t, chromedp.UserDataDir(k.profile), chromedp.Flag("enable-aggressive-domstorage-flushing", true),
		chromedp.ModifyCmdFunc(func(command *exec.Cmd) {
			command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
		}))
	k.killed.Store(false)
	for _, a := range k.authors {
		a.tab = k.newTab() //nolint:fatcontext // it is not that of the former browser
	}
}

// killBrowser kills all processes of the browser, which hold its connection to the test.
func (k *kills) killBrowser() {
	k.t.Helper()
	k.killed.Store(true)
	if err := syscall.Kill(-chromedp.FromContext(k.browser).Browser.Process().Pid, syscall.SIGKILL); err != nil {
		k.t.Fatal(err)
	}
	<-k.browser.Done()
}

// reopen lets each author go on after the browser was killed.
func (k *kills) reopen() error {
	group := errgroup.Group{}
	for _, a := range k.authors {
		group.Go(func() error {
			if err := a.reopen(); err != nil {
				return fmt.Errorf("tab %d after the browser was killed: %w", a.number, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// kept reports whether the browser has written something into its profile. That is a log of blocks of 32 KiB with records in
// fragments, each with a header of 7 bytes (LevelDB, doc/log_format.md).
func (k *kills) kept(what string) (bool, error) {
	const block, header = 32 << 10, 7
	logs, err := filepath.Glob(filepath.Join(k.profile, "Default", "Local Storage", "leveldb", "*.log"))
	if err != nil {
		return false, err
	}
	for _, log := range logs {
		content, err := os.ReadFile(log)
		if err != nil {
			return false, err
		}
		var joined strings.Builder
		for len(content) > header {
			size := min(block, len(content))
			joined.Write(content[header:size])
			content = content[size:]
		}
		if strings.Contains(joined.String(), what) {
			return true, nil
		}
	}
	return false, nil
}

// posts returns the texts in the database, by titles.
func (k *kills) posts() map[string][]string {
	k.t.Helper()
	rows, err := k.p.Admin.Query(k.t.Context(), `SELECT title, coalesce(pending -> 'document' ->> 'content', content) FROM `+naming.Schema("karen")+`.posts`)
	if err != nil {
		k.t.Fatal(err)
	}
	defer rows.Close()
	found := map[string][]string{}
	for rows.Next() {
		var title, text string
		if err := rows.Scan(&title, &text); err != nil {
			k.t.Fatal(err)
		}
		found[title] = append(found[title], text)
	}
	if err := rows.Err(); err != nil {
		k.t.Fatal(err)
	}
	return found
}

// wantSaved checks that the database has whatever was acknowledged, and nothing that was not written.
func (k *kills) wantSaved() {
	k.t.Helper()
	k.p.Wait("the database can be read", k.p.Admin.Ping)
	found := k.posts()
	for _, a := range k.authors {
		for title, want := range a.written {
			latest := 0
			for _, text := range found[title] {
				number := len(strings.Fields(text))
				if text != textOf(number) || number > want.most {
					k.t.Fatalf("%s has the text %q, which nobody has written", title, text)
				}
				latest = max(latest, number)
			}
			if latest < want.saved {
				k.t.Fatalf("%s has %d edits, but %d are acknowledged", title, latest, want.saved)
			}
		}
	}
}
