// Package editor serves the pages on which the owner of a blog logs in, writes, and exports the posts. They share no
// connections with the pages for readers, so that no save, login or export delays a reader.
package editor

import (
	"net/http"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// Editor serves owners.
type Editor struct {
	*site.Site
	connections *site.Connections
	pages       *web.Templates
	// sameOrigin refuses forms of other origins, including sibling tenants.
	sameOrigin *http.CrossOriginProtection
	capacity   *capacity
	uploads    *site.Uploads
	receiver   *media.Receiver
}

// New returns an Editor that reads and writes posts by means of a pool.
func New(s *site.Site, pool *postgres.Pool, uploads *site.Uploads) (*Editor, error) {
	pages, err := s.Layout.LoadTemplates(templates)
	if err != nil {
		return nil, err
	}
	return &Editor{
		Site: s, connections: site.NewConnections(pool, connectionsWaiting), pages: pages,
		sameOrigin: http.NewCrossOriginProtection(), capacity: newCapacity(), uploads: uploads, receiver: media.NewReceiver(),
	}, nil
}

// newPath is the form for a new post.
const newPath = site.NewPostPath

// Register adds the pages to a mux.
func (e *Editor) Register(mux *http.ServeMux) {
	for pattern, show := range map[string]page{
		"GET " + site.LoginPath + "{$}": e.login,
		"GET /login/callback":           e.callback,
		"GET /logout/{$}":               e.confirmLogout,
		"POST /logout/{$}":              e.logout,
		"GET /register/{$}":             e.register,
		// A form is shown again with its text if the session has expired, so save looks up the user itself.
		"POST " + newPath + "{$}":               e.save,
		"POST " + site.WritePath + "{slug}/{$}": e.save,
		"POST " + uploadsPath + "{$}":           e.upload,
	} {
		mux.Handle(pattern, e.handle(show))
	}
	for pattern, show := range map[string]page{
		"GET " + site.WritePath + "{$}":                   e.list,
		"POST " + site.WritePath + "{$}":                  e.changePosts,
		"GET " + newPath + "{$}":                          e.newPost,
		"GET " + uploadsPath + "{$}":                      e.listUploads,
		"POST " + uploadsPath + "delete/{$}":              e.deleteUpload,
		"GET " + site.WritePath + "export.zip":            e.export,
		"GET " + site.WritePath + "{slug}/{$}":            e.edit,
		"GET " + site.WritePath + "{slug}/delete/{$}":     e.asking(e.askToDelete),
		"POST " + site.WritePath + "{slug}/delete/{$}":    e.permitted("The post was not deleted", e.deletePost),
		"GET " + site.WritePath + "{slug}/discard/{$}":    e.asking(e.askToDiscard),
		"POST " + site.WritePath + "{slug}/discard/{$}":   e.permitted("The changes were not discarded", e.discard),
		"GET " + settingsPath + "{$}":                     e.showSettings,
		"POST " + settingsPath + "{$}":                    e.saveSettings,
		"GET " + site.WritePath + "{slug}/revisions/{$}":  e.revisions,
		"POST " + site.WritePath + "{slug}/revisions/{$}": e.permitted(notRestored, e.restoreRevision),
	} {
		mux.Handle(pattern, e.requireOwner(show))
	}
}
