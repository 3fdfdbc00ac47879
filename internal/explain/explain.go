// Package explain says why a Tenant is, or is not, served: every layer from the object to the reader, its cause, who changed it
// last, and what to do next. The kubectl plugin, the operator's command and the staff pages show the same explanation.
//
// It makes no diagnosis of its own where a condition or package diagnosis has one. Everything is read by name, so the cost
// does not depend on the number of Tenants.
package explain

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/echoblogs/echoblogs/internal/audit"
)

// State is the state of a layer.
type State string

// The states of layers.
const (
	// OK needs no action.
	OK State = "ok"
	// Waiting needs no action yet: the layer waits for an earlier one, for the operator, or for a date.
	Waiting State = "waiting"
	// Wrong needs a change.
	Wrong State = "wrong"
	// Unknown could not be read.
	Unknown State = "unknown"
)

// Layer is one thing that a Tenant needs to be served.
type Layer struct {
	// Name names the layer, such as "Route".
	Name string
	// State is its state.
	State State
	// Cause says why, in sentences.
	Cause string
	// Next says what to do, in sentences, and Command is the command to run for that. Empty: nothing.
	Next, Command string
	// Changes are who changed it last, the newest first. Empty: unknown.
	Changes []Change
	// Err is why the layer could not be read. It is nil unless the state is Unknown.
	Err error
}

// Change is one change of a layer.
type Change struct {
	// What was changed, such as "spec" or "DatabaseReady".
	What string
	// By is a field manager, or the user in the audit log.
	By string
	// At is when. The zero time: unknown.
	At time.Time
}

// Explanation explains one Tenant.
type Explanation struct {
	// Name and Namespace are the Tenant's.
	Name, Namespace string
	// Layers are from the outside in.
	Layers []Layer
	// Audit are the last entries of the audit log about the Tenant, the newest first. AuditErr is why they could not be read.
	Audit    []audit.Entry
	AuditErr error
	// Missing reports whether nothing has the name: no Tenant, no row of the registry and no tombstone.
	Missing bool

	url string
}

// Tenant explains the Tenant called name, which does not have to exist. It returns an error if that could not be found out; what
// else cannot be read is Unknown.
func Tenant(ctx context.Context, s Sources, name string) (Explanation, error) {
	facts, err := s.gather(ctx, name)
	if err != nil {
		return Explanation{}, err
	}
	return facts.explain(), nil
}

// First returns the first layer that has one of the states, or nil.
func (e Explanation) First(states ...State) *Layer {
	i := slices.IndexFunc(e.Layers, func(l Layer) bool { return slices.Contains(states, l.State) })
	if i < 0 {
		return nil
	}
	return &e.Layers[i]
}

// Unread returns the names of what could not be read.
func (e Explanation) Unread() []string {
	var names []string
	for _, layer := range e.Layers {
		if layer.State == Unknown {
			names = append(names, layer.Name)
		}
	}
	if e.AuditErr != nil {
		names = append(names, "Audit log")
	}
	return names
}

// Summary names the first layer that is wrong, or else the first that waits, with its cause.
func (e Explanation) Summary() string {
	if wrong := e.First(Wrong); wrong != nil {
		return fmt.Sprintf("First problem: %s. %s", wrong.Name, wrong.Cause)
	}
	if unread := e.Unread(); len(unread) > 0 {
		return fmt.Sprintf("No problem was found, but these could not be read: %s.", strings.Join(unread, ", "))
	}
	if waiting := e.First(Waiting); waiting != nil {
		return fmt.Sprintf("Nothing is wrong. Waiting: %s. %s", waiting.Name, waiting.Cause)
	}
	return fmt.Sprintf("No problem was found: %s is served at %s.", e.Name, e.url)
}
