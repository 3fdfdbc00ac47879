package editor

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/blog/site"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

const (
	// maxChosen is how many posts of the list are changed at once: those of one page.
	maxChosen = listSize
	// bulkTime is how long posts are changed, so that the answer arrives before formTimeout.
	bulkTime = 40 * time.Second
)

// bulkAction is what is done with each chosen post of the list.
type bulkAction struct {
	// done is the name of the notice, and past completes "was not …".
	done, past string
	// change is a change of a post. nil: work does it.
	change func(tags []string) post.Change
	// work does something else with a version of a post.
	work func(ctx context.Context, db postgres.Beginner, r *request, version post.Version, quota post.Quota) error
}

var bulkActions = map[string]bulkAction{
	"publish":   {done: "published", past: "published", change: func([]string) post.Change { return post.Change{Publish: true} }},
	"unpublish": {done: "unpublished", past: "unpublished", change: func([]string) post.Change { return post.Change{Unpublish: true} }},
	"tag":       {done: "tagged", past: "tagged", change: func(tags []string) post.Change { return post.Change{Tags: tags} }},
	"delete": {done: "trashed", past: "deleted", work: func(ctx context.Context, db postgres.Beginner, r *request, version post.Version, _ post.Quota) error {
		return r.posts().Delete(ctx, db, version, r.now)
	}},
	"restore": {done: "restored", past: "restored", work: restoreFromTrash},
	"erase": {done: "erased", past: "deleted", work: func(ctx context.Context, db postgres.Beginner, r *request, version post.Version, _ post.Quota) error {
		return r.posts().DeletePermanently(ctx, db, version.ID)
	}},
}

// restoreFromTrash restores a post. One that is not in the trash has been restored already, unless it does not exist.
func restoreFromTrash(ctx context.Context, db postgres.Beginner, r *request, version post.Version, quota post.Quota) error {
	_, err := r.posts().Restore(ctx, db, version.ID, quota, r.now)
	if errors.Is(err, post.ErrNotFound) {
		_, err = r.posts().FindByID(ctx, db, version.ID)
	}
	return err
}

// chosenPost is a version of a post that was chosen in the list.
type chosenPost struct {
	post.Version
	// Value identifies the version in the form, and Name names the post as the list did.
	Value, Name string
}

// bulkView is the data of the page about posts that were not changed.
type bulkView struct {
	// Past completes "was not …", and Done is how many posts were changed.
	Past     string
	Done     int
	Failures []bulkFailure
	// Back is the address of the list.
	Back string
}

type bulkFailure struct {
	// Name names the post, and Sentence says why it was not changed.
	Name, Sentence string
}

// eraseView is the data of the page that asks whether to delete posts permanently.
type eraseView struct {
	Posts []chosenPost
	// Query is that of the list, and Back its address.
	Query, Back string
}

// nothingChanged is the title of the page that says why no post was changed.
const nothingChanged = "Nothing was changed"

// changePosts changes the chosen posts of the list, each by itself. If some cannot be changed, it names them.
func (e *Editor) changePosts(w http.ResponseWriter, r *request) error {
	release, ok := e.parseForm(w, r)
	if !ok {
		return nil
	}
	defer release()
	values, _ := url.ParseQuery(r.PostFormValue("list"))
	list, _ := parseListQuery(values) // otherwise the first page
	name, posts := chosen(r)
	action, known := bulkActions[name]
	tags := splitTags(r.PostFormValue("tag"))
	switch {
	case !known || len(posts) == 0:
		return e.refuse(w, r, nothingChanged, http.StatusUnprocessableEntity, "Choose posts in the list first.", list.address())
	case len(posts) > maxChosen:
		return e.refuse(w, r, nothingChanged, http.StatusUnprocessableEntity, "Choose at most "+strconv.Itoa(maxChosen)+" posts.", list.address())
	case name == "tag" && len(tags) == 0:
		return e.refuse(w, r, nothingChanged, http.StatusUnprocessableEntity, "Enter the tag that the posts are to have.", list.address())
	case name == "erase" && r.PostFormValue("confirmed") == "":
		return e.show(w, r, view{name: "erase", title: "Delete permanently", Data: eraseView{posts, list.Encode(), list.address()}})
	}
	quota, refusal, err := e.authorize(r)
	switch {
	case err != nil:
		return err
	case refusal != "":
		return e.refuse(w, r, nothingChanged, http.StatusForbidden, refusal, list.address())
	}
	done, failures := e.changeEach(r, posts, action, tags, quota)
	if len(failures) == 0 {
		web.SeeOther(w, r.Request, list.after(action.done, done))
		return nil
	}
	return e.show(w, r, view{
		name: "bulk", title: "Some posts were not " + action.past, status: http.StatusUnprocessableEntity,
		Data: bulkView{action.past, done, failures, list.address()},
	})
}

