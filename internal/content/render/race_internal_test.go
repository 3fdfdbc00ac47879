//go:build race

package render

import "time"

func init() { maxTime, maxHighlightTime = 10*time.Minute, 10*time.Minute }
