package editor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/echoblogs/echoblogs/internal/content/media"
	"github.com/echoblogs/echoblogs/internal/content/post"
	"github.com/echoblogs/echoblogs/internal/postgres"
	"github.com/echoblogs/echoblogs/internal/web"
)

// uploadsView is the data of the list of uploads.
type uploadsView struct {
	Items []uploadItem
	// Storage says how much the blog stores, and how much is left.
	Storage string
	// Newer and Older are the addresses of the adjacent pages. Empty: there is no such page.
	Newer, Older string
	// Notice says what was just done, and ReadOnly why the blog cannot be changed. Empty: nothing, and it can.
	Notice, ReadOnly string
}

type uploadItem struct {
	media.File
	// Address is that of the file, and Thumbnail that of a small picture. Empty: it is no picture.
	Address, Thumbnail string
	// Size is the size of the file, for people.
	Size string
}

// listUploads shows what the author has uploaded, the newest first.
func (e *Editor) listUploads(w http.ResponseWriter, r *request) error {
	number, ok := listNumber(r.URL.Query().Get("page"))
	if !ok {
		e.NotFound(w, r.Request, r.page(), nil)
		return nil
	}
	store := e.uploads.Store(r.tenant)
	// The next upload would do it, too, but what a crash has left counts until then.
	if _, err := store.Sweep(r.Context(), r.now); err != nil {
		return err
	}
	// One more than is shown, to know whether there is another page.
	files, err := store.List(r.Context(), listSize+1, (number-1)*listSize)
	if err != nil {
		return err
	}
	var used post.Usage
	err = e.query(r, func(ctx context.Context, db postgres.Beginner) (err error) {
		used, err = r.posts().Usage(ctx, db)
		return err
	})
	if err != nil {
		return err
	}
	list := uploadsView{Storage: storageSentence(used.Bytes(), r.tenant.MaxStorageBytes), Notice: notices[r.URL.Query().Get("done")], ReadOnly: r.readOnlyReason()}
	if number > 1 {
		list.Newer = uploadsPage(number - 1)
	}
	if len(files) > listSize {
		files, list.Older = files[:listSize], uploadsPage(number+1)
	}
	for _, file := range files {
		list.Items = append(list.Items, newUploadItem(file))
	}
	return e.show(w, r, view{name: "uploads", title: "Uploads", style: "posts.css", script: "clipboard.js", Data: list})
}

// storageSentence says how much of a limit is used. nil: there is no limit.
func storageSentence(used int64, limit *int64) string {
	if limit == nil {
		return fmt.Sprintf("Your blog uses %s, posts and their versions included.", media.FormatBytes(used))
	}
	return fmt.Sprintf("Your blog uses %s of %s, posts and their versions included. %s bytes are left.", media.FormatBytes(used), media.FormatBytes(*limit), media.GroupDigits(max(0, *limit-used)))
}

func newUploadItem(file media.File) uploadItem {
	item := uploadItem{File: file, Address: file.Path(media.Original), Size: media.FormatBytes(file.Size)}
	switch smallest := len(file.Variants) - 1; {
	case smallest >= 0:
		item.Thumbnail = file.Path(file.Variants[smallest].Width)
	case file.Type != media.PDF:
		item.Thumbnail = item.Address
	}
	return item
}

func uploadsPage(number int) string {
	if number == 1 {
		return uploadsPath
	}
	return uploadsPath + "?" + url.Values{"page": {strconv.Itoa(number)}}.Encode()
}

// deleteUpload deletes a file. Pages that show it lose it.
func (e *Editor) deleteUpload(w http.ResponseWriter, r *request) error {
	release, ok := e.parseForm(w, r)
	if !ok {
		return nil
	}
	defer release()
	switch _, refusal, err := e.authorize(r); {
	case err != nil:
		return err
	case refusal != "":
		return e.refuseUpload(w, r, http.StatusForbidden, refusal)
	}
	if err := e.uploads.Store(r.tenant).Delete(r.Context(), r.PostFormValue("id")); err != nil {
		return err
	}
	web.SeeOther(w, r.Request, uploadsPath+"?done=deleted")
	return nil
}
