//go:build race

package render

import "time"

func init() { maxTime = 10 * time.Minute }
