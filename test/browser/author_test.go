package browser_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

// author writes posts in one tab. Each edit adds a word, so that a text says how many were made.
type author struct {
	k      *kills
	number int
	tab    context.Context
	random *rand.Rand

	title   string               // of the post that is open. Empty: none is
	address string               // of the editor of that post. Empty: it is new
	written map[string]*progress // by titles
	// acknowledged is how many edits the editor has called saved, and offered how many texts it has offered.
	acknowledged, offered int
}

// progress is how many edits of a post there are, how many the editor has called saved, and how many there have been at most: those
// that a kill of the browser has taken away may be on their way to the database.
type progress struct{ typed, saved, most int }

// errBrowserGone is returned for each step that the kill of the browser has interrupted.
var errBrowserGone = errors.New("the browser is gone")

// shown is what an author sees of the editor.
type shown struct {
	// Ready says that the script of the page has started.
	Ready bool
	State string
	Text  string
	Offer bool
	Path  string
}

const pageNow = `({
	Ready: document.querySelector("form.editor .state + .unseen") !== null, Text: document.querySelector("[name=content]")?.value ?? "",
	State: document.querySelector("form.editor .state")?.textContent ?? "", Offer: document.querySelector(".offer") !== null, Path: location.pathname,
})`

func textOf(edits int) string {
	words := make([]string, edits)
	for i := range words {
		words[i] = fmt.Sprintf("e%d", 1+i)
	}
	return strings.Join(words, " ")
}

// edit makes an edit, and returns when it is saved.
func (a *author) edit() error {
	if a.title == "" {
		if err := a.begin(); err != nil {
			return err
		}
	}
	if err := a.typeWord(); err != nil {
		return err
	}
	if a.random.IntN(25) > 0 { // otherwise the editor saves by itself
		if err := a.press(); err != nil {
			return err
		}
	}
	if err := a.awaitSaved(); err != nil {
		return err
	}
	if a.written[a.title].typed >= perPost {
		a.title, a.address = "", ""
	}
	return nil
}

// begin opens the editor of a new post, and writes its title.
func (a *author) begin() error {
	title := fmt.Sprintf("Tab %d post %d", a.number, 1+len(a.written))
	if err := a.open("/write/new/"); err != nil {
		return err
	}
	if a.written == nil {
		a.written = map[string]*progress{}
	}
	a.title, a.address, a.written[title] = title, "", &progress{}
	return a.insert("title", title)
}

func (a *author) typeWord() error {
	p := a.written[a.title]
	p.typed++ // also if the browser is killed meanwhile
	p.most = max(p.most, p.typed)
	a.k.made.Add(1)
	word := fmt.Sprintf(" e%d", p.typed)
	if err := a.insert("content", strings.TrimPrefix(word, strings.Repeat(" ", max(0, 2-p.typed)))); err != nil {
		return err
	}
	a.k.step()
	return nil
}

// insert types text at the end of a field.
func (a *author) insert(field, text string) error {
	_, err := do(a, chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
		const field = document.querySelector("[name=%s]");
		field.focus();
		field.setSelectionRange(field.value.length, field.value.length);
		return document.execCommand("insertText", false, %q);
	})()`, field, text)))
	return err
}

// press saves the post.
func (a *author) press() error {
	_, err := do(a, chromedp.KeyEvent("s", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	return err
}

// awaitSaved waits until the editor says that all edits are saved. The author presses the keys again when it says that they are not.
func (a *author) awaitSaved() error {
	p, again := a.written[a.title], time.Time{}
	var seen shown
	err := a.wait(func(now shown) (bool, error) {
		seen = now
		switch {
		case now.Text != textOf(p.typed):
			return false, fmt.Errorf("the text is %q, want %q", now.Text, textOf(p.typed))
		case strings.HasPrefix(now.State, "Saved "):
			return true, nil
		case strings.HasPrefix(now.State, "Not saved.") && time.Now().After(again):
			again = time.Now().Add(300 * time.Millisecond)
			return false, a.press()
		case strings.HasPrefix(now.State, "Changed in another window") && time.Now().After(again): // by a save whose response was lost
			again = time.Now().Add(300 * time.Millisecond)
			return false, a.click("Keep mine")
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("%s, whose editor says %q: %w", a.title, seen.State, err)
	}
	a.acknowledged, a.address, p.saved = a.acknowledged+1, seen.Path, p.typed
	a.k.step()
	return nil
}

// keep makes an edit that cannot be saved, and waits until the browser has stored it.
func (a *author) keep() error {
	if err := a.typeWord(); err != nil {
		return err
	}
	copied := fmt.Sprintf(`[\"%s\",\"%s\",`, a.title, textOf(a.written[a.title].typed))
	return a.wait(func(shown) (bool, error) { return a.k.kept(copied) })
}

