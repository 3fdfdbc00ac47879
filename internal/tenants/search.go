package tenants

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/google/btree"

	"github.com/echoblogs/echoblogs/api/v1alpha1"
)

// Search selects Tenants of the Platform for a page of a list.
type Search struct {
	// Text is how the name, a word of the title, a host or the owner's name begins, in any case. Empty: any.
	Text string
	// Phase is the Tenants' phase. Empty: any.
	Phase v1alpha1.TenantPhase
	// After is where the page begins: SearchPage.Next of the page before. Empty: the first page.
	After string
}

// SearchPage is one page of the Tenants that a Search selects.
type SearchPage struct {
	// Tenants are ordered by name, or by the word that the text begins.
	Tenants []*v1alpha1.Tenant
	// Next is the Search.After of the next page. Empty: there is none.
	Next string
}

// maxExamined is how many entries of the index one page costs at most. A page may then hold fewer Tenants than asked for,
// but has a next one.
const maxExamined = 1000

// Search returns a page of the Tenants that a search selects, from the cache. Its cost does not depend on the number of
// Tenants.
func (c *Client) Search(ctx context.Context, s Search, size int) (SearchPage, error) {
	names, next := c.index.page(s, size)
	page := SearchPage{Next: next}
	for _, name := range names {
		tenant, err := c.Get(ctx, name)
		switch {
		case errors.Is(err, ErrNotFound): // since the index was read
		case err != nil:
			return SearchPage{}, err
		default:
			page.Tenants = append(page.Tenants, tenant)
		}
	}
	return page, nil
}

// searchIndex holds the words and the phases of Tenants, in order.
type searchIndex struct {
	platform string
	mu       sync.RWMutex
	entries  *btree.BTreeG[string]
	tenants  map[string]*indexed
}

// indexed is what the index knows about a Tenant.
type indexed struct {
	phase v1alpha1.TenantPhase
	words []string // sorted
}

func newSearchIndex(platform string) *searchIndex {
	const degree = 32
	return &searchIndex{platform: platform, entries: btree.NewOrderedG[string](degree), tenants: make(map[string]*indexed)}
}

// The entries of a Tenant end with its name; no part of an entry contains a separator.
const separator = "\t"

// allEntry, phaseEntry and wordEntry return how the entries of all Tenants, of those in a phase, and of those with words
// that begin with a text, begin.
func allEntry() string { return "all" + separator }
func phaseEntry(phase v1alpha1.TenantPhase) string {
	return "phase" + separator + string(phase) + separator
}
func wordEntry(text string) string { return "word" + separator + text }
func entriesOf(name string, of *indexed) (all []string) {
	all = append(all, allEntry()+name, phaseEntry(of.phase)+name)
	for _, word := range of.words {
		all = append(all, wordEntry(word)+separator+name)
	}
	return all
}

// update replaces the entries of a Tenant. after is nil if it was deleted.
func (x *searchIndex) update(name string, after *v1alpha1.Tenant) {
	var is *indexed
	if after != nil && after.PlatformName() == x.platform {
		is = &indexed{phase: PhaseOf(after), words: wordsOf(after)}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	was := x.tenants[name]
	switch {
	case was != nil && is != nil && was.phase == is.phase && slices.Equal(was.words, is.words):
		return
	case was != nil:
		for _, entry := range entriesOf(name, was) {
			x.entries.Delete(entry)
		}
		delete(x.tenants, name)
	}
	if is != nil {
		for _, entry := range entriesOf(name, is) {
			x.entries.ReplaceOrInsert(entry)
		}
		x.tenants[name] = is
	}
}

// page returns the names of at most size Tenants that a search selects, and where the next page begins.
func (x *searchIndex) page(s Search, size int) (names []string, next string) {
	text := fold(s.Text)
	prefix := allEntry()
	switch {
	case text != "":
		prefix = wordEntry(text)
	case s.Phase != "":
		prefix = phaseEntry(s.Phase)
	}
	from, examined := max(prefix, prefix+s.After), 0
	x.mu.RLock()
	defer x.mu.RUnlock()
	x.entries.AscendGreaterOrEqual(from, func(entry string) bool {
		rest, found := strings.CutPrefix(entry, prefix)
		if !found {
			return false
		}
		if examined++; len(names) == size || examined > maxExamined {
			next = rest
			return false
		}
		name := entry[strings.LastIndex(entry, separator)+1:]
		if of := x.tenants[name]; (s.Phase == "" || of.phase == s.Phase) && (text == "" || wordEntry(of.first(text))+separator+name == entry) {
			names = append(names, name)
		}
		return true
	})
	return names, next
}

// first returns the first word that begins with a text: a Tenant of several such words is found once.
func (of *indexed) first(text string) string {
	i, _ := slices.BinarySearch(of.words, text)
	return of.words[i]
}

// wordsOf returns the words by which a Tenant is found.
func wordsOf(t *v1alpha1.Tenant) []string {
	words := append([]string{t.Name, TitleOf(t)}, strings.Fields(t.Spec.DisplayName)...)
	if t.Spec.Owner != nil {
		words = append(words, t.Spec.Owner.Username)
	}
	for _, host := range t.Status.Hosts {
		words = append(words, host, strings.TrimPrefix(host, "www."))
	}
	for i := range words {
		words[i] = fold(words[i])
	}
	slices.Sort(words)
	return slices.Compact(words)
}

func fold(text string) string { return strings.ReplaceAll(strings.ToLower(text), separator, "") }
