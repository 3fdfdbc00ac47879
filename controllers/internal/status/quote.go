package status

import (
	"fmt"
	"strings"
)

// Quote lists names, quoted, for the message of a condition or an event.
func Quote[T ~string](names []T) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", string(name))
	}
	return strings.Join(quoted, ", ")
}