// reopen opens the post again after the browser was killed. The author uses what it offers, if that is newer.
func (a *author) reopen() error {
	if a.title == "" {
		return nil
	}
	p := a.written[a.title]
	if a.address == "" { // it may never have been saved
		a.title = ""
		return nil
	}
	if err := a.open(a.address); err != nil {
		return err
	}
	now, err := do(a, chromedp.Evaluate[shown](pageNow))
	if err != nil {
		return err
	}
	number := len(strings.Fields(now.Text))
	if now.Text != textOf(number) || number < p.saved {
		return fmt.Errorf("%s has the text %q, but %d edits are acknowledged", a.title, now.Text, p.saved)
	}
	return a.answerOffer(now, number, p)
}

// answerOffer uses what the browser offers, or discards it if the blog has something newer. The post is saved then.
func (a *author) answerOffer(now shown, number int, p *progress) error {
	copied := 0
	if now.Offer {
		if err := a.click("Compare"); err != nil {
			return err
		}
		text, err := do(a, chromedp.Evaluate[string](`document.querySelector(".offer textarea").value`))
		if err != nil {
			return err
		}
		copied = len(strings.Fields(strings.TrimPrefix(text, a.title)))
		answer := "Discard"
		if copied > number {
			a.offered++
			answer = "Use it"
		}
		if err := a.click(answer); err != nil {
			return err
		}
	}
	p.typed = max(number, copied) // later edits were neither saved nor kept
	if copied <= number {
		return nil
	}
	if err := a.press(); err != nil {
		return err
	}
	return a.awaitSaved()
}

func (a *author) click(label string) error {
	_, err := do(a, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`[...document.querySelectorAll(".offer button, .stored button")].find((b) => b.textContent === %q).click()`, label)))
	return err
}

// open opens a page of the editor, and waits for its script. It loads the page again while blog or database are away, with
// more patience after each load that takes too long: on a busy machine it would otherwise interrupt all of them.
func (a *author) open(path string) error {
	again, patience := time.Now(), 2*time.Second
	return a.wait(func(now shown) (bool, error) {
		if now.Ready && now.Path == path {
			return true, nil
		}
		if time.Now().Before(again) {
			return false, nil
		}
		again = time.Now().Add(patience)
		ctx, cancel := context.WithTimeout(a.tab, patience)
		defer cancel()
		if err := chromedp.Do(ctx, chromedp.Navigate(a.k.blog+path)); errors.Is(err, context.DeadlineExceeded) {
			patience *= 2
		}
		return false, nil
	})
}

// wait looks at the page until a condition is true.
func (a *author) wait(condition func(shown) (bool, error)) error {
	ctx, cancel := context.WithTimeout(a.tab, stepTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		now, err := do(a, chromedp.Evaluate[shown](pageNow))
		if err != nil {
			return err
		}
		switch done, err := condition(now); {
		case err != nil:
			return err
		case done:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			if a.k.killed.Load() {
				return errBrowserGone
			}
			return ctx.Err()
		}
	}
}

// do takes one step in the tab of an author.
func do[T any](a *author, action chromedp.Action[T]) (T, error) {
	ctx, cancel := context.WithTimeout(a.tab, stepTimeout)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil && a.k.killed.Load() {
		return value, errBrowserGone
	}
	return value, err
}
