package post

import "time"

// State says who sees a post.
type State string

// The states of a post.
const (
	// StateDraft is a post that its author alone sees.
	StateDraft State = "draft"
	// StateScheduled is a post that readers see from its date on, listed or not.
	StateScheduled State = "scheduled"
	// StatePublished is a post that readers see.
	StatePublished State = "published"
	// StateUnlisted is a post that readers see who know its address.
	StateUnlisted State = "unlisted"
)

// State returns the state at the time now.
func (d *Document) State(now time.Time) State {
	switch {
	case d.Draft:
		return StateDraft
	case d.Date.After(now):
		return StateScheduled
	case d.Unlisted:
		return StateUnlisted
	}
	return StatePublished
}
