package editor_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/test/testkit/blogtest"
)

func TestListIsPaged(t *testing.T) {
	t.Parallel()
	p := blogtest.New(t)
	p.Create(blogtest.Owned("alice"))
	for i := range 51 {
		p.Save("alice", post.Document{Title: fmt.Sprintf("Post %02d", i), Date: blogtest.Start.Add(time.Duration(i-60) * time.Hour)})
	}
	p.Save("alice", post.Document{Title: "Soon", Date: blogtest.Start.AddDate(0, 0, 1)})
	b := p.LogIn("alice", "alice.example.com")
	b.Open("/write/").Want(t, http.StatusOK, "alice", "Scheduled for 11 January 2027", "Post 50", "Post 02", `href="/write/?page=2"`)
	b.Open("/write/?page=2").Want(t, http.StatusOK, "alice", "Post 01", "Post 00", `<a href="/write/" rel="prev">`)
	b.Open("/write/?page=x").Want(t, http.StatusNotFound, "alice")
}
