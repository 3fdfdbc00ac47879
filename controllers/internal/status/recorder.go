package status

import (
	"fmt"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
)

const (
	// maxNote is the limit of the API server for the note of an event, in bytes.
	maxNote = 1024
	// maxMessage is its limit for the message of a condition, in characters.
	maxMessage = 32768
)

// NewRecorder returns a recorder that shortens notes which the API server would reject: messages list names, and repeat what
// admission policies and webhooks say.
func NewRecorder(recorder events.EventRecorder) events.EventRecorder {
	return boundedRecorder{recorder}
}

type boundedRecorder struct{ events.EventRecorder }

func (r boundedRecorder) Eventf(regarding, related runtime.Object, kind, reason, action, note string, args ...any) {
	r.EventRecorder.Eventf(regarding, related, kind, reason, action, "%s", shorten(fmt.Sprintf(note, args...), maxNote))
}

// shorten cuts a text that is longer than limit bytes before a character, and marks the cut.
func shorten(text string, limit int) string {
	const mark = "…"
	if len(text) <= limit {
		return text
	}
	end := limit - len(mark)
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}