// chosen returns what is to be done, and with which posts: one with a button of its own, or those with a check mark.
func chosen(r *request) (action string, posts []chosenPost) {
	action, values := r.PostFormValue("action"), r.PostForm["post"]
	if one, value, ok := strings.Cut(r.PostFormValue("one"), " "); ok {
		action, values = one, []string{value}
	}
	for _, value := range values {
		id, at, _ := strings.Cut(value, ".")
		version := post.Version{ID: number(id), UpdatedAt: time.UnixMicro(revision(at)).UTC()}
		if version.ID == 0 || slices.ContainsFunc(posts, func(p chosenPost) bool { return p.ID == version.ID }) {
			continue
		}
		name := web.Shorten(cmp.Or(r.PostFormValue("name."+id), "Untitled"))
		posts = append(posts, chosenPost{version, value, name})
	}
	return action, posts
}

// changeEach changes posts one after the other. It stops if the database fails or time runs out: all others have then failed, too.
func (e *Editor) changeEach(r *request, posts []chosenPost, action bulkAction, tags []string, quota post.Quota) (done int, failures []bulkFailure) {
	set, err := e.settings(r)
	stopped, started := "", time.Now()
	if err != nil {
		_, stopped = e.explain(r, err)
	}
	for _, p := range posts {
		if stopped == "" && time.Since(started) > bulkTime {
			stopped = "There was not enough time. Try again."
		}
		if stopped != "" {
			failures = append(failures, bulkFailure{p.Name, stopped})
			continue
		}
		save := post.SaveRequest{Base: p.Version, SmartPunctuation: set.SmartPunctuation, Zone: set.Location(), Quota: quota, Now: r.now}
		if err := e.changeOne(r, save, action, tags); err != nil {
			var sentence string
			sentence, stopped = e.explain(r, err)
			failures = append(failures, bulkFailure{p.Name, sentence})
			continue
		}
		done++
	}
	return done, failures
}

// changeOne changes the version of a post that is the base of a request.
func (e *Editor) changeOne(r *request, save post.SaveRequest, action bulkAction, tags []string) error {
	if action.work != nil {
		return e.write(r, func(ctx context.Context, db postgres.Beginner) error {
			return action.work(ctx, db, r, save.Base, save.Quota)
		})
	}
	var stored post.Source
	err := e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		stored, err = r.posts().FindByID(ctx, db, save.Base.ID)
		return err
	})
	if err != nil {
		return err
	}
	_, err = e.prepareAndWrite(r, action.change(tags).Apply(&stored, save))
	return err
}

// explain returns why a post was not changed, and why the others cannot be changed either. Empty: they can.
func (e *Editor) explain(r *request, err error) (sentence, others string) {
	if _, sentence = sentenceOf(err); sentence != "" {
		return sentence, ""
	}
	switch {
	case errors.Is(err, post.ErrNotFound):
		return "It was deleted after you opened the list.", ""
	case errors.Is(err, post.ErrChanged):
		return "It was changed after you opened the list, in another window or by someone else. Look at it first.", ""
	case errors.Is(err, site.ErrBusy):
		return busySentence, busySentence
	}
	e.LogFailure(r.Request, r.tenant, err)
	return "The database is not responding, so it may not have been changed. Look at it first.", "The database was not responding. Try again in a few seconds."
}

// busySentence says that a change has to wait for others.
const busySentence = "Too many changes to this blog are in progress. Try again in a few seconds."
